"""What a store refused, in words for people.

Nothing of a request's query or of a store's own message gets into them: the one can hold
signatures, the other a person's email address.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from connectors.platforms import base


def of_redirect(location: str, asked: str) -> base.StoreError:
    """Where the store has moved to: never followed, as the credentials would go along."""
    target, origin = urlsplit(location), urlsplit(asked)
    if "wp-login" in target.path or "login" in target.path.rsplit("/", 1)[-1]:
        return login()
    if not target.hostname or target.scheme not in ("http", "https"):
        return base.RejectedError(
            "The store answers with a redirect inside itself. Give its address exactly as "
            "WordPress shows it under Settings, General.",
            code="redirected",
        )
    host = target.netloc.rpartition("@")[2]
    folder = target.path.split("/wp-json")[0].rstrip("/") if "/wp-json" in target.path else ""
    reason = "The store redirects there"
    if target.scheme == "https" and origin.scheme == "http":
        reason = "The store wants to be reached over HTTPS"
    return base.RejectedError(
        f"Use {target.scheme}://{host}{folder} as the address. {reason}.", code="redirected"
    )


def login() -> base.RetryableError:
    """The answer is a page that asks a person to log in."""
    return base.RetryableError(
        "The store answered with a login page. A plugin, or its “coming soon” mode, hides the "
        "whole site: let requests to /wp-json/ through.",
        code="login_page",
    )


def of_credentials(status: int, code: str, message: str, *, secure: bool) -> base.StoreError:
    """Why the store does not let us in, by its status, error code and message."""
    text = message.lower()
    for sign, reason in _SIGNS.items():
        if sign in text:
            return base.CredentialsError(_REASONS[reason], code=reason)
    if "nonce" in text:
        return base.RetryableError(
            "The store says that a request was repeated on its way to it.", code="nonce"
        )
    if status == 403:
        return base.CredentialsError(
            "The user that this API key belongs to is not allowed to see this. In WooCommerce, "
            "make a key for an administrator or a shop manager.",
            code="forbidden",
        )
    if code == "woocommerce_rest_authentication_error":
        return base.CredentialsError(
            "The store does not accept this API key with this secret. Check both, and that the "
            "key was not revoked.",
            code="bad_credentials",
        )
    return base.CredentialsError(
        _REASONS["bad_key"] + (_LOST_HEADER if secure else ""), code="bad_key"
    )


_LOST_HEADER = (
    " If it is right, the store's server drops the Authorization header on its way, or its proxy "
    "hides that the connection is HTTPS (it must send X-Forwarded-Proto)."
)
_SIGNS = {
    # The code is the same for all of these; only the message, in English mostly, tells them apart.
    "write permissions": "read_only",
    "read permissions": "write_only",
    "secret is invalid": "bad_secret",
    "signature": "bad_signature",
    "key is invalid": "bad_key",
    "timestamp": "clock",
}
_REASONS = {
    "read_only": "This API key may only read. For refunds and address changes, give it the "
    "permission Read/Write in WooCommerce.",
    "write_only": "This API key may only write. Give it the permission Read or Read/Write in "
    "WooCommerce.",
    "bad_secret": "The secret is wrong for this API key. It begins with cs_ and is shown only "
    "once: if it is lost, make a new key.",
    "bad_signature": "The secret is wrong for this API key, or the address is not exactly the one "
    "that WordPress has under Settings, General.",
    "bad_key": "The store does not know this API key. Check that it is complete (it begins with "
    "ck_) and not revoked.",
    "clock": "The clocks of this machine and of the store differ by more than 15 minutes. Set the "
    "one that is wrong.",
}
