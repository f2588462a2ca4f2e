"""Variants on a server that serves signed ones only, and `flask images sign`."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from click.testing import Result

from tests.support.fakes.ports import FakeClock
from tests.support.http.variant_requests import CountingImaging, error_of, store_image
from tests.support.service import Service, serving, settings_for

OLD, NEW = "old-" * 8, "new-" * 8
DAY = 24 * 3600


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that the test moves."""
    return FakeClock()


@pytest.fixture
def signing(tmp_path: Path, clock: FakeClock) -> Iterator[Service]:
    """Serve signed variants only, signed by one key or by the one before it."""
    settings = settings_for(data_dir=tmp_path, variant_signing_keys=f"{NEW},{OLD}")
    with serving(settings, clock, CountingImaging()) as service:
        yield service
    assert NEW not in service.log.getvalue()


def sign(service: Service, *arguments: str) -> Result:
    """Run the command."""
    return service.app.test_cli_runner().invoke(args=["images", "sign", *arguments])


def signed(service: Service, path: str, query: str, *options: str) -> str:
    """Return the signed path of a variant."""
    result = sign(service, path.removeprefix("/images/"), query, *options)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def changed(path: str, **parameters: str) -> str:
    """Return the path with other values of these parameters; without those that are empty."""
    parts = urlsplit(path)
    values = dict(parse_qsl(parts.query)) | parameters
    return f"{parts.path}?{urlencode({name: text for name, text in values.items() if text})}"


def test_only_signed_variants_are_served(signing: Service) -> None:
    """A signed address works, in other orders and spellings too; an unsigned one is 403."""
    path = store_image(signing)
    good = signed(signing, path, "w=64&filter=sepia&brightness=1.5")
    assert signing.get(good).status_code == 200
    assert signing.get(changed(good, brightness="1.50", h="64")).status_code == 200
    assert signing.get(good, headers={"Range": "bytes=0-1"}).status_code == 206
    for unsigned in (f"{path}?w=64", f"{path}?format=auto", changed(good, sig="")):
        assert error_of(signing.get(unsigned)) == (403, "signature_required")
    assert error_of(signing.get(changed(good, expires=""))) == (403, "signature_required")


def test_the_plain_image_needs_no_signature(signing: Service) -> None:
    """The image is served as ever, under any spelling, and whatever signature comes with it."""
    path = store_image(signing)
    for query in ("", "?w=256", "?h=256&dpr=1", "?sig=wrong&expires=1"):
        answer = signing.get(path + query)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_each_signed_part_matters(signing: Service) -> None:
    """Other parameters, another image, a later expiry, another signature: 403."""
    path, other = store_image(signing), store_image(signing)
    good = signed(signing, path, "w=64&filter=sepia&filter=blur")
    sig = dict(parse_qsl(urlsplit(good).query))["sig"]
    assert signing.get(good).status_code == 200
    later = str(int(dict(parse_qsl(urlsplit(good).query))["expires"]) + 1)
    for tampered in (
        changed(good, w="65"),
        changed(good, h="63"),
        changed(good, dpr="2"),
        changed(good, format="webp"),
        changed(good, format="auto"),
        good.replace("filter=sepia&filter=blur", "filter=blur&filter=sepia"),
        good + "&filter=blur",
        good + "&holes=cut",
        good.replace(path, other),
        changed(good, expires=later),
        changed(good, sig=sig[:-1]),
        changed(good, sig=sig[:-1] + ("0" if sig[-1] != "0" else "1")),
        changed(good, sig="0" * 64),
        changed(good, sig="é"),
    ):
        assert tampered != good
        assert error_of(signing.get(tampered)) == (403, "signature_invalid")


def test_no_store_is_asked_before_the_signature(signing: Service) -> None:
    """Whether there is an image can't be learned without a signature."""
    absent = f"/images/{uuid.uuid4()}.png"
    assert error_of(signing.get(f"{absent}?w=64")) == (403, "signature_required")
    assert error_of(signing.get(signed(signing, absent, "w=64"))) == (404, "image_not_found")
    known = {"If-None-Match": "*"}
    assert error_of(signing.get(f"{absent}?w=64", headers=known)) == (403, "signature_required")


def test_a_signature_expires_and_caches_know(signing: Service, clock: FakeClock) -> None:
    """No cache may keep the answer, or a 304, beyond the expiry; from then on it is 403."""
    path = store_image(signing)
    good = signed(signing, path, "w=64", "--expires", "2m")
    answer = signing.get(good)
    assert answer.headers["Cache-Control"] == "public, max-age=120, immutable"
    clock.advance(60)
    for headers in ({}, {"If-None-Match": answer.headers["ETag"]}, {"Range": "bytes=0-1"}):
        later = signing.get(good, headers=headers)
        assert later.headers["Cache-Control"] == "public, max-age=60, immutable"
    clock.advance(60)
    for headers in ({}, {"If-None-Match": answer.headers["ETag"]}):
        assert error_of(signing.get(good, headers=headers)) == (403, "signature_expired")
    distant = signed(signing, path, "w=64", "--expires", "9999d")
    assert signing.get(distant).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_keys_are_rotated_without_a_break(signing: Service, clock: FakeClock) -> None:
    """An address that was signed with the old key is good as long as that key is listed."""
    path = store_image(signing)
    only, fake = {"data_dir": signing.data_dir}, CountingImaging()
    with serving(settings_for(**only, variant_signing_keys=OLD), clock, fake) as before:
        old = signed(before, path, "w=64")
        assert error_of(before.get(signed(signing, path, "w=64"))) == (403, "signature_invalid")
    assert signing.get(old).status_code == 200
    with serving(settings_for(**only, variant_signing_keys=NEW), clock, fake) as after:
        assert error_of(after.get(old)) == (403, "signature_invalid")
        assert after.get(signed(signing, path, "w=64")).status_code == 200
    with serving(settings_for(**only), clock, fake) as without:
        assert without.get(old).status_code == 200
        clock.advance(31 * DAY)
        assert without.get(old).headers["Cache-Control"].startswith("public, max-age=31536000")


def test_auto_is_signed_for_whatever_is_accepted(signing: Service) -> None:
    """One signature of `format=auto` is good for every Accept, and for no fixed format."""
    path = store_image(signing)
    good = signed(signing, path, "w=64&format=auto")
    for accept in ("image/avif", "image/webp", "*/*"):
        assert signing.get(good, headers={"Accept": accept}).status_code == 200
    assert error_of(signing.get(changed(good, format="avif"))) == (403, "signature_invalid")


def test_the_command_prints_an_address_that_works(tmp_path: Path, clock: FakeClock) -> None:
    """It begins with PUBLIC_URL, keeps the parameters, escapes what needs it, and lasts 30 days."""
    public = "https://images.example.com"
    settings = settings_for(
        data_dir=tmp_path, variant_signing_keys=NEW, public_url=public, cors_origins=public
    )
    with serving(settings, clock, CountingImaging()) as service:
        path = store_image(service)
        address = signed(
            service, path.removesuffix(".png"), "w=64&background=#ff0000&filter=blur:2"
        )
        start = f"{public}{path}?w=64&background=%23ff0000&filter=blur:2&expires="
        assert address.startswith(start)
        expires = int(dict(parse_qsl(urlsplit(address).query))["expires"])
        assert expires == clock.time.timestamp() + 30 * DAY
        assert service.get(address.removeprefix(public)).status_code == 200


@pytest.mark.parametrize(
    ("name", "query", "reported_"),
    [
        ("fox.png", "w=64", "NAME has to be an image's id or filename."),
        ("", "w=9999", "w: Must be a whole number from 1 to 2048."),
        ("", "width=64", "width: Unknown field."),
        ("", "w=256", "needs no signature"),
        ("", "w=64&expires=5", "Leave out expires and sig"),
    ],
)
def test_what_can_not_be_signed_is_said(
    signing: Service, name: str, query: str, reported_: str
) -> None:
    """A bad name or query ends with status 2 and the words that a caller would get."""
    result = sign(signing, name or str(uuid.uuid4()), query)
    assert result.exit_code == 2
    assert reported_ in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("life", ["0d", "30", "-1d", "1.5h", "d", "1w"])
def test_a_life_that_is_no_duration_is_refused(signing: Service, life: str) -> None:
    """Only whole seconds, minutes, hours and days can be given."""
    result = sign(signing, str(uuid.uuid4()), "w=64", f"--expires={life}")
    assert result.exit_code == 2
    assert "90s, 15m, 12h or 30d" in result.stderr


def test_without_keys_there_is_nothing_to_sign_with(embedded: Service) -> None:
    """The command says which setting is missing."""
    result = sign(embedded, str(uuid.uuid4()), "w=64")
    assert result.exit_code == 2
    assert "VARIANT_SIGNING_KEYS is not set" in result.stderr
