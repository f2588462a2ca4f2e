"""Invalid API keys count by address, and above the limit the store is not queried."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from app import create_app
from app.models import Scope
from app.services.caching.api_key_cache import SECONDS
from app.services.rate_limiting.backend import sqlite_backend
from app.services.rate_limiting.limiter import SharedRateLimiter
from app.usecases.auth.api_keys import ApiKeys
from app.usecases.auth.key_format import new_id, new_text
from tests.support.builders import World
from tests.support.service import settings_for

IMAGE = "/images/0f9b2d6c-4e1a-4f0f-8a54-000000000000.png"
RequestPath = tuple[str, dict[str, str]]
"""A URL path, and headers that decide which code handles it."""

# Views with a contract, the image middleware, and Flask's view for requests it passes on.
PATHS: tuple[RequestPath, ...] = (
    ("/images", {}),
    ("/metrics", {}),
    (IMAGE, {}),
    (IMAGE, {"Range": "bytes=0-1"}),
)
MAX_INVALID = 5


class ProtectedApp:
    """An app that requires API keys and allows five invalid ones per address and minute."""

    def __init__(self, folder: Path, world: World) -> None:
        self._world = world
        self._keys = ApiKeys(world.keys, world.clock)
        ports = replace(world.ports, rate_limiter=SharedRateLimiter([], sqlite_backend()))
        settings = settings_for(
            data_dir=folder,
            auth_required=True,
            public_images=False,
            rate_limit_default=f"{MAX_INVALID}/minute",
        )
        self.app: Flask = create_app(settings, ports)

    def create_key(self, name: str) -> str:
        """Create an API key and return its text."""
        text = self._keys.create(name, scopes={Scope.READ, Scope.METRICS}).text
        self._world.events.clear()
        return text

    def open(self, request_path: RequestPath, key: str, address: str = "") -> TestResponse:
        """Send a request with this key from this address."""
        url, extra = request_path
        peer = {"REMOTE_ADDR": address or "192.0.2.1"}
        headers = {"X-API-Key": key, **extra}
        return Client(self.app.wsgi_app).get(url, headers=headers, environ_overrides=peer)

    def try_keys(self, request_path: RequestPath, count: int) -> list[TestResponse]:
        """Send requests with this number of made-up keys."""
        return [self.open(request_path, new_text(new_id())) for _ in range(count)]

    def queries(self) -> int:
        """Return how often the key store was queried."""
        return self._world.events.count("keys get")

    def expire_cached_keys(self) -> None:
        """Advance the clock until cached keys expire."""
        self._world.clock.advance(SECONDS)


@pytest.fixture
def protected_app(tmp_path: Path, world: World) -> ProtectedApp:
    """Return the app."""
    return ProtectedApp(tmp_path, world)


@pytest.mark.parametrize("request_path", PATHS)
def test_invalid_keys_are_rate_limited_before_the_store_is_queried(
    protected_app: ProtectedApp, request_path: RequestPath
) -> None:
    """On every path: 401 up to the limit, then 429 without queries to the store."""
    responses = protected_app.try_keys(request_path, 12)
    assert [response.status_code for response in responses] == [401] * 5 + [429] * 7
    assert protected_app.queries() == MAX_INVALID
    for response in responses:
        assert response.headers["RateLimit-Policy"] == f'"default";q={MAX_INVALID};w=60'
    assert responses[-1].json is not None
    assert responses[-1].json["code"] == "rate_limited"
    assert 1 <= int(responses[-1].headers["Retry-After"]) <= 60


def test_all_paths_share_one_count(protected_app: ProtectedApp) -> None:
    """Requests on any path count against the same limit; another address has its own."""
    for request_path in PATHS:
        protected_app.try_keys(request_path, 2)
    assert [protected_app.open(request_path, "bad").status_code for request_path in PATHS] == [
        429
    ] * len(PATHS)
    assert protected_app.open(PATHS[0], "bad", "192.0.2.2").status_code == 401


def test_known_keys_still_work_from_a_limited_address(protected_app: ProtectedApp) -> None:
    """A key that was valid before is still looked up, and valid keys never count."""
    known, new = protected_app.create_key("known"), protected_app.create_key("new")
    for _ in range(2 * MAX_INVALID):
        assert protected_app.open(PATHS[2], known).status_code == 404
    protected_app.try_keys(PATHS[0], 2 * MAX_INVALID)
    for _ in range(2):
        protected_app.expire_cached_keys()
        assert protected_app.open(PATHS[2], known).status_code == 404
        assert protected_app.open(PATHS[2], new).status_code == 429
    assert protected_app.open(PATHS[2], new, "192.0.2.2").status_code == 404


def test_endpoints_that_require_a_key_document_401_and_429(protected_app: ProtectedApp) -> None:
    """Every endpoint that returns 401 for a bad key returns 429 for many, as documented."""
    document = Client(protected_app.app.wsgi_app).get("/openapi.json").json
    assert document is not None
    protected = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            url = path.replace("{filename}", IMAGE.rpartition("/")[2])
            response = Client(protected_app.app.wsgi_app).open(url, method=method)
            assert str(response.status_code) in operation["responses"], (method, path)
            protected_app.try_keys(PATHS[0], MAX_INVALID)
            limited = Client(protected_app.app.wsgi_app).open(
                url, method=method, environ_overrides={"REMOTE_ADDR": "192.0.2.1"}
            )
            assert str(limited.status_code) in operation["responses"], (method, path)
            assert ("429" in operation["responses"]) is ("401" in operation["responses"])
            if "401" in operation["responses"]:
                protected += 1
                assert limited.status_code == 429, (method, path)
    assert protected >= 15  # all but those that need no key
