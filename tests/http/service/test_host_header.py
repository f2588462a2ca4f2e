"""URLs begin with the host that the client addressed; without a usable one nothing is paid."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import Observe, attack
from tests.support.fake_openai import FakeOpenAI
from tests.support.service import Service, openai_settings, serving, settings_for
from tests.unit.http.test_host_header import UNUSABLE

_REJECTED = "400 invalid_request"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve the app for all tests of this module."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("data"))) as running:
        yield running


@pytest.mark.parametrize(
    "host",
    [
        "image_api:5000",
        "xn--bcher-kva.example",
        "example.com:80",
        "Example.COM:8443",
        "[::1]:5000",
        "127.0.0.1:1",
    ],
)
def test_urls_begin_with_the_host_that_was_sent(service: Service, host: str) -> None:
    """The URL, its header, and the pages of the list have the host of each request."""
    headers = {"Host": host}
    generated = service.call("POST", "/generate-image", json={"prompt": "A fox"}, headers=headers)
    url = generated.json()["url"]
    assert url == f"http://{host}/images/{generated.json()['filename']}"
    assert generated.headers["Location"].lower() == url.lower()
    assert service.get("/images", headers=headers).json()["images"][0]["url"] == url
    other = service.get("/images", headers={"Host": "image_api_2"}).json()["images"][0]["url"]
    assert other.startswith("http://image_api_2/")


def test_unusable_host_is_rejected_before_anything_is_paid(
    fake_openai: FakeOpenAI, tmp_path: Path
) -> None:
    """Every unusable Host is 400 in the shape of all errors, and no model is asked."""
    hosts = [host for host in UNUSABLE if host.isascii() and host.strip() == host]
    with serving(settings_for(**openai_settings(fake_openai), data_dir=tmp_path)) as paid:
        for host in hosts:
            headers = {"Host": host}
            refused = paid.call("POST", "/generate-image", json={"prompt": "A"}, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request"), host
            assert "Host" in refused.json()["message"]
    assert fake_openai.requests_to("images") == []
    assert fake_openai.requests_to("moderations") == []


def test_request_without_a_host_is_served(service: Service) -> None:
    """Health checks of HTTP/1.0 have no Host header."""
    address, _, port = service.url.removeprefix("http://").partition(":")
    with socket.create_connection((address, int(port)), timeout=60) as client:
        client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


@pytest.fixture(scope="module")
def image(service: Service) -> str:
    """Return the path of a generated image."""
    generated = service.call("POST", "/generate-image", json={"prompt": "A fox"})
    return f"/images/{generated.json()['filename']}"


_HOSTS = ("a b", "x:99999", "x:65536", "x:0", "x:+1", "[::1", "a..b", "user@x", "x/y")


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(h, marks=attack(f"An existing image from the host `{h}`", expect=_REJECTED))
        for h in _HOSTS
    ],
)
def test_image_is_not_served_to_an_unusable_host(
    service: Service, image: str, observe: Observe, host: str
) -> None:
    """Images are served before Flask; the same check applies."""
    assert service.get(image).status_code == 200
    observe(service.get(image, headers={"Host": host}))


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(t, marks=attack(f"The target `{t}`", expect=_REJECTED))
        for t in (
            "http://a..b/images",
            "http://user@x/images",
            "ftp://x/images",
            "http:///images",
        )
    ],
)
def test_unusable_target_is_rejected(service: Service, observe: Observe, target: str) -> None:
    """The host of a target in absolute form is checked like the header."""
    status, body = _ask(service, target)
    observe(f"{status} {body['code']}")


@attack("A target with another host than the header", expect="the header is ignored")
def test_target_decides_about_the_host(service: Service, image: str, observe: Observe) -> None:
    """A proxy that routes by the target, and the service, mean the same host."""
    _, body = _ask(service, "http://target.example/images")
    assert body["images"][0]["url"] == f"http://target.example{image}"
    observe("the header is ignored")


def _ask(service: Service, target: str) -> tuple[int, Any]:
    """Send a request with this target and another Host."""
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=60)
    with closing(connection):
        connection.putrequest("GET", target, skip_host=True)
        connection.putheader("Host", "header.example")
        connection.endheaders()
        response = connection.getresponse()
        return response.status, json.loads(response.read())
