"""Signed URLs, which restrict variants to those that the operator issued.

HMAC-SHA256 (RFC 2104) over image id, canonical parameters and expiry time.
"""

import base64
import hmac
import math
from dataclasses import dataclass

from app.errors import SignatureExpired, SignatureInvalid, SignatureRequired
from app.ports import Clock

_HEX_DIGITS = 64


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Signature parameters of a URL; `expires` in seconds since 1970."""

    expires: int | None = None
    sig: str = ""


@dataclass(frozen=True, repr=False)
class Signer:
    """Signs with the first key and accepts all of them, for rotation.

    Without keys, signatures are neither required nor checked.
    """

    keys: tuple[str, ...]
    clock: Clock

    def sign(self, image_id: str, parameters: str, *, seconds: int) -> Signature:
        """Return a signature for an image and its parameters, valid for `seconds`."""
        expires = int(self.clock.now().timestamp()) + seconds
        digest = _digest(self.keys[0], image_id, parameters, expires)
        return Signature(expires=expires, sig=digest.hex())

    def check(self, image_id: str, parameters: str, signature: Signature) -> int | None:
        """Return the remaining validity in seconds, or None without limit.

        It may be encoded in hex or in base64url.

        Raises:
            SignatureRequired: the signature or its expiry time is missing.
            SignatureInvalid: it does not match image, parameters, expiry time and keys.
            SignatureExpired: its expiry time has passed.
        """
        if not self.keys:
            return None
        if signature.expires is None or not signature.sig:
            raise SignatureRequired
        digests = [_digest(key, image_id, parameters, signature.expires) for key in self.keys]
        # All are compared, each in constant time, so the duration reveals nothing.
        matches = [hmac.compare_digest(*_encoded(digest, signature.sig)) for digest in digests]
        if not any(matches):
            raise SignatureInvalid
        remaining = signature.expires - math.ceil(self.clock.now().timestamp())
        if remaining <= 0:
            raise SignatureExpired
        return remaining


def _digest(key: str, image_id: str, parameters: str, expires: int) -> bytes:
    # No part contains a line break, so different triples never give the same text.
    text = f"{image_id}\n{parameters}\n{expires}"
    return hmac.digest(key.encode(), text.encode(), "sha256")


def _encoded(digest: bytes, sig: str) -> tuple[bytes, bytes]:
    """Return digest and signature in the signature's encoding.

    They are compared as text, for strictness.
    """
    if len(sig) == _HEX_DIGITS:
        return digest.hex().encode(), sig.encode()
    return base64.urlsafe_b64encode(digest).rstrip(b"="), sig.rstrip("=").encode()
