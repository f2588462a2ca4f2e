"""Periodic maintenance by running services, on real parts."""

import threading
from collections.abc import Iterator

import pytest

from app.blueprints.dependencies import Dependencies
from app.container import build_dependencies, build_ports, close_ports
from app.models import State
from tests.support.observability.log_capture import log_lines
from tests.support.reconcile.damage import REPAIRABLE
from tests.support.service import Parts, Service, settings_for

SPOOLED = next(damage for damage in REPAIRABLE if damage.name == "spooled")


@pytest.fixture
def workers(real: Service, parts: Parts) -> Iterator[list[Dependencies]]:
    """Return the use cases of two more processes on the same parts."""
    settings = settings_for(data_dir=real.data_dir, **parts.settings)
    ports = [build_ports(settings) for _ in range(2)]
    yield [build_dependencies(settings, process_ports) for process_ports in ports]
    for process_ports in ports:
        close_ports(process_ports)


def test_two_workers_drain_one_spool(
    real: Service, parts: Parts, workers: list[Dependencies]
) -> None:
    """Two workers drain one spool concurrently: each image is ready and charged once."""
    names = [real.generate().json()["filename"] for _ in range(3)]
    served = [real.get(f"/images/{name}").content for name in names]
    for name in names:
        record = real.ports.records.get(name.removesuffix(".png"))
        assert record
        SPOOLED.apply(real.ports, record)
    assert real.images() == []
    barrier = threading.Barrier(2)

    def run(worker: Dependencies) -> None:
        barrier.wait(60)
        worker.maintenance()

    threads = [threading.Thread(target=run, args=[worker]) for worker in workers]
    with log_lines() as lines:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [line for line in lines if line.startswith(("WARNING", "ERROR"))] == []
    assert [real.get(f"/images/{name}").content for name in names] == served
    assert {image["filename"] for image in real.images()} == set(names)
    assert list(real.ports.spool.keys("originals/")) == []
    assert parts.fake.paid == 3


def test_spooled_image_is_completed_after_the_outage(
    real: Service, parts: Parts, workers: list[Dependencies]
) -> None:
    """A charged image in the spool is completed by the first maintenance after the outage."""
    real.generate()
    (record,) = real.ports.records.scan(limit=10)
    SPOOLED.apply(real.ports, record)
    parts.s3.refuse()
    workers[0].maintenance()
    pending = real.ports.records.get(record.id)
    assert pending
    assert pending.state is State.PENDING
    parts.s3.pass_through()
    workers[1].maintenance()
    assert real.get(f"/images/{record.id}.png").status_code == 200
    assert parts.fake.paid == 1
