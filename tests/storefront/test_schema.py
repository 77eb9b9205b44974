"""What the schema says is what the API does."""

from __future__ import annotations

from django.core.management import call_command


def test_the_schema_is_made_without_a_warning(capsys):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", "/dev/null")
