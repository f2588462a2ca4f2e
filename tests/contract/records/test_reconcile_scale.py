"""Reconcile on many images: its memory does not grow with them."""

import contextlib
import os
import sqlite3
import tracemalloc
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from app import create_app
from app.blueprints.dependencies import Dependencies
from app.container import build_ports, close_ports
from app.services.records.document import to_document
from app.usecases.reconcile.diagnosis import Discrepancy
from tests.support.builders import NOON, a_record
from tests.support.reconcile.damage import keys_of
from tests.support.service import settings_for

RECORDS = 2_000
PEAK_BYTES = 6_000_000  # two pages of records take 4.4 MB; all records would take 8 MB


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Dependencies]:
    """Make a service with many images; every hundredth has no record."""
    settings = settings_for(data_dir=tmp_path, log_level="ERROR")
    ports = build_ports(settings)
    ports.records.ping()
    folder = tmp_path / "store"
    for name in ("originals", "images"):
        (folder / name).mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(tmp_path / "records.sqlite3")) as connection:
        connection.executemany(
            "INSERT INTO generations (id, state, created_ms, lease_ms, document) "
            "VALUES (?, 'ready', ?, ?, ?)",
            rows(folder, RECORDS),
        )
        connection.commit()
    app = create_app(settings, ports)
    yield app.extensions["image_generator"]
    close_ports(ports)


def rows(folder: Path, count: int) -> Iterator[tuple[str, int, int, str]]:
    """Write the files of each image, and yield the columns of its row."""
    pattern = a_record(prompt="A red fox with a lantern, in bright enamel colors. " * 4)
    text = orjson.dumps(to_document(pattern)).decode()
    at = round((NOON - timedelta(days=1)).timestamp() * 1000)
    for number in range(count):
        image_id = str(uuid.UUID(int=number * 2**128 // count))
        for key in keys_of(pattern):
            new = os.path.join(folder, key.replace(pattern.id, image_id))  # noqa: PTH118 - reason: speed
            os.close(os.open(new, os.O_CREAT | os.O_WRONLY))
        if number % 100:
            yield image_id, at, at, text.replace(pattern.id, image_id)


def test_memory_does_not_grow_with_the_images(many: Dependencies) -> None:
    """A run over 2,000 images, 20 of them without a record, takes a few megabytes."""
    tracemalloc.start()
    try:
        report = many.reconcile(fix=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    lost = RECORDS // 100
    assert report.records == RECORDS - lost
    assert {kind: summary.found for kind, summary in report.kinds.items()} == {
        Discrepancy.RECORD_MISSING: lost
    }
    assert peak < PEAK_BYTES
