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
    """Make a signer whose clock stands still."""
    return Signer(keys or (NEW,), FakeClock())


def refusal(signer: Signer, image_id: str, text: str, signature: Signature) -> type | None:
    """Return the kind of error that the signature gets, or None."""
    try:
        signer.check(image_id, text, signature)
    except AppError as error:
        return type(error)
    return None


def test_a_signature_is_good_until_its_expiry() -> None:
    """It says for how many seconds it is good, and in the second of its expiry it is no more."""
    clock = FakeClock()
    signer = Signer((NEW,), clock)
    made = signer.sign(IMAGE, "w=512", seconds=60)
    assert signer.check(IMAGE, "w=512", made) == 60
    clock.advance(59.5)
    with pytest.raises(SignatureExpired):
        signer.check(IMAGE, "w=512", made)


def test_each_signed_part_matters() -> None:
    """Another image, other parameters, another expiry or one bit of the signature: refused."""
    signer = a_signer()
    made = signer.sign(IMAGE, "w=512", seconds=60)
    assert made.expires is not None
    flipped = f"{int(made.sig[0], 16) ^ 1:x}{made.sig[1:]}"
    assert refusal(signer, IMAGE, "w=512", made) is None
    for image_id, text, signature in (
        (OTHER, "w=512", made),
        (IMAGE, "w=513", made),
        (IMAGE, "", made),
        (IMAGE, "w=512", replace(made, expires=made.expires + 1)),
        (IMAGE, "w=512", replace(made, sig=flipped)),
        (IMAGE, "w=512", replace(made, sig=made.sig[:-1])),
        (IMAGE, "w=512", replace(made, sig=made.sig.upper())),
        (IMAGE, "w=512", replace(made, sig="é" * 64)),
    ):
        assert refusal(signer, image_id, text, signature) is SignatureInvalid
    assert refusal(a_signer(OLD), IMAGE, "w=512", made) is SignatureInvalid


def test_both_halves_are_needed() -> None:
    """Neither an expiry without a signature nor a signature without an expiry is enough."""
    made = a_signer().sign(IMAGE, "w=512", seconds=60)
    for half in (Signature(), replace(made, sig=""), replace(made, expires=None)):
        assert refusal(a_signer(), IMAGE, "w=512", half) is SignatureRequired


def test_keys_can_be_changed_in_use() -> None:
    """The first key signs; what the second one signed is still good; a removed key's is not."""
    before, during, after = a_signer(OLD), a_signer(NEW, OLD), a_signer(NEW)
    old, new = (each.sign(IMAGE, "w=512", seconds=60) for each in (before, during))
    assert [refusal(during, IMAGE, "w=512", made) for made in (old, new)] == [None, None]
    assert refusal(after, IMAGE, "w=512", new) is None
    assert refusal(after, IMAGE, "w=512", old) is SignatureInvalid


def test_base64url_is_another_spelling_with_no_slack() -> None:
    """The 43 characters of base64url are good, padded or not; none of them can be another one."""
    signer = a_signer()
    made = signer.sign(IMAGE, "w=512", seconds=60)
    short = base64.urlsafe_b64encode(bytes.fromhex(made.sig)).decode().rstrip("=")
    for sig in (short, short + "="):
        assert refusal(signer, IMAGE, "w=512", replace(made, sig=sig)) is None
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    good = [
        end
        for end in alphabet
        if refusal(signer, IMAGE, "w=512", replace(made, sig=short[:-1] + end)) is None
    ]
    assert good == [short[-1]]


def test_without_keys_no_signature_is_looked_at() -> None:
    """A server that doesn't sign takes anything, so signed addresses stay good there."""
    signer = Signer((), FakeClock())
    assert signer.check(IMAGE, "w=512", Signature()) is None
    assert signer.check(IMAGE, "w=512", Signature(expires=1, sig="x")) is None


def test_keys_are_not_shown() -> None:
    """A signer in a traceback or a log line tells nothing of its keys."""
    assert NEW not in repr(a_signer())


@given(st.text(max_size=100))
def test_no_text_but_the_signature_passes(sig: str) -> None:
    """Any other text is refused, and never breaks anything."""
    signature = Signature(expires=2_000_000_000, sig=sig)
    expected = SignatureInvalid if sig else SignatureRequired
    assert refusal(a_signer(), IMAGE, "w=512", signature) is expected
