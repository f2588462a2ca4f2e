"""The rows of the fault matrix, over real connections."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.faults import checks
from tests.faults.row import Row, slug
from tests.faults.rows import TOPICS
from tests.faults.stage import (
    LEASE_SECONDS,
    Stage,
    private_names_of,
    secrets_of,
    staged,
)
from tests.support.service import Parts

ROWS = [
    pytest.param(row, f"{topic.title}: {row.what}", id=slug(f"{topic.title} {row.what}"))
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
    with staged(parts, tmp_path, row.settings) as stage:
        row.given(stage)
        response = row.asks(stage)
        row.also(stage, response)
        stage.heal()
        checks.check_response(response, row.response, private_names_of(parts))
        _check_image(stage, response)
        checks.check_kept(stage.service.ports, row.kept, parts.fake)
        assert parts.fake.paid == row.paid
        if row.again:
            _repeat(stage, row)
        paid = str(row.paid) if row.again is None else f"{row.paid} -> {parts.fake.paid}"
        record_property("paid", paid)
        log = stage.service.log.getvalue()
    for reported in (*row.log, f"[{response.headers['X-Request-ID']}]"):
        assert reported in log
    checks.check_absence(log + caplog.text, secrets_of(parts))


def _repeat(stage: Stage, row: Row) -> None:
    assert row.again is not None
    private = private_names_of(stage.parts)
    if row.meanwhile:
        checks.check_response(row.asks(stage), row.meanwhile, private)
        assert stage.fake.paid == row.paid
        stage.clock.forward(LEASE_SECONDS)
    response = row.asks(stage)
    checks.check_response(response, row.again.response, private)
    _check_image(stage, response)
    assert stage.fake.paid == row.again.paid
    if row.again.kept:
        checks.check_kept(stage.service.ports, row.again.kept, stage.fake)


def _check_image(stage: Stage, response: requests.Response) -> None:
    """Check the bytes of the image that was returned, or whose address was."""
    if response.headers.get("Content-Type") == "image/png":
        checks.check_image(response.content, stage.fake)
    elif response.status_code == 200 and "filename" in response.json():
        served = stage.service.get(f"/images/{response.json()['filename']}")
        checks.check_image(served.content, stage.fake)
