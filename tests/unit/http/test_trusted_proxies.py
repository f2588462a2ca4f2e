"""Who the client is: a header counts only if a proxy that we trust has sent it."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse

import pytest

from app.http.trusted_proxies import TrustedProxies, rate_limit_address

PROXIES = ("127.0.0.1", "10.0.0.0/8", "fd00::/8")


def seen(trusted: tuple[str, ...], peer: str, **headers: str) -> dict[str, Any]:
    """Return the environment behind the middleware."""
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


def test_an_untrusted_peer_is_the_client_whatever_it_says() -> None:
    """Headers of a peer that isn't trusted change nothing, and are gone."""
    for trusted in ((), PROXIES):
        environ = seen(
            trusted, "203.0.113.9", host="evil.example", proto="https", **{"for": "1.1.1.1"}
        )
        assert environ == {
            "REMOTE_ADDR": "203.0.113.9",
            "wsgi.url_scheme": "http",
            "HTTP_HOST": "inside:5000",
        }


@pytest.mark.parametrize(
    ("chain", "client"),
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
        ("198.51.100.7:5555", "198.51.100.7"),  # some proxies write ports
        ("[2001:db8::1]:4, [fd00::1], 10.2.3.4:80", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("198.51.100.7:port", "127.0.0.1"),
        ("198.51.100.7:", "127.0.0.1"),
        ("[198.51.100.7]:80", "127.0.0.1"),
        ("[]:80", "127.0.0.1"),
        ("::1", "::1"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(chain: str, client: str) -> None:
    """What stands left of the first address that isn't ours is the client's word, and not heard."""
    assert seen(PROXIES, "127.0.0.1", **{"for": chain})["REMOTE_ADDR"] == client


def test_a_proxy_on_a_unix_socket_can_be_trusted() -> None:
    """A peer without an address is trusted if `unix` is."""
    assert seen(("unix",), "", **{"for": "198.51.100.7"})["REMOTE_ADDR"] == "198.51.100.7"
    assert seen(PROXIES, "", **{"for": "198.51.100.7"})["REMOTE_ADDR"] == ""


def test_the_nearest_proxy_names_scheme_and_host() -> None:
    """The last value counts; what is no scheme or host changes nothing."""
    environ = seen(PROXIES, "10.0.0.1", proto="http, HTTPS", host="a.example, b.example:8443")
    assert environ["wsgi.url_scheme"] == "https"
    assert environ["HTTP_HOST"] == "b.example:8443"
    for host in ("a/b", "a b", "a@b", "a\r\nb", "", "a.example:port"):
        environ = seen(PROXIES, "10.0.0.1", proto="javascript", host=host)
        assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("http", "inside:5000")


def test_an_ipv6_client_is_counted_with_its_network() -> None:
    """All addresses of a /64 are one client; an IPv4 address in IPv6 form is that address."""
    assert (
        rate_limit_address("2001:db8:1:2:3::4")
        == rate_limit_address("2001:db8:1:2::5")
        == "2001:db8:1:2::/64"
    )
    assert rate_limit_address("2001:db8:1:3::4") != rate_limit_address("2001:db8:1:2::4")
    assert rate_limit_address("::ffff:192.0.2.1") == rate_limit_address("192.0.2.1") == "192.0.2.1"
