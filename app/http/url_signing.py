"""Signatures that let only addresses through which the operator has made.

HMAC-SHA256 (RFC 2104) over image, canonical form of the parameters, and the time of expiry.
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
    """What an address carries to prove that it is ours; `expires` in seconds since 1970."""

    expires: int | None = None
    sig: str = ""


@dataclass(frozen=True, repr=False)
class Signer:
    """Signs with the first key and accepts all of them, so that keys can be changed in use.

    Without keys nothing needs a signature, and none is looked at.
    """

    keys: tuple[str, ...]
    clock: Clock

    def sign(self, image_id: str, parameters: str, *, seconds: int) -> Signature:
        """Make the signature for these parameters of this image, good for so long."""
        expires = int(self.clock.now().timestamp()) + seconds
        digest = _digest(self.keys[0], image_id, parameters, expires)
        return Signature(expires=expires, sig=digest.hex())

    def check(self, image_id: str, parameters: str, given: Signature) -> int | None:
        """Return for how many seconds the signature is good: 1 or more, or None for ever.

        It may be written in hex or in base64url.

        Raises:
            SignatureRequired: it lacks, or its expiry does.
            SignatureInvalid: it was made for something else, or by somebody else.
            SignatureExpired: its time is over.
        """
        if not self.keys:
            return None
        if given.expires is None or not given.sig:
            raise SignatureRequired
        digests = [_digest(key, image_id, parameters, given.expires) for key in self.keys]
        # All are compared, each in constant time: how long it takes tells nothing.
        fits = [hmac.compare_digest(*_alike(digest, given.sig)) for digest in digests]
        if not any(fits):
            raise SignatureInvalid
        left = given.expires - math.ceil(self.clock.now().timestamp())
        if left <= 0:
            raise SignatureExpired
        return left


def _digest(key: str, image_id: str, parameters: str, expires: int) -> bytes:
    # No part holds a line break, so no two triples make the same text.
    text = f"{image_id}\n{parameters}\n{expires}"
    return hmac.digest(key.encode(), text.encode(), "sha256")


def _alike(digest: bytes, sig: str) -> tuple[bytes, bytes]:
    """Write the digest the way the signature is; as text, so that no other text passes for it."""
    if len(sig) == _HEX_DIGITS:
        return digest.hex().encode(), sig.encode()
    return base64.urlsafe_b64encode(digest).rstrip(b"="), sig.rstrip("=").encode()
