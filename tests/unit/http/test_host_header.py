"""Which Host headers are usable, and the host in URLs."""

import pytest

from app.http.host_header import is_acceptable, is_usable, request_host, use_target_host
from tests.support.tables import each_row

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
    f"{'a.' * 126}b:80",
    "x:1",
    "x:65535",
    "x:",
]
UNUSABLE = [
    "a b",
    "a..b",
    ".a",
    "a" * 254,
    f"{'a.' * 126}bc",
    "x:+1",
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


@each_row("host", USABLE)
def test_usable_host_is_kept(host: str) -> None:
    """Names with underscores, ports, IDNA names and addresses are used as they were sent."""
    assert is_usable(host)
    assert request_host({"HTTP_HOST": host}) == host.removesuffix(":")


@each_row("host", UNUSABLE)
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


HOST = "example.com"
TARGETS = {
    "/images": HOST,
    "//other.example/images": HOST,
    "/?next=http://other.example": HOST,
    "*": HOST,
    "http://other.example/images": "other.example",
    "HTTPS://other.example:8443": "other.example:8443",
    "http://[::1]:5000?q=a": "[::1]:5000",
    "http://other.example#/images": "other.example",
    "http://other.example:99999/": None,
    "http://user@other.example/": None,
    "http:///images": None,
    "ftp://other.example/": None,
    "x://": None,
}


@pytest.mark.parametrize(("target", "host"), TARGETS.items(), ids=TARGETS)
def test_target_with_a_host_replaces_the_header(target: str, host: str | None) -> None:
    """Both can disagree only in a request that was made to confuse; None is unusable."""
    environ = {"RAW_URI": target, "HTTP_HOST": HOST, "SERVER_PROTOCOL": "HTTP/1.1"}
    use_target_host(environ)
    assert is_acceptable(environ) is (host is not None)
    assert host is None or request_host(environ) == host


def test_target_does_not_make_up_for_a_missing_header() -> None:
    """HTTP/1.1 requires the header in any case; HTTP/1.0 has it nowhere."""
    for protocol, acceptable in (("HTTP/1.1", False), ("HTTP/1.0", True)):
        environ = {"RAW_URI": "http://other.example/", "SERVER_PROTOCOL": protocol}
        use_target_host(environ)
        assert is_acceptable(environ) is acceptable
