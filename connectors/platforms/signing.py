"""How both platforms sign their webhooks: HMAC-SHA256 of the raw body, in base64."""

from __future__ import annotations

import base64
import hashlib
import hmac


def signature(body: bytes, secret: str) -> str:
    """The signature of a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def is_genuine(body: bytes, given: str, secret: str) -> bool:
    """Whether the signature is this body's; takes as long for a wrong one as for a right one."""
    return hmac.compare_digest(signature(body, secret).encode(), given.encode())
