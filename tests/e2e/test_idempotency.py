"""One key, one payment: across workers, across servers, and after a kill."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from app.models import State
from app.ports import ImageRecords
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from app.usecases.generation.idempotency import claim_of
from tests.support.concurrency.threads import at_once
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.gunicorn import Gunicorn, gunicorn
from tests.support.service import openai_settings

KEY, TURNS = "one-key", 2


def post(server: Gunicorn, key: str = KEY) -> requests.Response:
    """Ask for an image under a key, on a connection of its own."""
    return requests.post(
        f"{server.url}/generate-image",
        json={"prompt": "A red fox"},
        headers={"Idempotency-Key": key},
        timeout=60,
    )


def check_race(servers: Sequence[Gunicorn], fake: FakeOpenAI) -> None:
    """Send sixteen requests with one key at once, twice with a new key each."""
    for turn in range(1, TURNS + 1):
        key = f"race-{turn}"
        answers = at_once(16, lambda number: post(servers[number % len(servers)], key))  # noqa: B023 - reason: used at once
        drawn = [answer for answer in answers if answer.status_code == 200]
        others = {answer.json().get("code") for answer in answers if answer not in drawn}
        assert len({answer.json()["filename"] for answer in drawn}) == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in drawn) == 1
        assert others <= {"generation_in_progress"}
        assert fake.paid == turn
        for server in servers:
            again = post(server, key).json()
            assert again["filename"] == drawn[0].json()["filename"]
            assert again["created_at"] == drawn[0].json()["created_at"]
    assert len(fake.requests_to("images")) == TURNS


def test_two_workers_on_embedded_stores_pay_once(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """On SQLite and files, sixteen requests over two workers with one key are one payment."""
    with gunicorn(tmp_path, web_concurrency=2, **openai_settings(fake_openai)) as server:
        check_race([server], fake_openai)
        assert "ERROR" not in server.log()


def test_two_servers_that_share_stores_pay_once(
    tmp_path: Path, shared: dict[str, Any], fake_openai: FakeOpenAI
) -> None:
    """On S3 and MongoDB, servers with folders of their own and two workers each pay once a key."""
    with (
        gunicorn(tmp_path / "one", web_concurrency=2, **shared) as one,
        gunicorn(tmp_path / "two", web_concurrency=2, **shared) as two,
    ):
        check_race([one, two], fake_openai)
        assert "ERROR" not in one.log() + two.log()


@contextlib.contextmanager
def records_of(where: str, folder: Path, shared: dict[str, Any]) -> Iterator[ImageRecords]:
    """Open the records of a server beside it."""
    records: SqliteRecords | MongoRecords = (
        SqliteRecords(SqliteDatabase(folder / "data" / "records.sqlite3"))
        if where == "embedded"
        else MongoRecords(MongoDatabase(uri=shared["mongodb_uri"], name=shared["mongodb_database"]))
    )
    with contextlib.closing(records):
        yield records


def let_the_lease_run_out(records: ImageRecords) -> None:
    """Age the one row that a killed server left."""
    row = records.find(claim_of("", KEY))
    assert row is not None
    assert row.state is State.PENDING
    assert records.compare_and_swap(row, replace(row, lease_until=row.requested_at))


@pytest.mark.parametrize("where", ["embedded", "shared"])
def test_kill_while_paying_never_pays_again(
    tmp_path: Path, shared: dict[str, Any], fake_openai: FakeOpenAI, where: str
) -> None:
    """After kill -9 during the paid call the key is busy, then unknown; a new key pays anew."""
    settings = shared if where == "shared" else openai_settings(fake_openai)
    released = threading.Event()
    fake_openai.script("images", Fault.until(released))
    with gunicorn(tmp_path, **settings) as server, ThreadPoolExecutor(1) as pool:
        cut = pool.submit(post, server)
        fake_openai.wait_in_flight(1, timeout=20)
        server.kill()
        assert isinstance(cut.exception(), requests.ConnectionError)
    released.set()
    with (
        gunicorn(tmp_path, **settings) as server,
        records_of(where, tmp_path, shared) as records,
    ):
        busy = post(server)
        assert (busy.status_code, busy.json()["code"]) == (409, "generation_in_progress")
        let_the_lease_run_out(records)
        for _ in range(2):
            answer = post(server)
            assert (answer.status_code, answer.json()["code"]) == (409, "outcome_unknown")
        assert len(fake_openai.requests_to("images")) == 1
        assert post(server, "a-new-key").status_code == 200
        assert len(fake_openai.requests_to("images")) == 2


def test_without_room_nothing_is_bought_and_all_else_works(
    tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """If there can be no spool, a generation is 503 and unpaid, while reads and replays go on."""
    with gunicorn(tmp_path, **openai_settings(fake_openai)) as server:
        made = post(server).json()
        spool = tmp_path / "data" / "spool"
        spool.rmdir()
        spool.write_bytes(b"in the way")
        for key in ("a-new-key", "a-new-key", "another"):
            refused = post(server, key)
            assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
            assert refused.json()["charged"] == "no"
            assert int(refused.headers["Retry-After"]) > 0
        assert "disk is full" in refused.json()["message"]
        assert post(server).json() == made
        assert server.get(f"/images/{made['filename']}").status_code == 200
        assert server.get("/images").json()["total_images"] == 1
        assert (fake_openai.paid, len(fake_openai.requests_to("moderations"))) == (1, 1)
        spool.unlink()
        assert post(server, "a-new-key").status_code == 200
    assert fake_openai.paid == 2
