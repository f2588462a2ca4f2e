"""`flask images reconcile` on whole services: damaged images are restored byte for byte."""

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
from app.container import build_ports, close_ports
from app.container.generation import build_finalizer
from app.models import ImageRecord, object_keys
from app.services.runtime.timing import SystemClock
from app.usecases.generation import sidecar
from tests.support.fake_openai import FakeOpenAI
from tests.support.reconcile.damage import REPAIRABLE, dropping, keys_of
from tests.support.servers import python_process
from tests.support.servers.databases import MongoServer
from tests.support.service import Parts, Service, settings_for


class LaterClock(SystemClock):
    """Is two minutes ahead, so that the leases of crashed processes have expired."""

    def now(self) -> datetime:
        """See Clock."""
        return super().now() + timedelta(minutes=2)


def reconcile(service: Service, *options: str) -> tuple[int, dict[str, Any]]:
    """Run the command; return its exit status and its report."""
    result = service.app.test_cli_runner().invoke(args=["images", "reconcile", "--json", *options])
    return result.exit_code, json.loads(result.stdout)


def copy_of(service: Service, record: ImageRecord) -> ImageRecord:
    """Store a copy of an image under a new id, which is faster than generating one."""
    assert record.original
    store, image_id = service.ports.store, str(uuid.uuid4())
    original = replace(record.original, key=record.original.key.replace(record.id, image_id))
    copy = replace(record, id=image_id, original=original)
    data = store.get(record.original.key).data
    store.put(original.key, data, content_type="image/png")
    store.put(
        object_keys.sidecar_key(image_id), sidecar.write(copy), content_type="application/json"
    )
    copy = build_finalizer(service.ports).process(copy, data)
    assert service.ports.records.insert(copy)
    return copy


def a_record(service: Service) -> tuple[ImageRecord, bytes]:
    """Generate an image; return its record and its bytes."""
    filename = service.generate().json()["filename"]
    record = service.ports.records.get(filename.removesuffix(".png"))
    assert record
    return record, service.get(f"/images/{filename}").content


def drop_records(service: Service) -> None:
    """Delete the SQLite database."""
    service.ports.records.close()  # type: ignore[attr-defined]  # reason: not part of the port
    for file in service.data_dir.glob("records.sqlite3*"):
        file.unlink()


def test_all_kinds_of_damage_are_repaired_in_one_run(
    service: Service, fake_openai: FakeOpenAI
) -> None:
    """One run repairs every kind of damage without a charge; a second one finds nothing."""
    record, _ = a_record(service)
    records = [copy_of(service, record) for _ in REPAIRABLE]
    images = [service.ports.store.get(f"images/{record.id}.png").data for record in records]
    for damage, damaged in zip(REPAIRABLE, records, strict=True):
        damage.apply(service.ports, damaged)
    paid = fake_openai.paid
    status, report = reconcile(service)
    assert (status, report["found"], report["left"]) == (1, len(REPAIRABLE), len(REPAIRABLE))
    status, repaired = reconcile(service, "--fix")
    assert (status, repaired["repaired"], repaired["left"]) == (0, len(REPAIRABLE), 0)
    status, second = reconcile(service, "--fix")
    assert (status, second["found"]) == (0, 0)
    for damage, damaged, served in zip(REPAIRABLE, records, images, strict=True):
        response = service.get(f"/images/{damaged.id}.png")
        assert response.status_code == (200 if damage.alive else 404), damage.name
        assert not damage.alive or response.content == served, damage.name
        metadata = service.get(f"/images/{damaged.id}.png/metadata")
        assert metadata.status_code == response.status_code, damage.name
    assert fake_openai.paid == paid


def test_lost_sqlite_database_is_rebuilt(embedded: Service) -> None:
    """After the database file is deleted, list and images are restored."""
    created = [embedded.generate(prompt).json() for prompt in ("A red fox", "A blue whale")]
    before = {image["filename"]: image for image in embedded.images()}
    drop_records(embedded)
    assert embedded.images() == []
    assert reconcile(embedded, "--fix")[0] == 0
    after = {image["filename"]: image for image in embedded.images()}
    for image in created:
        name = image["filename"]
        # The sidecar has the time of the request only.
        assert after[name] | {"created_at": ""} == before[name] | {"created_at": ""}
    assert reconcile(embedded)[1]["found"] == 0


def test_lost_mongodb_database_is_rebuilt(
    real: Service, parts: Parts, mongo_server: MongoServer, mongo_database: str
) -> None:
    """After the database is dropped, records are rebuilt from S3 without a charge."""
    created = real.generate("A red fox").json()
    served = real.get(f"/images/{created['filename']}").content
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_server.uri)
    with client:
        client.drop_database(mongo_database)
    assert reconcile(real, "--fix")[0] == 0
    (image,) = real.images()
    assert image["first_prompt"] == "A red fox"
    assert image["original"] == created["original"]
    assert real.get(f"/images/{created['filename']}").content == served
    assert parts.fake.paid == 1


def test_repairs_do_not_fill_the_cache(real: Service) -> None:
    """Originals read for repairs are not cached."""
    record, _ = a_record(real)
    _, _, image = keys_of(record)
    dropping("image")(real.ports, record)
    assert reconcile(real, "--fix")[0] == 0
    assert real.ports.cache.peek(record.id, "original.png") is None
    assert hashlib.sha256(real.ports.store.get(image).data).hexdigest() == record.image.sha256  # type: ignore[union-attr]  # reason: it is ready


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from app import create_app
from app.config import Settings
from app.container import build_ports, close_ports

class KillingProcessor:
    def inspect(self, data):
        from app import imaging
        return imaging.inspect(data)

    def cut_out(self, data, options, **provenance):
        os.kill(os.getpid(), signal.SIGKILL)

    def preview(self, data, options):
        return None

settings = Settings(data_dir=Path(sys.argv[1]))
app = create_app(settings, replace(build_ports(settings), image_processor=KillingProcessor()))
app.test_cli_runner().invoke(args=["images", "reconcile", "--fix"])
"""


def test_killed_run_is_completed_by_the_next(embedded: Service) -> None:
    """The next run completes a repair that was interrupted by SIGKILL."""
    record, served = a_record(embedded)
    drop_records(embedded)
    process = python_process.start(KILLED, embedded.data_dir)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    # The killed run holds a lease of a minute; until then its record is not repaired.
    assert reconcile(embedded, "--fix")[1]["found"] == 0
    settings = settings_for(data_dir=embedded.data_dir)
    ports = replace(build_ports(settings), clock=LaterClock(), record_clock=LaterClock())
    later = Service("", create_app(settings, ports), ports, settings.data_dir)
    status, report = reconcile(later, "--fix")
    close_ports(ports)
    assert (status, list(report["kinds"])) == (0, ["lease_expired"])
    assert embedded.get(f"/images/{record.id}.png").content == served
    assert [image["filename"] for image in embedded.images()] == [f"{record.id}.png"]


def test_old_temporary_files_are_removed(embedded: Service) -> None:
    """Temporary files older than a day are removed from store and spool, new ones are kept."""
    a_record(embedded)
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


def test_unreachable_store_is_status_2(real: Service, parts: Parts) -> None:
    """The line on standard error contains neither host nor key."""
    a_record(real)
    for proxy in (parts.s3, parts.mongo):
        proxy.refuse()
        result = real.app.test_cli_runner().invoke(args=["images", "reconcile", "--fix"])
        proxy.pass_through()
        stopped = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        assert (result.exit_code, result.stdout, len(stopped)) == (2, "", 1)
        assert "127.0.0.1" not in stopped[0]
        assert parts.settings["aws_access_key_id"] not in stopped[0]


def test_new_server_has_nothing_to_reconcile(tmp_path: Path) -> None:
    """Without a data folder the command succeeds and finds nothing."""
    settings = settings_for(data_dir=tmp_path / "new")
    ports = build_ports(settings)
    service = Service("", create_app(settings, ports), ports, settings.data_dir)
    assert reconcile(service, "--fix")[0] == 0
    close_ports(ports)
