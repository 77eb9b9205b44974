"""Try-on in the console."""

from __future__ import annotations

import pytest

from tryon.models import TryOnOverlay, TryOnSession

pytestmark = pytest.mark.django_db


def test_pictures_are_links_only_where_they_are_web_addresses(admin_client):
    session = TryOnSession.objects.create(selfie_url="https://x.test/selfie.jpg")
    picture = TryOnOverlay.objects.create(
        session=session, sku="MUG", overlay_url="javascript:alert(1)"
    )
    body = admin_client.get(f"/admin/tryon/tryonsession/{session.pk}/change/").content.decode()
    assert 'href="https://x.test/selfie.jpg"' in body
    assert 'href="javascript' not in body
    assert "MUG" in body
    page = f"/admin/tryon/tryonoverlay/{picture.pk}/change/"
    assert f"Session {str(session.pk)[:8]}" in admin_client.get(page).content.decode()
    assert admin_client.get("/admin/tryon/tryonoverlay/").status_code == 200
