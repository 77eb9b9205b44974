"""What must not stand in a log."""

from __future__ import annotations

import logging
import re

# Whoever has such a link sees the picture, as long as it lasts.
LINK = re.compile(r"(/try-on/pictures/)[^/\s]+")


class WithoutLinks(logging.Filter):
    """Takes signed links out of the addresses that are logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                LINK.sub(r"\1…", one) if isinstance(one, str) and LINK.search(one) else one
                for one in record.args
            )
        return True
