"""Who tries keys: counted by address, and looked up no more once the limit is used up."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from app import create_app
from app.models import Scope
from app.services.caching.api_key_cache import SECONDS
from app.services.rate_limiting.limiter import SharedRateLimiter
from app.services.rate_limiting.sqlite_window import SqliteWindow
from app.usecases.auth.api_keys import ApiKeys
from app.usecases.auth.key_format import new_id, new_text
from tests.support.builders import World
from tests.support.service import settings_for

IMAGE = "/images/0f9b2d6c-4e1a-4f0f-8a54-000000000000.png"
# Through the contract; through the gate; through Flask's view, for what the gate leaves to it.
WAYS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/images", {}),
    ("/metrics", {}),
    (IMAGE, {}),
    (IMAGE, {"Range": "bytes=0-1"}),
)
ROOM = 5


class Door:
    """An app that asks for keys, and lets an address try five in a minute."""

    def __init__(self, folder: Path, world: World) -> None:
        self._world = world
        self._keys = ApiKeys(world.keys, world.clock)
        ports = replace(world.ports, limiter=SharedRateLimiter([], SqliteWindow()))
        settings = settings_for(
            data_dir=folder,
            auth_required=True,
            public_images=False,
            rate_limit_default=f"{ROOM}/minute",
        )
        self.app: Flask = create_app(settings, ports)

    def made(self, name: str) -> str:
        """Make a key and return its text."""
        text = self._keys.create(name, scopes={Scope.READ, Scope.METRICS}).text
        self._world.events.clear()
        return text

    def open(self, way: tuple[str, dict[str, str]], key: str, address: str = "") -> TestResponse:
        """Ask with this key, from this address."""
        path, headers = way
        peer = {"REMOTE_ADDR": address or "192.0.2.1"}
        sent = {"X-API-Key": key, **headers}
        return Client(self.app.wsgi_app).get(path, headers=sent, environ_overrides=peer)

    def try_keys(self, way: tuple[str, dict[str, str]], count: int) -> list[TestResponse]:
        """Ask with so many invented keys."""
        return [self.open(way, new_text(new_id())) for _ in range(count)]

    def asked(self) -> int:
        """Tell how often the ring was asked for an id."""
        return self._world.events.count("keys get")

    def forget(self) -> None:
        """Let the time pass for which a key's answer is good."""
        self._world.clock.advance(SECONDS)


@pytest.fixture
def door(tmp_path: Path, world: World) -> Door:
    """Make one."""
    return Door(tmp_path, world)


@pytest.mark.parametrize("way", WAYS)
def test_who_tries_keys_is_refused_before_the_ring_is_asked(door: Door, way: Any) -> None:
    """Wherever keys are tried: so many 401 as the limit says, then 429, and no more questions."""
    answers = door.try_keys(way, 12)
    assert [answer.status_code for answer in answers] == [401] * ROOM + [429] * (12 - ROOM)
    assert door.asked() == ROOM
    for answer in answers:
        assert answer.headers["RateLimit-Policy"] == f'"default";q={ROOM};w=60'
    assert answers[-1].json is not None
    assert answers[-1].json["code"] == "rate_limited"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_all_ways_count_together(door: Door) -> None:
    """Who is refused at one door has tried the others too; another address is free."""
    for way in WAYS:
        door.try_keys(way, 2)
    assert [door.open(way, "bad").status_code for way in WAYS] == [429] * len(WAYS)
    assert door.open(WAYS[0], "bad", "192.0.2.2").status_code == 401


def test_who_shares_the_address_goes_on(door: Door) -> None:
    """A key that was let in before is looked up as ever, and good ones don't count against it."""
    known, new = door.made("known"), door.made("new")
    for _ in range(2 * ROOM):
        assert door.open(WAYS[2], known).status_code == 404
    door.try_keys(WAYS[0], 2 * ROOM)
    for _ in range(2):
        door.forget()
        assert door.open(WAYS[2], known).status_code == 404
        assert door.open(WAYS[2], new).status_code == 429
    assert door.open(WAYS[2], new, "192.0.2.2").status_code == 404


def test_whatever_asks_for_a_key_says_that_it_may_refuse(door: Door) -> None:
    """Every call that answers 401 to a bad key answers 429 to many, and is described so."""
    document = Client(door.app.wsgi_app).get("/openapi.json").json
    assert document is not None
    locked = 0
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            place = path.replace("{filename}", IMAGE.rpartition("/")[2])
            answer = Client(door.app.wsgi_app).open(place, method=method)
            assert str(answer.status_code) in call["responses"], (method, path)
            door.try_keys(WAYS[0], ROOM)
            again = Client(door.app.wsgi_app).open(
                place, method=method, environ_overrides={"REMOTE_ADDR": "192.0.2.1"}
            )
            assert str(again.status_code) in call["responses"], (method, path)
            assert ("429" in call["responses"]) is ("401" in call["responses"])
            if "401" in call["responses"]:
                locked += 1
                assert again.status_code == 429, (method, path)
    assert locked == 8
