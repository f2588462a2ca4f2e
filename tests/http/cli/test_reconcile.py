"""`flask images reconcile` on whole services: what is lost comes back, byte for byte."""

import hashlib
import json
import os
import signal
import time
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from app import create_app
from app.container import build_ports
from app.models import ImageRecord, object_keys
from app.services.runtime.clock import SystemClock
from app.usecases.generation import sidecar
from app.usecases.generation.finalize import ImageFinalizer
from tests.support.fake_openai import FakeOpenAI
from tests.support.reconcile.damage import MENDABLE, dropping, keys_of
from tests.support.servers import python_process
from tests.support.servers.databases import MongoServer
from tests.support.service import Parts, Service, close, settings_for


class LaterClock(SystemClock):
    """Is two minutes ahead: the leases of those who died are over."""

    def now(self) -> datetime:
        """See Clock."""
        return super().now() + timedelta(minutes=2)


def reconcile(service: Service, *options: str) -> tuple[int, dict[str, Any]]:
    """Run the command; return its exit status and what it wrote."""
    result = service.app.test_cli_runner().invoke(args=["images", "reconcile", "--json", *options])
    return result.exit_code, json.loads(result.stdout)


def copy_of(service: Service, row: ImageRecord) -> ImageRecord:
    """Put a second image like this one into store and records, quicker than by drawing it."""
    assert row.original
    store, image_id = service.ports.store, str(uuid.uuid4())
    original = replace(row.original, key=row.original.key.replace(row.id, image_id))
    copy = replace(row, id=image_id, original=original)
    data = store.get(row.original.key).data
    store.put(original.key, data, content_type="image/png")
    store.put(
        object_keys.sidecar_key(image_id), sidecar.write(copy), content_type="application/json"
    )
    copy = ImageFinalizer(service.ports).publish(copy, data)
    assert service.ports.records.insert(copy)
    return copy


def a_row(service: Service) -> tuple[ImageRecord, bytes]:
    """Generate an image; return its row and the bytes that are served."""
    filename = service.generate().json()["filename"]
    row = service.ports.records.get(filename.removesuffix(".png"))
    assert row
    return row, service.get(f"/images/{filename}").content


def drop_records(service: Service) -> None:
    """Lose the whole SQLite database."""
    service.ports.records.close()  # type: ignore[attr-defined]  # reason: not part of the port
    for file in service.data_dir.glob("records.sqlite3*"):
        file.unlink()


def test_whatever_was_spoilt_is_repaired(service: Service, fake_openai: FakeOpenAI) -> None:
    """One run mends every kind of mess at once without paying; a second one finds nothing."""
    row, _ = a_row(service)
    rows = [copy_of(service, row) for _ in MENDABLE]
    stored = [service.ports.store.get(f"images/{row.id}.png").data for row in rows]
    for mess, spoilt in zip(MENDABLE, rows, strict=True):
        mess.spoil(service.ports, spoilt)
    paid = fake_openai.paid
    status, looked = reconcile(service)
    assert (status, looked["found"], looked["left"]) == (1, len(MENDABLE), len(MENDABLE))
    status, repaired = reconcile(service, "--fix")
    assert (status, repaired["repaired"], repaired["left"]) == (0, len(MENDABLE), 0)
    status, again = reconcile(service, "--fix")
    assert (status, again["found"]) == (0, 0)
    for mess, spoilt, served in zip(MENDABLE, rows, stored, strict=True):
        answer = service.get(f"/images/{spoilt.id}.png")
        assert answer.status_code == (200 if mess.alive else 404), mess.name
        assert not mess.alive or answer.content == served, mess.name
        metadata = service.get(f"/images/{spoilt.id}.png/metadata")
        assert metadata.status_code == answer.status_code, mess.name
    assert fake_openai.paid == paid


def test_sqlite_that_was_lost_is_rebuilt(embedded: Service) -> None:
    """After the records' file is gone, the list is as it was, and so are the images."""
    made = [embedded.generate(prompt).json() for prompt in ("A red fox", "A blue whale")]
    before = {row["filename"]: row for row in embedded.images()}
    drop_records(embedded)
    assert embedded.images() == []
    assert reconcile(embedded, "--fix")[0] == 0
    after = {row["filename"]: row for row in embedded.images()}
    for answer in made:
        name = answer["filename"]
        # The time at which it was asked for is all that the note has.
        assert after[name] | {"created_at": ""} == before[name] | {"created_at": ""}
    assert reconcile(embedded)[1]["found"] == 0


def test_mongodb_that_was_lost_is_rebuilt(
    real: Service, parts: Parts, mongo_server: MongoServer, mongo_database: str
) -> None:
    """After the database is dropped, rows come back from S3 alone, and nothing is paid."""
    made = real.generate("A red fox").json()
    served = real.get(f"/images/{made['filename']}").content
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_server.uri)
    with client:
        client.drop_database(mongo_database)
    assert reconcile(real, "--fix")[0] == 0
    (found,) = real.images()
    assert found["first_prompt"] == "A red fox"
    assert found["original"] == made["original"]
    assert real.get(f"/images/{made['filename']}").content == served
    assert parts.fake.paid == 1


def test_an_image_that_is_repaired_is_not_hidden_by_the_cache(real: Service) -> None:
    """Originals that are read to mend images are not remembered in the cache."""
    row, _ = a_row(real)
    _, _, image = keys_of(row)
    dropping("image")(real.ports, row)
    assert reconcile(real, "--fix")[0] == 0
    assert real.ports.cache.peek(row.id, "original.png") is None
    assert hashlib.sha256(real.ports.store.get(image).data).hexdigest() == row.image.sha256  # type: ignore[union-attr]  # reason: it is ready


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from app import create_app
from app.config import Settings
from app.container import build_ports

class Deadly:
    def inspect(self, data):
        from app import imaging
        return imaging.inspect(data)

    def cut_out(self, data, origin, earlier):
        os.kill(os.getpid(), signal.SIGKILL)

    def preview(self, data):
        return None

settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]))
app = create_app(settings, replace(build_ports(settings), imaging=Deadly()))
app.test_cli_runner().invoke(args=["images", "reconcile", "--fix"])
"""


def test_a_run_that_is_killed_is_finished_by_the_next(embedded: Service) -> None:
    """Kill -9 in the middle of a repair leaves nothing that the next run can't mend."""
    row, served = a_row(embedded)
    drop_records(embedded)
    process = python_process.start(KILLED, embedded.data_dir)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    # The lease of the dead runs for a minute; until then its row is left alone.
    assert reconcile(embedded, "--fix")[1]["found"] == 0
    settings = settings_for(data_dir=embedded.data_dir)
    ports = replace(build_ports(settings), clock=LaterClock())
    later = Service("", create_app(settings, ports), ports, settings.data_dir)
    status, report = reconcile(later, "--fix")
    close(ports)
    assert (status, list(report["kinds"])) == (0, ["overdue"])
    assert embedded.get(f"/images/{row.id}.png").content == served
    assert [found["filename"] for found in embedded.images()] == [f"{row.id}.png"]


def test_half_written_files_are_removed(embedded: Service) -> None:
    """What a crash left in the store and the spool a day ago is gone, and new files are not."""
    a_row(embedded)
    names = ("store/images/.a.png.1.tmp", "store/images/.b.png.2.tmp", "spool/.c.3.tmp")
    files = [embedded.data_dir / name for name in names]
    for file in files:
        file.write_bytes(b"x")
    yesterday = time.time() - timedelta(days=1, minutes=1).total_seconds()
    for file in (files[0], files[2]):
        os.utime(file, (yesterday, yesterday))
    status, report = reconcile(embedded, "--fix")
    assert (status, report["kinds"]["temporary_file"]["repaired"]) == (0, 2)
    assert [file.exists() for file in files] == [False, True, False]


def test_a_store_out_of_reach_is_status_2(real: Service, parts: Parts) -> None:
    """The one line on standard error names neither host nor key."""
    a_row(real)
    for proxy in (parts.s3, parts.mongo):
        proxy.refuse()
        result = real.app.test_cli_runner().invoke(args=["images", "reconcile", "--fix"])
        proxy.pass_through()
        stopped = [line for line in result.stderr.splitlines() if line.startswith("Stopped: ")]
        assert (result.exit_code, result.stdout, len(stopped)) == (2, "", 1)
        assert "127.0.0.1" not in stopped[0]
        assert parts.settings["aws_access_key_id"] not in stopped[0]


def test_a_data_folder_that_is_empty_has_nothing_to_do(tmp_path: Path) -> None:
    """On a new server nothing is wrong, and there is no folder for it to stumble over."""
    settings = settings_for(data_dir=tmp_path / "new")
    ports = build_ports(settings)
    service = Service("", create_app(settings, ports), ports, settings.data_dir)
    assert reconcile(service, "--fix")[0] == 0
    close(ports)
