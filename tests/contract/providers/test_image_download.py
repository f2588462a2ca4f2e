"""Addresses of images, from an OpenAI-compatible server."""

import time
from collections.abc import Iterator

import pytest
from httpx2 import URL

from app.errors import ProviderBadResponse
from app.services.openai import image_generator
from app.services.openai.image_download import origin
from app.services.openai.image_generator import OpenAIGenerator
from tests.attacks import Seen, attack
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import draw, fails_as
from tests.support.openai.faults import YES

_REFUSED = "502 provider_bad_response, nothing fetched"
_GIVEN_UP = "502 provider_bad_response, given up"


@pytest.fixture
def stranger() -> Iterator[FakeOpenAI]:
    """Run another server on this machine, which must not be asked for anything."""
    with FakeOpenAI() as server:
        yield server


def refused(generator: OpenAIGenerator, fake: FakeOpenAI, address: str) -> ProviderBadResponse:
    """Draw an image whose address is useless; return the error, which has all that was bought."""
    fake.script("images", Fault.image_url(address))
    with fails_as(ProviderBadResponse, charged=YES, fake=fake, endpoint="images") as reported:
        draw(generator)
    error: ProviderBadResponse = reported.error
    assert error.evidence.startswith(b'{"created"')
    assert b'"url"' in error.evidence
    assert address not in error.detail
    return error


def test_an_image_is_fetched_from_the_server_that_drew_it(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """An address on the server's own origin is followed once, with no key sent along."""
    fake_openai.script("images", Fault.image_url(f"{fake_openai.base_url}/files/0"))
    assert draw(generator).data == fake_openai.images[0]
    (asked,) = fake_openai.requests_to("files")
    assert "authorization" not in asked.headers
    assert not [value for value in asked.headers.values() if fake_openai.api_key in value]
    assert fake_openai.paid == 1


def test_upper_case_of_scheme_and_host_makes_no_other_server() -> None:
    """Scheme and host are compared as RFC 3986 (6.2.2.1) has it, and a usual port may be named."""
    address = "HTTP://LOCALHOST:81/v1/files/0"
    base = "http://localhost:81/v1"
    assert origin(URL(address)) == origin(URL(base))
    assert origin(URL("https://a.example:443/x")) == origin(URL("https://A.example/v1"))


def _tried(what: str, address: str) -> object:
    return pytest.param(address, marks=attack(what, expect=_REFUSED), id=what)


@pytest.mark.parametrize(
    "address",
    [
        _tried("Another host", "http://localhost:{other}/v1/files/0"),
        _tried("Another host on the right port", "http://localhost:{own}/v1/files/0"),
        _tried("Another port", "http://127.0.0.1:{other}/v1/files/0"),
        _tried("No port", "http://127.0.0.1/v1/files/0"),
        _tried("https instead of http", "https://127.0.0.1:{own}/v1/files/0"),
        _tried("The cloud's metadata", "http://169.254.169.254/latest/meta-data/"),
        _tried("A file", "file:///etc/passwd"),
        _tried("Data", "data:image/png;base64,iVBORw0KGgo="),
        _tried("FTP", "ftp://127.0.0.1:{own}/x"),
        _tried("A path without a host", "/v1/files/0"),
        _tried("A host without a scheme", "//127.0.0.1:{own}/v1/files/0"),
        _tried("The right host as a user name", "http://127.0.0.1:{own}@localhost:{other}/x"),
        _tried("The right host before a backslash", "http://127.0.0.1:{own}\\@localhost:{other}/"),
        _tried("A user at the right host", "http://user:password@127.0.0.1:{own}/v1/files/0"),
        _tried("The right host in a query", "http://localhost:{other}/?@127.0.0.1:{own}/"),
        _tried("The right host as a subdomain", "http://127.0.0.1.evil.example:{own}/"),
        _tried("A dot after the host", "http://127.0.0.1.:{own}/v1/files/0"),
        _tried("The host as one number", "http://2130706433:{own}/v1/files/0"),
        _tried("The host in short", "http://127.1:{own}/v1/files/0"),
        _tried("The host in digits of another script", "http://١٢٧.0.0.1:{own}/v1/files/0"),
        _tried("The host percent-encoded", "http://%3127.0.0.1:{own}/v1/files/0"),
        _tried("The host as IPv6", "http://[::ffff:127.0.0.1]:{own}/v1/files/0"),
        _tried("A line break in the path", "http://127.0.0.1:{own}/\r\nHost: evil.example"),
        _tried("A space before the address", " http://127.0.0.1:{own}/v1/files/0"),
        _tried("A port beyond all ports", "http://127.0.0.1:{own}0000/"),
        _tried("An address of 100,000 characters", "http://127.0.0.1:{own}/" + "a" * 100_000),
    ],
)
def test_only_the_own_server_is_asked(
    generator: OpenAIGenerator,
    fake_openai: FakeOpenAI,
    stranger: FakeOpenAI,
    seen: Seen,
    address: str,
) -> None:
    """Whatever upstream names, nobody else is asked, and its server not for something else."""
    text = address.format(own=fake_openai.port, other=stranger.port)
    error = refused(generator, fake_openai, text)
    asked = len(fake_openai.requests) - 1 + len(stranger.requests)
    seen(f"{error.status} {error.code}, {asked or 'nothing'} fetched")


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(
            "http://127.0.0.1:{other}/v1/files/0",
            marks=attack("A redirect to another port", expect=_GIVEN_UP),
        ),
        pytest.param(
            "http://169.254.169.254/latest/meta-data/",
            marks=attack("A redirect to the cloud's metadata", expect=_GIVEN_UP),
        ),
        pytest.param("/v1/files/0", marks=attack("A redirect on the own server", expect=_GIVEN_UP)),
    ],
)
def test_no_redirect_is_followed(
    generator: OpenAIGenerator,
    fake_openai: FakeOpenAI,
    stranger: FakeOpenAI,
    seen: Seen,
    place: str,
) -> None:
    """A redirect is a failure, wherever it leads."""
    location = place.format(other=stranger.port)
    fake_openai.script("files", Fault.status(302, headers={"location": location}))
    error = refused(generator, fake_openai, f"{fake_openai.base_url}/files/0")
    assert (len(fake_openai.requests_to("files")), len(stranger.requests)) == (1, 0)
    assert error.detail.endswith("status 302")
    seen(f"{error.status} {error.code}, given up")


@pytest.mark.parametrize("fault", [Fault.status(404), Fault.status(500), Fault.cut(1000)])
def test_what_can_not_be_fetched_was_paid_all_the_same(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, fault: Fault
) -> None:
    """If the image can't be had, the answer that names it is kept as evidence."""
    fake_openai.script("files", fault)
    refused(generator, fake_openai, f"{fake_openai.base_url}/files/0")


@attack("An image that is larger than any", expect=_GIVEN_UP)
def test_a_download_is_cut_off_at_the_cap(
    generator: OpenAIGenerator,
    fake_openai: FakeOpenAI,
    seen: Seen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A body beyond the cap for answers is not read on."""
    monkeypatch.setattr(image_generator, "_MAX_RESPONSE_BYTES", 5000)
    error = refused(generator, fake_openai, f"{fake_openai.base_url}/files/0")
    assert error.detail.endswith("too large")
    seen(f"{error.status} {error.code}, given up")


@attack("An image that drips byte by byte", expect=_GIVEN_UP)
def test_a_download_is_within_the_deadline_of_the_call(
    fake_openai: FakeOpenAI, generator: OpenAIGenerator, seen: Seen
) -> None:
    """Answer and image together have the time that one call may take."""
    hurried = OpenAIGenerator(generator._client, model=generator.model, timeout_seconds=0.6)
    fake_openai.script("files", Fault.drip(chunk=10, pause=0.05))
    began = time.monotonic()
    error = refused(hurried, fake_openai, f"{fake_openai.base_url}/files/0")
    assert time.monotonic() - began < 5
    assert error.detail.endswith(("deadline", "ReadTimeout"))
    seen(f"{error.status} {error.code}, given up")
