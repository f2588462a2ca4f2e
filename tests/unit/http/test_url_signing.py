import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import AppError, SignatureExpired, SignatureInvalid, SignatureRequired
from app.http.url_signing import Signature, Signer
from tests.support.fakes.ports import FakeClock

OLD, NEW = "o" * 32, "n" * 32
IMAGE = "500e1665-0b52-4734-9ec8-c7241187276b"
OTHER = "500e1665-0b52-4734-9ec8-c7241187276c"


def a_signer(*keys: str) -> Signer:
    """Return a signer whose clock stands still."""
    return Signer(keys or (NEW,), FakeClock())


def error_of(signer: Signer, image_id: str, text: str, signature: Signature) -> type | None:
    """Return the type of the error that the signature raises, or None."""
    try:
        signer.check(image_id, text, signature)
    except AppError as error:
        return type(error)
    return None


def test_signature_is_valid_until_its_expiry() -> None:
    """`check` returns the remaining seconds, and fails from the second of expiry on."""
    clock = FakeClock()
    signer = Signer((NEW,), clock)
    signature = signer.sign(IMAGE, "w=512", seconds=60)
    assert signer.check(IMAGE, "w=512", signature) == 60
    clock.advance(59.5)
    with pytest.raises(SignatureExpired):
        signer.check(IMAGE, "w=512", signature)


def test_each_signed_part_matters() -> None:
    """Another image, other parameters, another expiry or one changed bit: invalid."""
    signer = a_signer()
    signature = signer.sign(IMAGE, "w=512", seconds=60)
    assert signature.expires is not None
    flipped = f"{int(signature.sig[0], 16) ^ 1:x}{signature.sig[1:]}"
    assert error_of(signer, IMAGE, "w=512", signature) is None
    for image_id, text, changed in (
        (OTHER, "w=512", signature),
        (IMAGE, "w=513", signature),
        (IMAGE, "", signature),
        (IMAGE, "w=512", replace(signature, expires=signature.expires + 1)),
        (IMAGE, "w=512", replace(signature, sig=flipped)),
        (IMAGE, "w=512", replace(signature, sig=signature.sig[:-1])),
        (IMAGE, "w=512", replace(signature, sig=signature.sig.upper())),
        (IMAGE, "w=512", replace(signature, sig="é" * 64)),
    ):
        assert error_of(signer, image_id, text, changed) is SignatureInvalid
    assert error_of(a_signer(OLD), IMAGE, "w=512", signature) is SignatureInvalid


def test_signature_and_expiry_are_both_required() -> None:
    """An expiry without a signature, or the reverse, is not enough."""
    signature = a_signer().sign(IMAGE, "w=512", seconds=60)
    for half in (Signature(), replace(signature, sig=""), replace(signature, expires=None)):
        assert error_of(a_signer(), IMAGE, "w=512", half) is SignatureRequired


def test_keys_can_be_rotated() -> None:
    """The first key signs; the second one's signatures stay valid, a removed key's don't."""
    before, during, after = a_signer(OLD), a_signer(NEW, OLD), a_signer(NEW)
    old, new = (signer.sign(IMAGE, "w=512", seconds=60) for signer in (before, during))
    assert [error_of(during, IMAGE, "w=512", signature) for signature in (old, new)] == [None, None]
    assert error_of(after, IMAGE, "w=512", new) is None
    assert error_of(after, IMAGE, "w=512", old) is SignatureInvalid


def test_base64url_encoding_is_accepted_strictly() -> None:
    """The 43 characters of base64url are valid, padded or not; no character can differ."""
    signer = a_signer()
    signature = signer.sign(IMAGE, "w=512", seconds=60)
    short = base64.urlsafe_b64encode(bytes.fromhex(signature.sig)).decode().rstrip("=")
    for sig in (short, short + "="):
        assert error_of(signer, IMAGE, "w=512", replace(signature, sig=sig)) is None
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    valid = [
        end
        for end in alphabet
        if error_of(signer, IMAGE, "w=512", replace(signature, sig=short[:-1] + end)) is None
    ]
    assert valid == [short[-1]]


def test_without_keys_signatures_are_ignored() -> None:
    """A server without keys accepts any signature, so signed URLs work there."""
    signer = Signer((), FakeClock())
    assert signer.check(IMAGE, "w=512", Signature()) is None
    assert signer.check(IMAGE, "w=512", Signature(expires=1, sig="x")) is None


def test_repr_hides_keys() -> None:
    """The repr of a signer, as in a traceback, does not contain its keys."""
    assert NEW not in repr(a_signer())


@given(st.text(max_size=100))
def test_any_other_text_is_invalid(sig: str) -> None:
    """Any other text is rejected without an unexpected error."""
    signature = Signature(expires=2_000_000_000, sig=sig)
    expected = SignatureInvalid if sig else SignatureRequired
    assert error_of(a_signer(), IMAGE, "w=512", signature) is expected
