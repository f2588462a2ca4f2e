"""URLs begin with the host that the client addressed; without a usable one nothing is paid."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_openai import FakeOpenAI
from tests.support.service import Service, openai_settings, serving, settings_for
from tests.unit.http.test_host_header import UNUSABLE


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
