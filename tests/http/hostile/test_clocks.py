"""Servers whose clock is wrong."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.services.mongodb.client import MongoDatabase
from app.services.runtime.store_clock import StoreClock
from app.services.runtime.timing import SystemClock
from tests.attacks import Observe, attack
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import MongoServer
from tests.support.service import Service, openai_settings, serving, settings_for

KEY = {"Idempotency-Key": "clock-0123456789abcdef"}


class SteppedClock(SystemClock):
    """The clock of a machine, set wrong."""

    def __init__(self, days: float) -> None:
        self.step = timedelta(days=days)

    def now(self) -> datetime:
        """See Clock."""
        return super().now() + self.step


@pytest.fixture(params=[8.0, -8.0])
def servers(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    mongo_server: MongoServer,
    mongo_database: str,
    fake_openai: FakeOpenAI,
) -> Iterator[list[Service]]:
    """Start two servers on one database, the second one with a clock that is days off."""
    with ExitStack() as stack:

        def start(name: str, days: float) -> Service:
            database = MongoDatabase(uri=mongo_server.uri, name=mongo_database)
            stack.callback(database.close)
            machine = SteppedClock(days)
            settings = settings_for(
                data_dir=tmp_path / name,
                mongodb_uri=mongo_server.uri,
                mongodb_database=mongo_database,
                **openai_settings(fake_openai),
            )
            clock = StoreClock(database.now, machine)
            return stack.enter_context(serving(settings, machine, record_clock=clock))

        yield [start("right", 0), start("wrong", request.param)]


@attack(
    "A key, repeated at a server whose clock is eight days ahead or behind",
    expect="replayed, 1 paid; no key forgotten",
)
def test_a_wrong_clock_forgets_no_key(
    servers: list[Service], fake_openai: FakeOpenAI, observe: Observe
) -> None:
    """The key is known everywhere, whichever server is asked first, and nothing is paid again."""
    body = {"prompt": "A red fox"}
    for first in (0, 1):
        fake_openai.reset()
        replayed = []
        for number in (first, 1 - first, first):
            headers = {"Idempotency-Key": f"{KEY['Idempotency-Key']}-{first}"}
            response = servers[number].call("POST", "/generate-image", json=body, headers=headers)
            assert response.status_code == 200, response.text
            replayed.append(response.headers.get("Idempotency-Replayed") == "true")
        assert replayed == [False, True, True]
        assert fake_openai.paid == 1
    claims = [record.claim for record in servers[0].ports.records.scan(limit=9)]
    kept = "no key forgotten" if all(claims) and len(claims) == 2 else "keys forgotten"
    observe(f"replayed, {fake_openai.paid} paid; {kept}")
