"""Image URLs in responses of an OpenAI-compatible server."""

from collections.abc import Iterator

import pytest
from httpx2 import URL

from app.errors import ProviderBadResponse
from app.services.openai import image_generator
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.transport.image_download import origin
from tests.attacks import Observe, attack
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import TIMEOUT_SECONDS, draw, fails_as, use_clock
from tests.support.openai.faults import YES

_REFUSED = "502 provider_bad_response, nothing fetched"
_GIVEN_UP = "502 provider_bad_response, download aborted"


@pytest.fixture
def other_server() -> Iterator[FakeOpenAI]:
    """Run another server on this machine, which must not receive any request."""
    with FakeOpenAI() as server:
        yield server


def rejected(generator: OpenAIGenerator, fake: FakeOpenAI, url: str) -> ProviderBadResponse:
    """Generate an image with an unusable URL, and return the error with the evidence."""
    fake.script("images", Fault.image_url(url))
    with fails_as(ProviderBadResponse, charged=YES, fake=fake, endpoint="images") as caught:
        draw(generator)
    error: ProviderBadResponse = caught.error
    assert error.evidence.startswith(b'{"created"')
    assert b'"url"' in error.evidence
    assert url not in error.detail
    return error


def test_image_is_downloaded_from_the_own_server(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A URL on the server's own origin is requested once, without the API key."""
    fake_openai.script("images", Fault.image_url(f"{fake_openai.base_url}/files/0"))
    assert draw(generator).data == fake_openai.images[0]
    (request,) = fake_openai.requests_to("files")
    assert "authorization" not in request.headers
    assert not [value for value in request.headers.values() if fake_openai.api_key in value]
    assert fake_openai.paid == 1


def test_origin_ignores_case_and_default_ports() -> None:
    """Scheme and host are compared without case (RFC 3986, 6.2.2.1), and with default ports."""
    url = "HTTP://LOCALHOST:81/v1/files/0"
    base = "http://localhost:81/v1"
    assert origin(URL(url)) == origin(URL(base))
    assert origin(URL("https://a.example:443/x")) == origin(URL("https://A.example/v1"))


def _attack(what: str, url: str) -> object:
    return pytest.param(url, marks=attack(what, expect=_REFUSED), id=what)


@pytest.mark.parametrize(
    "url",
    [
        _attack("Another host", "http://localhost:{other}/v1/files/0"),
        _attack("Another host on the right port", "http://localhost:{own}/v1/files/0"),
        _attack("Another port", "http://127.0.0.1:{other}/v1/files/0"),
        _attack("No port", "http://127.0.0.1/v1/files/0"),
        _attack("https instead of http", "https://127.0.0.1:{own}/v1/files/0"),
        _attack("The cloud's metadata", "http://169.254.169.254/latest/meta-data/"),
        _attack("A file", "file:///etc/passwd"),
        _attack("FTP", "ftp://127.0.0.1:{own}/x"),
        _attack("A host without a scheme", "//127.0.0.1:{own}/v1/files/0"),
        _attack("The right host as a user name", "http://127.0.0.1:{own}@localhost:{other}/x"),
        _attack("The right host before a backslash", "http://127.0.0.1:{own}\\@localhost:{other}/"),
        _attack("A user at the right host", "http://user:password@127.0.0.1:{own}/v1/files/0"),
        _attack("The right host in a query", "http://localhost:{other}/?@127.0.0.1:{own}/"),
        _attack("The right host as a subdomain", "http://127.0.0.1.evil.example:{own}/"),
        _attack("A dot after the host", "http://127.0.0.1.:{own}/v1/files/0"),
        _attack("The host as one number", "http://2130706433:{own}/v1/files/0"),
        _attack("The host in short", "http://127.1:{own}/v1/files/0"),
        _attack("The host in digits of another script", "http://١٢٧.0.0.1:{own}/v1/files/0"),
        _attack("The host percent-encoded", "http://%3127.0.0.1:{own}/v1/files/0"),
        _attack("The host as IPv6", "http://[::ffff:127.0.0.1]:{own}/v1/files/0"),
        _attack("A line break in the path", "http://127.0.0.1:{own}/\r\nHost: evil.example"),
        _attack("A space before the URL", " http://127.0.0.1:{own}/v1/files/0"),
        _attack("A port beyond all ports", "http://127.0.0.1:{own}0000/"),
        _attack("A URL of 100,000 characters", "http://127.0.0.1:{own}/" + "a" * 100_000),
    ],
)
def test_other_servers_receive_no_request(
    generator: OpenAIGenerator,
    fake_openai: FakeOpenAI,
    other_server: FakeOpenAI,
    observe: Observe,
    url: str,
) -> None:
    """Whatever the URL is, no other server gets a request, and the own one no further request."""
    text = url.format(own=fake_openai.port, other=other_server.port)
    error = rejected(generator, fake_openai, text)
    requests = len(fake_openai.requests) - 1 + len(other_server.requests)
    observe(f"{error.status} {error.code}, {requests or 'nothing'} fetched")


@pytest.mark.parametrize(
    "target",
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
    other_server: FakeOpenAI,
    observe: Observe,
    target: str,
) -> None:
    """A redirect counts as a failed download, whatever its target is."""
    location = target.format(other=other_server.port)
    fake_openai.script("files", Fault.status(302, headers={"location": location}))
    error = rejected(generator, fake_openai, f"{fake_openai.base_url}/files/0")
    assert (len(fake_openai.requests_to("files")), len(other_server.requests)) == (1, 0)
    assert error.detail.endswith("status 302")
    observe(f"{error.status} {error.code}, download aborted")


@pytest.mark.parametrize("fault", [Fault.status(404), Fault.status(500), Fault.cut(1000)])
def test_failed_download_is_charged(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, fault: Fault
) -> None:
    """If the download fails, the error says `charged`, and has the response as evidence."""
    fake_openai.script("files", fault)
    rejected(generator, fake_openai, f"{fake_openai.base_url}/files/0")


@attack("An image that is larger than the limit", expect=_GIVEN_UP)
def test_download_is_aborted_at_the_size_limit(
    generator: OpenAIGenerator,
    fake_openai: FakeOpenAI,
    observe: Observe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The download stops once the body exceeds the size limit."""
    monkeypatch.setattr(image_generator, "_MAX_RESPONSE_BYTES", 5000)
    error = rejected(generator, fake_openai, f"{fake_openai.base_url}/files/0")
    assert error.detail.endswith("too large")
    observe(f"{error.status} {error.code}, download aborted")


@attack("An image that is sent byte by byte", expect=_GIVEN_UP)
def test_download_is_within_the_deadline_of_the_call(
    fake_openai: FakeOpenAI,
    generator: OpenAIGenerator,
    observe: Observe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The response and the download of its image share the time limit of a call."""
    clock = use_clock(monkeypatch)
    slow = Fault.drip(chunk=10, pause=0.05).calling(lambda: clock.advance(TIMEOUT_SECONDS))
    fake_openai.script("files", slow)
    error = rejected(generator, fake_openai, f"{fake_openai.base_url}/files/0")
    assert error.detail.endswith("deadline")
    observe(f"{error.status} {error.code}, download aborted")
