"""The rows of the fault matrix, over real connections."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.faults import checks
from tests.faults.rig import (
    LEASE_SECONDS,
    Rig,
    private_names_of,
    running_rig,
    secrets_of,
)
from tests.faults.row import Row, slug
from tests.faults.rows import TOPICS
from tests.support.service import Parts
from tests.support.time_limits import short_limits

ROWS = [
    pytest.param(row, f"{topic.title}: {row.name}", id=slug(f"{topic.title} {row.name}"))
    for topic in TOPICS
    for row in topic.rows
]


@pytest.mark.parametrize(("row", "name"), ROWS)
def test_row(
    row: Row,
    name: str,
    parts: Parts,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    """The row holds: response, payment, stored state, the same key; no secret leaks."""
    record_property("fault", name)
    limits = short_limits() if "never responds" in name else contextlib.nullcontext()
    with limits, running_rig(parts, tmp_path, row.settings) as rig:
        row.cause(rig)
        response = row.send(rig)
        row.check(rig, response)
        rig.heal()
        checks.check_response(response, row.response, private_names_of(parts))
        _check_image(rig, response)
        checks.check_stored(rig.service.ports, row.stored, parts.fake)
        assert parts.fake.paid == row.paid
        if row.repeat:
            _repeat(rig, row)
        paid = str(row.paid) if row.repeat is None else f"{row.paid} -> {parts.fake.paid}"
        record_property("paid", paid)
        log = rig.service.log.getvalue()
    for reported in (*row.log, f"[{response.headers['X-Request-ID']}]"):
        assert reported in log
    checks.check_absence(log + caplog.text, secrets_of(parts))


def _repeat(rig: Rig, row: Row) -> None:
    assert row.repeat is not None
    private = private_names_of(rig.parts)
    if row.during_lease:
        checks.check_response(row.send(rig), row.during_lease, private)
        assert rig.fake.paid == row.paid
        rig.clock.advance(LEASE_SECONDS)
    response = row.send(rig)
    checks.check_response(response, row.repeat.response, private)
    _check_image(rig, response)
    assert rig.fake.paid == row.repeat.paid
    if row.repeat.stored:
        checks.check_stored(rig.service.ports, row.repeat.stored, rig.fake)


def _check_image(rig: Rig, response: requests.Response) -> None:
    """Check the bytes of the image that was returned, or whose address was."""
    if response.headers.get("Content-Type") == "image/png":
        checks.check_image(response.content, rig.fake)
    for name in checks.files_of(response):
        served = rig.service.get(f"/images/{name}")
        checks.check_image(served.content, rig.fake)
