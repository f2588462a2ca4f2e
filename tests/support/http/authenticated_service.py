"""Services that require API keys, and helpers to call them with keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests

from app.blueprints.dependencies import dependencies_of
from app.models import Scope
from app.usecases.auth.api_keys import ApiKeys, NewApiKey
from tests.support.fakes.ports import FakeClock
from tests.support.service import Service, serving, settings_for

DEFAULT_SCOPES = frozenset({Scope.GENERATE, Scope.READ, Scope.DELETE})


@dataclass
class AuthenticatedService:
    """A service that requires API keys, its clock, and the secrets created so far."""

    service: Service
    clock: FakeClock
    secrets: list[str] = field(default_factory=list)

    @property
    def api_keys(self) -> ApiKeys:
        """The use case that manages API keys."""
        return dependencies_of(self.service.app).api_keys

    def create_key(
        self,
        name: str,
        scopes: frozenset[Scope] = DEFAULT_SCOPES,
        lifetime: timedelta | None = None,
    ) -> str:
        """Create an API key and return its text."""
        return self.remember(self.api_keys.create(name, scopes=scopes, lifetime=lifetime))

    def rotate_key(self, name: str, *, grace: timedelta) -> str:
        """Rotate an API key and return the new text."""
        return self.remember(self.api_keys.rotate(name, grace=grace))

    def remember(self, key: NewApiKey) -> str:
        """Add the key's text to those that must not appear in responses and logs; return it."""
        self.secrets.append(key.text)
        return key.text

    def call(self, method: str, path: str, key: str = "", **options: Any) -> requests.Response:
        """Send a request with this API key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers |= options.pop("headers", {})
        response = self.service.call(method, path, headers=headers, **options)
        visible = response.text + str(response.headers)
        assert not any(secret in visible for secret in self.secrets)
        return response

    def get(self, path: str, key: str = "", **options: Any) -> requests.Response:
        """Send a GET request with this API key."""
        return self.call("GET", path, key, **options)

    def generate(self, key: str, **headers: str) -> requests.Response:
        """Request an image with this API key."""
        body = {"prompt": "A red fox"}
        return self.call("POST", "/generate-image", key, json=body, headers=headers)

    def create_image(self, key: str) -> str:
        """Generate an image with this API key and return its path."""
        response = self.generate(key)
        assert response.status_code == 200, response.text
        return f"/images/{response.json()['filename']}"


@contextmanager
def serving_with_keys(**settings: Any) -> Iterator[AuthenticatedService]:
    """Serve with AUTH_REQUIRED; afterwards check that no key is in the log."""
    clock = FakeClock()
    with serving(settings_for(auth_required=True, **settings), clock) as service:
        auth_service = AuthenticatedService(service, clock)
        yield auth_service
    log = service.log.getvalue()
    assert " INFO " in log
    assert not any(secret[-38:] in log for secret in auth_service.secrets)
