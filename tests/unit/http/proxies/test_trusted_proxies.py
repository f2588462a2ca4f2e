"""Forwarded headers count only if a trusted proxy sent them."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse

from app.http.proxies.trusted_proxies import TrustedProxies, rate_limit_address
from tests.support.tables import each_row

PROXIES = ("127.0.0.1", "10.0.0.0/8", "fd00::/8")


def environ_behind(trusted: tuple[str, ...], peer: str, **headers: str) -> dict[str, Any]:
    """Return the environment after the middleware."""
    environ: dict[str, Any] = {
        "REMOTE_ADDR": peer,
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "inside:5000",
        **{f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in headers.items()},
    }

    def app(_: dict[str, Any], __: StartResponse) -> Iterable[bytes]:
        return ()

    TrustedProxies(app, trusted)(environ, lambda *_: lambda _: None)
    return environ


def test_headers_of_an_untrusted_peer_are_ignored() -> None:
    """Forwarded headers of an untrusted peer change nothing and are removed."""
    for trusted in ((), PROXIES):
        environ = environ_behind(
            trusted, "203.0.113.9", host="evil.example", proto="https", **{"for": "1.1.1.1"}
        )
        assert environ == {
            "REMOTE_ADDR": "203.0.113.9",
            "wsgi.url_scheme": "http",
            "HTTP_HOST": "inside:5000",
        }


@each_row(
    "chain, client",
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the left part is forged
        ("127.0.0.1, 198.51.100.7, 10.2.3.4", "198.51.100.7"),
        ("198.51.100.7, nonsense, 10.2.3.4", "10.2.3.4"),
        ("nonsense", "127.0.0.1"),
        ("198.51.100.7,", "127.0.0.1"),
        ("10.0.0.1, 10.0.0.2", "10.0.0.1"),
        ("2001:db8::1, fd00::1", "2001:db8::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "127.0.0.1"),
        ("198.51.100.7:5555", "198.51.100.7"),  # some proxies add ports
        ("[2001:db8::1]:4, [fd00::1], 10.2.3.4:80", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("198.51.100.7:port", "127.0.0.1"),
        ("198.51.100.7:", "127.0.0.1"),
        ("[198.51.100.7]:80", "127.0.0.1"),
        ("[]:80", "127.0.0.1"),
        ("::1", "::1"),
    ],
)
def test_client_is_the_right_most_untrusted_address(chain: str, client: str) -> None:
    """Entries to the left of the first untrusted address may be forged, and are ignored."""
    assert environ_behind(PROXIES, "127.0.0.1", **{"for": chain})["REMOTE_ADDR"] == client


def test_a_proxy_on_a_unix_socket_can_be_trusted() -> None:
    """A peer without an address is trusted if `unix` is listed."""
    assert environ_behind(("unix",), "", **{"for": "198.51.100.7"})["REMOTE_ADDR"] == "198.51.100.7"
    assert environ_behind(PROXIES, "", **{"for": "198.51.100.7"})["REMOTE_ADDR"] == ""


def test_scheme_and_host_come_from_the_nearest_proxy() -> None:
    """The last value counts; an invalid scheme or host changes nothing."""
    environ = environ_behind(
        PROXIES, "10.0.0.1", proto="http, HTTPS", host="a.example, b.example:8443"
    )
    assert environ["wsgi.url_scheme"] == "https"
    assert environ["HTTP_HOST"] == "b.example:8443"
    for host in ("a/b", "a b", "a@b", "a\r\nb", "", "a.example:port"):
        environ = environ_behind(PROXIES, "10.0.0.1", proto="javascript", host=host)
        assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("http", "inside:5000")


def test_ipv6_clients_are_counted_by_network() -> None:
    """All addresses of a /64 count as one client; IPv4-mapped addresses count as IPv4."""
    assert (
        rate_limit_address("2001:db8:1:2:3::4")
        == rate_limit_address("2001:db8:1:2::5")
        == "2001:db8:1:2::/64"
    )
    assert rate_limit_address("2001:db8:1:3::4") != rate_limit_address("2001:db8:1:2::4")
    assert rate_limit_address("::ffff:192.0.2.1") == rate_limit_address("192.0.2.1") == "192.0.2.1"
