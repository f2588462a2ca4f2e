"""Which Host headers are usable, and the host in URLs."""

import pytest

from app.http.host_header import is_usable, request_host

USABLE = [
    "example.com",
    "EXAMPLE.com:80",
    "image_api:5000",
    "_service:5000",
    "xn--bcher-kva.example",
    "xn--bcher-kva.example:8443",
    "127.0.0.1:5000",
    "localhost",
    "example.com.",
    "[::1]:5000",
    "[2001:db8::1]",
    "[::ffff:127.0.0.1]:5000",
    "a" * 253,
    "x:1",
    "x:65535",
    "x:",
]
UNUSABLE = [
    "a b",
    "x:99999",
    "x:65536",
    "x:0",
    "x:-1",
    "x:80:80",
    "x:port",
    "a" * 4000,
    "user@example.com",
    "example.com/path",
    "example.com,evil.example",
    "http://example.com",
    "b\u00fccher.example",
    "::1",
    "[::1",
    "[:::]",
    "[::1]x",
    "[fe80::1%eth0]",
    "<script>",
    "x\t",
    "'x'",
    ".",
    "-x",
    "x:\uff15",
]


@pytest.mark.parametrize("host", USABLE)
def test_usable_host_is_kept(host: str) -> None:
    """Names with underscores, ports, IDNA names and addresses are used as they were sent."""
    assert is_usable(host)
    assert request_host({"HTTP_HOST": host}) == host.removesuffix(":")


@pytest.mark.parametrize("host", UNUSABLE)
def test_unusable_host_is_recognized(host: str) -> None:
    """What can't be a part of a URL is unusable."""
    assert not is_usable(host)


@pytest.mark.parametrize(
    ("environ", "host"),
    [
        ({"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "5000"}, "127.0.0.1:5000"),
        ({"HTTP_HOST": "", "SERVER_NAME": "h", "SERVER_PORT": "80"}, "h:80"),
        ({"SERVER_NAME": "::1", "SERVER_PORT": "5000"}, "[::1]:5000"),
        ({"SERVER_NAME": "/run/api.sock", "SERVER_PORT": ""}, "localhost"),
        ({}, "localhost"),
    ],
)
def test_without_a_host_the_servers_address_is_used(environ: dict[str, str], host: str) -> None:
    """HTTP/1.0 clients, such as health checks, send no Host."""
    assert request_host(environ) == host
