"""Hostile paths, hosts and header values."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.services.caching.caching_store import CachingStore
from tests.attacks import Observe, attack
from tests.support.http import clients
from tests.support.service import Service

ID = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5"
_ABSENT = "404 not_found, store not read"
_PATHS = {
    "Dots to the parent": "/images/../" + ID + ".png",
    "Dots to /etc/passwd": "/images/../../../../etc/passwd",
    "Dots, encoded": "/images/%2e%2e/%2e%2e/etc/passwd",
    "Dots and slashes, encoded": "/images/..%2f..%2fetc%2fpasswd",
    "Dots, encoded twice": f"/images/%252e%252e%252f{ID}.png",
    "Dots in overlong UTF-8": f"/images/%c0%ae%c0%ae/{ID}.png",
    "Dots and a backslash": f"/images/..\\{ID}.png",
    "Dots and a backslash, encoded": f"/images/..%5c{ID}.png",
    "A dot as a folder": f"/images/./{ID}.png",
    "A NUL behind the name": f"/images/{ID}.png%00",
    "A NUL in the name": f"/images/{ID}%00.png",
    "A NUL, encoded twice": f"/images/{ID}.png%2500",
    "A line break behind the name": f"/images/{ID}.png%0a",
    "A line break before the extension": f"/images/{ID}%0a.png",
    "A header behind the name": f"/images/{ID}.png%0d%0aSet-Cookie:%20a=b",
    "A space behind the name": f"/images/{ID}.png%20",
    "A dot behind the name": f"/images/{ID}.png.",
    "A slash behind the name": f"/images/{ID}.png/",
    "A path parameter": f"/images/{ID}.png;w=64",
    "Upper case": f"/images/{ID.upper()}.png",
    "Another extension": f"/images/{ID}.jpeg",
    "Two extensions": f"/images/{ID}.png.png",
    "No extension": f"/images/{ID}",
    "Digits of another script": f"/images/{ID[:-1]}%D9%A5.png",
    "A look-alike letter": f"/images/{ID[:-2]}%D0%B55.png",
    "A full-width letter": f"/images/{ID[:-1]}%EF%BC%95.png",
    "Look-alike hyphens": "/images/" + ID.replace("-", "%E2%80%90") + ".png",
    "Braces around the id": f"/images/%7B{ID}%7D.png",
    "8,000 characters": "/images/" + "a" * 8000 + ".png",
    "A line break behind `metadata`": f"/images/{ID}.png/metadata%0a",
    "An original": f"/images/../originals/{ID}.png",
    "A source file": "/static/../wsgi.py",
    "A source file, encoded": "/static/..%2fwsgi.py",
    "A source file by backslash": "/static/..%5cwsgi.py",
    "A source file by encoded dots": "/static/%2e%2e/__init__.py",
}


@pytest.fixture
def store_calls(shared_embedded: Service, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the store methods called from now on."""
    store_calls: list[str] = []
    for name in ("get", "delete"):
        monkeypatch.setattr(
            CachingStore, name, _recorded(store_calls, name, getattr(CachingStore, name))
        )
    shared_embedded.get(f"/images/{ID}.png")
    assert store_calls == ["get"]  # so that an empty list below is meaningful
    store_calls.clear()
    return store_calls


def _recorded(store_calls: list[str], name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        store_calls.append(name)
        return method(*arguments, **keywords)

    return wrapper


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=attack(name, expect=_ABSENT), id=name) for name, p in _PATHS.items()],
)
def test_other_names_are_not_found(
    shared_embedded: Service, store_calls: list[str], observe: Observe, path: str
) -> None:
    """Any name other than `<uuid>.png` is 404 without a call to the store."""
    for method in ("DELETE", "HEAD", "GET"):
        status, headers, body = clients.raw_request(shared_embedded.url, path, method)
        assert status == 404 or (status == 405 and method == "DELETE")
        assert "Set-Cookie" not in headers
    calls = "store read" if store_calls else "store not read"
    observe(f"{status} {json.loads(body)['code']}, {calls}")


@attack("A header injected through a redirect", expect="one header, encoded")
def test_redirects_contain_no_line_breaks(shared_embedded: Service, observe: Observe) -> None:
    """A double slash redirects to a Location in which everything stays encoded."""
    path = f"/images//{ID}.png?a=%0d%0aSet-Cookie:%20a=b"
    status, headers, _ = clients.raw_request(shared_embedded.url, path)
    assert status == 308
    assert "Set-Cookie" not in headers
    assert not set("\r\n") & set(headers["Location"])
    observe("one header, encoded")


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(host, marks=attack(f"The host `{shown}`", expect="not repeated"))
        for shown, host in {
            'a"><script>': 'a"><script>alert(1)</script>',
            "user@host": "user@evil.example",
            "host/path": "evil.example/x?",
        }.items()
    ],
)
def test_malformed_host_is_not_repeated(
    shared_embedded: Service, observe: Observe, host: str
) -> None:
    """A malformed Host header appears in no URL of the response."""
    response = shared_embedded.call(
        "POST", "/generate-image", json={"prompt": "A fox"}, headers={"Host": host}
    )
    visible = response.text + response.headers.get("Location", "")
    observe("repeated" if "script" in visible or "evil" in visible else "not repeated")


_HEADERS = {
    "A line break, folded": b"abc\r\n def",
    "An ANSI escape": b"\x1b[31mred",
    "UTF-8": "狐".encode(),
    "A quote and a tag": b'"><script>',
    "65 characters": b"a" * 65,
    "A newline at the end, escaped": b"abc\\n",
    "An operator of MongoDB": b'{"$gt":""}',
}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, marks=attack(f"X-Request-ID: {what}", expect="replaced"), id=what)
        for what, value in _HEADERS.items()
    ],
)
def test_hostile_request_ids_are_replaced(
    embedded: Service, observe: Observe, value: bytes
) -> None:
    """An id that isn't 1 to 64 letters, digits, - and _ is neither returned nor logged."""
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-ID: "
    response = clients.raw_send(embedded.url, request + value + b"\r\n\r\n")
    head = response.partition(b"\r\n\r\n")[0]
    (line,) = [line for line in head.splitlines() if line.lower().startswith(b"x-request-id: ")]
    new_id = line.partition(b": ")[2].decode()
    assert (len(new_id), int(new_id, 16) >= 0) == (32, True)
    assert value.decode("latin-1") not in embedded.log.getvalue()
    observe("replaced")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, marks=attack(f"Idempotency-Key: {what}", expect="400 invalid_request"))
        for what, value in {
            "a space within": b"a b",
            "an ANSI escape": b"\x1b[31mred",
            "UTF-8": "狐".encode(),
            "256 characters": b"a" * 256,
            "nothing": b"",
        }.items()
    ],
)
def test_hostile_idempotency_keys_are_rejected(
    shared_embedded: Service, observe: Observe, value: bytes
) -> None:
    """A key that is not 1 to 255 visible ASCII characters is 400; nothing is generated."""
    headers = {"Idempotency-Key": value}
    before = shared_embedded.images()
    body = {"prompt": "A fox"}
    observe(shared_embedded.call("POST", "/generate-image", json=body, headers=headers))
    assert shared_embedded.images() == before
