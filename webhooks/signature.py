"""Who sent this: HubSpot's three signatures, the signature of our own Apex class, and shared secrets.

All comparisons are in constant time over bytes. A header that stands twice reaches us joined by a comma or emptied, so it matches
nothing. Source of HubSpot's rules: developers.hubspot.com, "Validating requests from HubSpot".
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from webhooks.answers import Refusal
from webhooks.base import Request
from webhooks.moments import EPOCH

MAX_AGE_MS: Final = 300_000
"""HubSpot's rule: older than five minutes is refused."""

MAX_AHEAD_MS: Final = 60_000
"""Our own rule, HubSpot has none: clocks may differ by this much."""

_STAMP_DIGITS: Final = 16
"""More digits than any date needs, and few enough that reading them as a number costs nothing."""

_DECODED: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
"""The only escapes HubSpot decodes before it signs (v3); `%20`, `%26`, `%3D`, `%2B` and all others stay."""

_ESCAPE: Final = re.compile("|".join(_DECODED), re.IGNORECASE)

_MISSING: Final = Refusal(
    "signature_missing",
    "This request carries no HubSpot signature; only HubSpot, or a client that signs like it, can deliver here.",
)
_WRONG: Final = Refusal(
    "signature_wrong",
    "The signature does not fit this request; check that the connection holds the app's current client secret "
    "and that the public URL is exactly the app's target URL.",
)
_OLD: Final = Refusal(
    "signature_old", "This connection takes only X-HubSpot-Signature-v3; allow older signatures for it, or send the v3 header."
)


def secret_matches(given: str, secrets: Iterable[str]) -> bool:
    """Whether `given` is one of `secrets`; every one is compared, and an empty one never matches."""
    return any([hmac.compare_digest(_bytes(given), _bytes(secret)) for secret in secrets if secret])  # noqa: C419  # no early exit


def hubspot_refusal(request: Request, secrets: Iterable[str], now: datetime, *, old_signatures: bool) -> Refusal | None:
    """Why HubSpot's signature is not accepted; None if it is.

    A request with a v3 header is judged by that alone. v1 and v2 carry no timestamp and can be replayed, so they count only
    where `old_signatures` are allowed.
    """
    if "x-hubspot-signature-v3" in request.headers:
        return _v3_refusal(request, secrets, now)
    if "x-hubspot-signature" not in request.headers:
        return _MISSING
    return _old_refusal(request, secrets) if old_signatures else _OLD


def _v3_refusal(request: Request, secrets: Iterable[str], now: datetime) -> Refusal | None:
    stamp = request.headers.get("x-hubspot-request-timestamp", "")
    wanted = [hubspot_v3(s, request.method, request.url, request.body, stamp) for s in secrets if s]
    matches = secret_matches(request.headers["x-hubspot-signature-v3"], wanted)
    return stamp_refusal(stamp, now) or (None if matches else _WRONG)


def _old_refusal(request: Request, secrets: Iterable[str]) -> Refusal | None:
    version = request.headers.get("x-hubspot-signature-version", "")
    if version == "v2":
        wanted = [hubspot_v2(s, request.method, request.url, request.body) for s in secrets if s]
    elif version == "v1":
        wanted = [hubspot_v1(s, request.body) for s in secrets if s]
    else:
        return Refusal("signature_version", "X-HubSpot-Signature-Version must be v1 or v2, once; send it, or sign with v3.")
    return None if secret_matches(request.headers["x-hubspot-signature"], wanted) else _WRONG


def stamp_refusal(stamp: str, now: datetime) -> Refusal | None:
    """Why a timestamp, milliseconds since 1970 in digits, is not accepted; None if it is."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _STAMP_DIGITS):
        return Refusal("timestamp_unreadable", "The timestamp header must be there once, in milliseconds, digits only.")
    age = (now - EPOCH) // timedelta(milliseconds=1) - int(stamp)
    if age > MAX_AGE_MS:
        return Refusal("timestamp_old", "The timestamp is more than 5 minutes old; sign each try anew, and check both clocks.")
    if age < -MAX_AHEAD_MS:
        return Refusal("timestamp_ahead", "The timestamp is more than 60 seconds ahead of this server; check both clocks.")
    return None


def hubspot_v1(secret: str, body: bytes) -> str:
    """Hex SHA-256 over secret and body; CRM subscriptions of old apps."""
    return hashlib.sha256(_bytes(secret) + body).hexdigest()


def hubspot_v2(secret: str, method: str, url: str, body: bytes) -> str:
    """Hex SHA-256 over secret, method, URL as called, and body; workflow actions and old cards."""
    return hashlib.sha256(_bytes(secret + method.upper() + url) + body).hexdigest()


def hubspot_v3(secret: str, method: str, url: str, body: bytes, stamp: str) -> str:
    """Base64 HMAC-SHA256, keyed with the secret, over method, URL with twelve escapes decoded, body, and the stamp's own text."""
    decoded = _ESCAPE.sub(lambda escape: _DECODED[escape[0].upper()], url)
    message = _bytes(method.upper() + decoded) + body + _bytes(stamp)
    return base64.b64encode(hmac.digest(_bytes(secret), message, "sha256")).decode()


def leadline_signature(secret: str, stamp: str, body: bytes) -> str:
    """Hex HMAC-SHA256 over stamp, a full stop, and body: what our Apex class sends in X-Leadline-Signature."""
    return hmac.digest(_bytes(secret), _bytes(stamp) + b"." + body, "sha256").hex()


def _bytes(text: str) -> bytes:
    """Never raises, and two texts never become the same bytes, whatever a header held."""
    return text.encode("utf-8", "surrogatepass")
