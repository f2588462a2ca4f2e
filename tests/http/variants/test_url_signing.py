"""Signed variants, on a server that requires signatures, and `flask images sign`."""

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
    """Return a clock that the test controls."""
    return FakeClock()


@pytest.fixture
def signing(tmp_path: Path, clock: FakeClock) -> Iterator[Service]:
    """Serve signed variants only, with a new and an old signing key."""
    settings = settings_for(data_dir=tmp_path, variant_signing_keys=f"{NEW},{OLD}")
    with serving(settings, clock, CountingImaging()) as service:
        yield service
    assert NEW not in service.log.getvalue()


def sign(service: Service, *arguments: str) -> Result:
    """Run `flask images sign`."""
    return service.app.test_cli_runner().invoke(args=["images", "sign", *arguments])


def signed_path(service: Service, path: str, query: str, *options: str) -> str:
    """Return the signed path of a variant."""
    result = sign(service, path.removeprefix("/images/"), query, *options)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def changed(path: str, **parameters: str) -> str:
    """Return the path with these parameters changed, or removed if empty."""
    parts = urlsplit(path)
    values = dict(parse_qsl(parts.query)) | parameters
    return f"{parts.path}?{urlencode({name: text for name, text in values.items() if text})}"


def test_only_signed_variants_are_served(signing: Service) -> None:
    """A signed URL works, also reordered and respelled; an unsigned one is 403."""
    path = store_image(signing)
    valid_url = signed_path(signing, path, "w=64&filter=sepia&brightness=1.5")
    assert signing.get(valid_url).status_code == 200
    assert signing.get(changed(valid_url, brightness="1.50", h="64")).status_code == 200
    assert signing.get(valid_url, headers={"Range": "bytes=0-1"}).status_code == 206
    for unsigned in (f"{path}?w=64", f"{path}?format=auto", changed(valid_url, sig="")):
        assert error_of(signing.get(unsigned)) == (403, "signature_required")
    assert error_of(signing.get(changed(valid_url, expires=""))) == (403, "signature_required")


def test_plain_image_needs_no_signature(signing: Service) -> None:
    """The plain image is served in any spelling and with any signature."""
    path = store_image(signing)
    for query in ("", "?w=256", "?h=256&dpr=1", "?sig=wrong&expires=1"):
        response = signing.get(path + query)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_each_signed_part_matters(signing: Service) -> None:
    """Other parameters, another image, a later expiry or another signature: 403."""
    path, other = store_image(signing), store_image(signing)
    valid_url = signed_path(signing, path, "w=64&filter=sepia&filter=blur")
    sig = dict(parse_qsl(urlsplit(valid_url).query))["sig"]
    assert signing.get(valid_url).status_code == 200
    later = str(int(dict(parse_qsl(urlsplit(valid_url).query))["expires"]) + 1)
    for tampered in (
        changed(valid_url, w="65"),
        changed(valid_url, h="63"),
        changed(valid_url, dpr="2"),
        changed(valid_url, format="webp"),
        changed(valid_url, format="auto"),
        valid_url.replace("filter=sepia&filter=blur", "filter=blur&filter=sepia"),
        valid_url + "&filter=blur",
        valid_url + "&holes=cut",
        valid_url.replace(path, other),
        changed(valid_url, expires=later),
        changed(valid_url, sig=sig[:-1]),
        changed(valid_url, sig=sig[:-1] + ("0" if sig[-1] != "0" else "1")),
        changed(valid_url, sig="0" * 64),
        changed(valid_url, sig="é"),
    ):
        assert tampered != valid_url
        assert error_of(signing.get(tampered)) == (403, "signature_invalid")


def test_signature_is_checked_before_the_store_is_read(signing: Service) -> None:
    """Without a signature the response doesn't reveal whether an image exists."""
    absent = f"/images/{uuid.uuid4()}.png"
    assert error_of(signing.get(f"{absent}?w=64")) == (403, "signature_required")
    assert error_of(signing.get(signed_path(signing, absent, "w=64"))) == (404, "image_not_found")
    headers = {"If-None-Match": "*"}
    assert error_of(signing.get(f"{absent}?w=64", headers=headers)) == (403, "signature_required")


def test_signature_limits_the_cache_lifetime(signing: Service, clock: FakeClock) -> None:
    """Responses can be cached until the expiry; from then on it is 403."""
    path = store_image(signing)
    valid_url = signed_path(signing, path, "w=64", "--expires", "2m")
    response = signing.get(valid_url)
    assert response.headers["Cache-Control"] == "public, max-age=120, immutable"
    clock.advance(60)
    for headers in ({}, {"If-None-Match": response.headers["ETag"]}, {"Range": "bytes=0-1"}):
        later = signing.get(valid_url, headers=headers)
        assert later.headers["Cache-Control"] == "public, max-age=60, immutable"
    clock.advance(60)
    for headers in ({}, {"If-None-Match": response.headers["ETag"]}):
        assert error_of(signing.get(valid_url, headers=headers)) == (403, "signature_expired")
    distant = signed_path(signing, path, "w=64", "--expires", "9999d")
    assert signing.get(distant).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_signing_keys_can_be_rotated(signing: Service, clock: FakeClock) -> None:
    """A URL signed with the old key is valid as long as that key is listed."""
    path = store_image(signing)
    only, fake = {"data_dir": signing.data_dir}, CountingImaging()
    with serving(settings_for(**only, variant_signing_keys=OLD), clock, fake) as before:
        old = signed_path(before, path, "w=64")
        assert error_of(before.get(signed_path(signing, path, "w=64"))) == (
            403,
            "signature_invalid",
        )
    assert signing.get(old).status_code == 200
    with serving(settings_for(**only, variant_signing_keys=NEW), clock, fake) as after:
        assert error_of(after.get(old)) == (403, "signature_invalid")
        assert after.get(signed_path(signing, path, "w=64")).status_code == 200
    with serving(settings_for(**only), clock, fake) as without:
        assert without.get(old).status_code == 200
        clock.advance(31 * DAY)
        assert without.get(old).headers["Cache-Control"].startswith("public, max-age=31536000")


def test_signature_of_auto_covers_all_formats(signing: Service) -> None:
    """A signature for `format=auto` is valid for any Accept header, and for no fixed format."""
    path = store_image(signing)
    valid_url = signed_path(signing, path, "w=64&format=auto")
    for accept in ("image/avif", "image/webp", "*/*"):
        assert signing.get(valid_url, headers={"Accept": accept}).status_code == 200
    assert error_of(signing.get(changed(valid_url, format="avif"))) == (403, "signature_invalid")


def test_command_prints_a_valid_url(tmp_path: Path, clock: FakeClock) -> None:
    """The URL starts with PUBLIC_URL, has the escaped parameters and is valid for 30 days."""
    public = "https://images.example.com"
    settings = settings_for(
        data_dir=tmp_path, variant_signing_keys=NEW, public_url=public, cors_origins=public
    )
    with serving(settings, clock, CountingImaging()) as service:
        path = store_image(service)
        url = signed_path(
            service, path.removesuffix(".png"), "w=64&background=#ff0000&filter=blur:2"
        )
        start = f"{public}{path}?w=64&background=%23ff0000&filter=blur:2&expires="
        assert url.startswith(start)
        expires = int(dict(parse_qsl(urlsplit(url).query))["expires"])
        assert expires == clock.time.timestamp() + 30 * DAY
        assert service.get(url.removeprefix(public)).status_code == 200


@pytest.mark.parametrize(
    ("name", "query", "message"),
    [
        ("fox.png", "w=64", "IMAGE is not the id or filename of an image."),
        ("", "w=9999", "w: Must be a whole number from 1 to 2048."),
        ("", "width=64", "width: Unknown field."),
        ("", "w=256", "needs no signature"),
        ("", "w=64&expires=5", "contains expires or sig"),
    ],
)
def test_command_rejects_what_can_not_be_signed(
    signing: Service, name: str, query: str, message: str
) -> None:
    """A bad name or query gives exit status 2 and the API's error message."""
    result = sign(signing, name or str(uuid.uuid4()), query)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("expires", ["0d", "30", "-1d", "1.5h", "d", "1w"])
def test_invalid_duration_is_rejected(signing: Service, expires: str) -> None:
    """Durations are whole seconds, minutes, hours or days."""
    result = sign(signing, str(uuid.uuid4()), "w=64", f"--expires={expires}")
    assert result.exit_code == 2
    assert "90s, 15m, 12h or 30d" in result.stderr


def test_command_requires_a_signing_key(embedded: Service) -> None:
    """Without a signing key the command names the missing setting."""
    result = sign(embedded, str(uuid.uuid4()), "w=64")
    assert result.exit_code == 2
    assert "VARIANT_SIGNING_KEYS is not set" in result.stderr
