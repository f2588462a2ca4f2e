"""What a running service does by itself, on real parts."""

import threading
from collections.abc import Iterator

import pytest

from app.blueprints.dependencies import Dependencies
from app.container import build_dependencies, build_ports
from app.models import State
from tests.support.observability.log_capture import log_lines
from tests.support.reconcile.damage import MENDABLE
from tests.support.service import Parts, Service, close, settings_for

SPOOLED = next(mess for mess in MENDABLE if mess.name == "spooled")


@pytest.fixture
def workers(real: Service, parts: Parts) -> Iterator[list[Dependencies]]:
    """Wire two more processes' worth of use cases on the same parts."""
    settings = settings_for(data_dir=real.data_dir, **parts.settings)
    ports = [build_ports(settings) for _ in range(2)]
    yield [build_dependencies(settings, own) for own in ports]
    for own in ports:
        close(own)


def test_what_waited_comes_home_in_rounds_of_two_workers(
    real: Service, parts: Parts, workers: list[Dependencies]
) -> None:
    """Two workers empty one spool at once: each image is ready, served, and paid for once."""
    names = [real.generate().json()["filename"] for _ in range(3)]
    served = [real.get(f"/images/{name}").content for name in names]
    for name in names:
        row = real.ports.records.get(name.removesuffix(".png"))
        assert row
        SPOOLED.spoil(real.ports, row)
    assert real.images() == []
    together = threading.Barrier(2)

    def work(worker: Dependencies) -> None:
        together.wait(10)
        worker.maintenance()

    threads = [threading.Thread(target=work, args=[worker]) for worker in workers]
    with log_lines() as lines:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [line for line in lines if line.startswith(("WARNING", "ERROR"))] == []
    assert [real.get(f"/images/{name}").content for name in names] == served
    assert {row["filename"] for row in real.images()} == set(names)
    assert list(real.ports.spool.keys("originals/")) == []
    assert parts.fake.paid == 3


def test_an_image_that_could_not_be_stored_is_there_after_the_outage(
    real: Service, parts: Parts, workers: list[Dependencies]
) -> None:
    """A paid image that waits for S3 is finished by the first round that finds S3 again."""
    real.generate()
    (row,) = real.ports.records.scan(limit=10)
    SPOOLED.spoil(real.ports, row)
    parts.s3.refuse()
    workers[0].maintenance()
    waiting = real.ports.records.get(row.id)
    assert waiting
    assert waiting.state is State.PENDING
    parts.s3.pass_through()
    workers[1].maintenance()
    assert real.get(f"/images/{row.id}.png").status_code == 200
    assert parts.fake.paid == 1
