"""One key, one payment: across workers and servers, and after a kill."""

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
from tests.support.concurrency.threads import in_threads
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.gunicorn import TIMEOUT_SECONDS, Gunicorn, gunicorn
from tests.support.service import openai_settings

KEY, ROUNDS = "one-key", 2


def post(server: Gunicorn, key: str = KEY) -> requests.Response:
    """Generate an image under a key, on a new connection."""
    return requests.post(
        f"{server.url}/generate-image",
        json={"prompt": "A red fox"},
        headers={"Idempotency-Key": key},
        timeout=TIMEOUT_SECONDS,
    )


def check_race(servers: Sequence[Gunicorn], fake: FakeOpenAI) -> None:
    """Send sixteen concurrent requests with one key, and again with another key."""
    for round_number in range(1, ROUNDS + 1):
        key = f"race-{round_number}"
        responses = in_threads(16, lambda number: post(servers[number % len(servers)], key))  # noqa: B023 - reason: called immediately
        succeeded = [response for response in responses if response.status_code == 200]
        others = {
            response.json().get("code") for response in responses if response not in succeeded
        }
        assert len({response.json()["filename"] for response in succeeded}) == 1
        replayed = ["Idempotency-Replayed" in response.headers for response in succeeded]
        assert replayed.count(False) == 1
        assert others <= {"generation_in_progress"}
        assert fake.paid == round_number
        for server in servers:
            again = post(server, key).json()
            assert again["filename"] == succeeded[0].json()["filename"]
            assert again["created_at"] == succeeded[0].json()["created_at"]
    assert len(fake.requests_to("images")) == ROUNDS


def test_two_workers_on_embedded_stores_pay_once(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """With SQLite and files, sixteen requests with one key over two workers are one payment."""
    with gunicorn(tmp_path, web_concurrency=2, **openai_settings(fake_openai)) as server:
        check_race([server], fake_openai)
        assert "ERROR" not in server.log()


def test_two_servers_that_share_stores_pay_once(
    tmp_path: Path, shared: dict[str, Any], fake_openai: FakeOpenAI
) -> None:
    """With S3 and MongoDB, two servers with two workers each pay once per key."""
    with (
        gunicorn(tmp_path / "one", web_concurrency=2, **shared) as one,
        gunicorn(tmp_path / "two", web_concurrency=2, **shared) as two,
    ):
        check_race([one, two], fake_openai)
        assert "ERROR" not in one.log() + two.log()


@contextlib.contextmanager
def records_of(where: str, folder: Path, shared: dict[str, Any]) -> Iterator[ImageRecords]:
    """Open a server's record store."""
    records: SqliteRecords | MongoRecords = (
        SqliteRecords(SqliteDatabase(folder / "data" / "records.sqlite3"))
        if where == "embedded"
        else MongoRecords(MongoDatabase(uri=shared["mongodb_uri"], name=shared["mongodb_database"]))
    )
    with contextlib.closing(records):
        yield records


def expire_lease(records: ImageRecords) -> None:
    """Expire the lease of the record that a killed server left."""
    record = records.find(claim_of("", KEY))
    assert record is not None
    assert record.state is State.PENDING
    assert records.compare_and_swap(record, replace(record, lease_until=record.requested_at))


@pytest.mark.parametrize("where", ["embedded", "shared"])
def test_kill_while_paying_never_pays_again(
    tmp_path: Path, shared: dict[str, Any], fake_openai: FakeOpenAI, where: str
) -> None:
    """After kill -9 during the paid call the key is busy, then unknown; only a new key pays."""
    settings = shared if where == "shared" else openai_settings(fake_openai)
    released = threading.Event()
    fake_openai.script("images", Fault.until(released))
    with gunicorn(tmp_path, **settings) as server, ThreadPoolExecutor(1) as pool:
        cut = pool.submit(post, server)
        fake_openai.wait_in_flight(1)
        server.kill()
        assert isinstance(cut.exception(), requests.ConnectionError)
    released.set()
    with (
        gunicorn(tmp_path, **settings) as server,
        records_of(where, tmp_path, shared) as records,
    ):
        busy = post(server)
        assert (busy.status_code, busy.json()["code"]) == (409, "generation_in_progress")
        expire_lease(records)
        for _ in range(2):
            response = post(server)
            assert (response.status_code, response.json()["code"]) == (409, "outcome_unknown")
        assert len(fake_openai.requests_to("images")) == 1
        assert post(server, "a-new-key").status_code == 200
        assert len(fake_openai.requests_to("images")) == 2


def test_full_disk_rejects_generations_only(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Without a spool a generation is 503 and unpaid; reads and replays succeed."""
    with gunicorn(tmp_path, **openai_settings(fake_openai)) as server:
        made = post(server).json()
        spool = tmp_path / "data" / "spool"
        spool.rmdir()
        spool.write_bytes(b"in the way")
        for key in ("a-new-key", "a-new-key", "another"):
            rejected = post(server, key)
            assert (rejected.status_code, rejected.json()["code"]) == (503, "storage_unavailable")
            assert rejected.json()["charged"] == "no"
            assert int(rejected.headers["Retry-After"]) > 0
        assert "disk is full" in rejected.json()["message"]
        assert post(server).json() == made
        assert server.get(f"/images/{made['filename']}").status_code == 200
        assert server.get("/images").json()["total_images"] == 1
        assert (fake_openai.paid, len(fake_openai.requests_to("moderations"))) == (1, 1)
        spool.unlink()
        assert post(server, "a-new-key").status_code == 200
    assert fake_openai.paid == 2
