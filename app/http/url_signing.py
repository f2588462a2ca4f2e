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
    """Signs with the first key and accepts signatures of all keys.

    Keys can thus be rotated. Without keys, signatures are neither required nor checked.
    """

    keys: tuple[str, ...]
    clock: Clock

    def sign(self, image_id: str, parameters: str, *, seconds: int) -> Signature:
        """Sign an image and its parameters for a number of seconds."""
        return self.sign_until(
            int(self.clock.now().timestamp()) + seconds, image_id=image_id, parameters=parameters
        )

    def sign_until(self, expires: int, *, image_id: str, parameters: str) -> Signature:
        """Sign an image and its parameters until a time, in seconds since 1970."""
        digest = _digest(self.keys[0], image_id, parameters, expires)
        return Signature(expires=expires, sig=digest.hex())

    def check(self, image_id: str, parameters: str, signature: Signature) -> int | None:
        """Check a signature, which may be encoded in hex or in base64url.

        Returns:
            The seconds until it expires, at least 1; None if no signatures are required.

        Raises:
            SignatureRequired: the signature or its expiry time is missing.
            SignatureInvalid: it does not match the image, the parameters, the expiry time or any
                of the keys.
            SignatureExpired: its expiry time has passed.
        """
        if not self.keys:
            return None
        if signature.expires is None or not signature.sig:
            raise SignatureRequired
        digests = [_digest(key, image_id, parameters, signature.expires) for key in self.keys]
        # Compare all, each in constant time, so that the duration reveals nothing.
        matches = [hmac.compare_digest(*_encoded(digest, signature.sig)) for digest in digests]
        if not any(matches):
            raise SignatureInvalid
        remaining = signature.expires - math.ceil(self.clock.now().timestamp())
        if remaining <= 0:
            raise SignatureExpired
        return remaining


def _digest(key: str, image_id: str, parameters: str, expires: int) -> bytes:
    # No part contains a line break, so different inputs never produce the same text.
    text = f"{image_id}\n{parameters}\n{expires}"
    return hmac.digest(key.encode(), text.encode(), "sha256")


def _encoded(digest: bytes, sig: str) -> tuple[bytes, bytes]:
    """Return digest and signature as text in the signature's encoding.

    Decoding the signature instead would accept several spellings of it.
    """
    if len(sig) == _HEX_DIGITS:
        return digest.hex().encode(), sig.encode()
    return base64.urlsafe_b64encode(digest).rstrip(b"="), sig.rstrip("=").encode()
