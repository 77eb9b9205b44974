"""Why no answer came, in words for people.

Nothing of a request's query gets into them: it can hold signatures.
"""

from __future__ import annotations

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from connectors.platforms import base

# A write that failed for one of these was not made.
NOT_SENT = frozenset(("dns", "refused", "connect_timeout", "connect", "rate_limited"))

_BROKEN_OFF = (
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
_CERTIFICATE = "CERTIFICATE_VERIFY_FAILED"


def failure(error: OSError, host: str) -> base.StoreError:
    """Why no answer came."""
    if not isinstance(error, requests.RequestException):
        # requests looks for the file before it connects, and raises what Python does.
        return base.RejectedError(
            "The file of certificates that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names can't be "
            "read.",
            code="ca_bundle",
        )
    if isinstance(error, requests.exceptions.SSLError):
        return _of_tls(str(error), host)
    if isinstance(error, requests.exceptions.ProxyError):
        return base.RetryableError(
            "The proxy that this machine uses (HTTP_PROXY, HTTPS_PROXY) could not reach the store.",
            code="proxy",
        )
    if isinstance(error, requests.ConnectTimeout):
        return base.RetryableError(
            f"{host} could not be reached in time. Check the address, and that a firewall lets "
            "this machine through.",
            code="connect_timeout",
        )
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return base.RetryableError("The store took too long to answer.", code="timeout")
    if isinstance(error, _BROKEN_OFF):
        return base.RetryableError("The store's answer broke off in the middle.", code="truncated")
    if isinstance(error, requests.ConnectionError):
        return _of_socket(error, host)
    return base.RejectedError(
        "No request can be made to this address: it should read like https://shop.example.com.",
        code="bad_url",
    )


def _of_socket(error: requests.ConnectionError, host: str) -> base.StoreError:
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, NameResolutionError):
        return base.RetryableError(
            f"There is no server named {host}, or this machine's name service does not answer. "
            "Check the address.",
            code="dns",
        )
    if isinstance(reason, NewConnectionError):
        refused = "refused" in str(reason)
        return base.RetryableError(
            f"{host} {'refuses connections' if refused else 'could not be reached'}. Check the "
            "address and its port, and that the store's server runs.",
            code="refused" if refused else "connect",
        )
    return base.RetryableError("The connection to the store was cut.", code="connection_lost")


def _of_tls(text: str, host: str) -> base.StoreError:
    if _CERTIFICATE not in text:
        if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
            return base.RejectedError(
                f"{host} does not speak HTTPS on this port. Check the port, or use http://.",
                code="tls",
            )
        return base.RetryableError(
            "The encrypted connection to the store was cut.", code="connection_lost"
        )
    if "expired" in text:
        return base.RejectedError(
            f"The certificate of {host} has expired. The store's server needs a new one.",
            code="tls_expired",
        )
    if "ostname mismatch" in text or "IP address mismatch" in text:
        return base.RejectedError(
            f"The certificate that the server shows is not for {host}. Use the name that the "
            "certificate is for, or have the certificate corrected.",
            code="tls_name",
        )
    return base.RejectedError(
        f"The certificate of {host} is not signed by an authority that this machine trusts. If "
        "it is the store's own, give the file of the authority that signed it with --ca-bundle.",
        code="tls_untrusted",
    )
