"""Services that ask for keys, and callers who have some."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests

from app.blueprints.dependencies import dependencies_of
from app.models import Scope
from app.usecases.auth.api_keys import ApiKeys, NewKey
from tests.support.fakes.ports import FakeClock
from tests.support.service import Service, serving, settings_for

USUAL = frozenset({Scope.GENERATE, Scope.READ, Scope.DELETE})


@dataclass
class Locked:
    """A service that asks for keys, and its clock."""

    service: Service
    clock: FakeClock
    texts: list[str] = field(default_factory=list)

    @property
    def keys(self) -> ApiKeys:
        """The keys, as an operator has them."""
        return dependencies_of(self.service.app).api_keys

    def made(
        self, name: str, scopes: frozenset[Scope] = USUAL, lifetime: timedelta | None = None
    ) -> str:
        """Make a key and return its text."""
        return self.noted(self.keys.create(name, scopes=scopes, lifetime=lifetime))

    def rotated(self, name: str, *, grace: timedelta) -> str:
        """Rotate a key and return the new text."""
        return self.noted(self.keys.rotate(name, grace=grace))

    def noted(self, made: NewKey) -> str:
        """Remember the text, which must not appear in the log."""
        self.texts.append(made.text)
        return made.text

    def call(self, method: str, path: str, key: str = "", **options: Any) -> requests.Response:
        """Send a request with this key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers |= options.pop("headers", {})
        answer = self.service.call(method, path, headers=headers, **options)
        assert not any(text in answer.text + str(answer.headers) for text in self.texts)
        return answer

    def get(self, path: str, key: str = "", **options: Any) -> requests.Response:
        """Send a GET with this key."""
        return self.call("GET", path, key, **options)

    def generate(self, key: str, **headers: str) -> requests.Response:
        """Ask for an image with this key."""
        body = {"prompt": "A red fox"}
        return self.call("POST", "/generate-image", key, json=body, headers=headers)

    def image(self, key: str) -> str:
        """Make an image with this key and return its path."""
        answer = self.generate(key)
        assert answer.status_code == 200, answer.text
        return f"/images/{answer.json()['filename']}"


@contextmanager
def locked(**settings: Any) -> Iterator[Locked]:
    """Serve with keys asked for; afterwards no key may be in the log."""
    clock = FakeClock()
    with serving(settings_for(auth_required=True, **settings), clock) as service:
        door = Locked(service, clock)
        yield door
    log = service.log.getvalue()
    assert " INFO " in log
    assert not any(text[-38:] in log for text in door.texts)
