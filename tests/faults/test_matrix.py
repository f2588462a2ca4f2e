"""Runs every row of the matrix over real connections."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.faults import checks
from tests.faults.row import Row, slug
from tests.faults.stage import (
    LEASE_SECONDS,
    Stage,
    private_names_of,
    secrets_of,
    staged,
)
from tests.faults.table import TOPICS
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
    """The row holds: answer, payment, what is kept, what the same key gets; no secret gets out."""
    record_property("fault", name)
    with staged(parts, tmp_path, row.settings) as stage:
        row.given(stage)
        answer = row.asks(stage)
        row.also(stage, answer)
        stage.heal()
        checks.check_answer(answer, row.answer, private_names_of(parts))
        _check_image(stage, answer)
        checks.check_kept(stage.service.ports, row.kept, parts.fake)
        assert parts.fake.paid == row.paid
        if row.again:
            _ask_again(stage, row)
        paid = str(row.paid) if row.again is None else f"{row.paid} -> {parts.fake.paid}"
        record_property("paid", paid)
        log = stage.service.log.getvalue()
    for reported in (*row.log, f"[{answer.headers['X-Request-ID']}]"):
        assert reported in log
    checks.check_silence(log + caplog.text, secrets_of(parts))


def _ask_again(stage: Stage, row: Row) -> None:
    assert row.again is not None
    private = private_names_of(stage.parts)
    if row.meanwhile:
        checks.check_answer(row.asks(stage), row.meanwhile, private)
        assert stage.fake.paid == row.paid
        stage.clock.forward(LEASE_SECONDS)
    answer = row.asks(stage)
    checks.check_answer(answer, row.again.answer, private)
    _check_image(stage, answer)
    assert stage.fake.paid == row.again.paid
    if row.again.kept:
        checks.check_kept(stage.service.ports, row.again.kept, stage.fake)


def _check_image(stage: Stage, answer: requests.Response) -> None:
    """Check the bytes of the image that was answered, or whose address was."""
    if answer.headers.get("Content-Type") == "image/png":
        checks.check_image(answer.content, stage.fake)
    elif answer.status_code == 200 and "filename" in answer.json():
        served = stage.service.get(f"/images/{answer.json()['filename']}")
        checks.check_image(served.content, stage.fake)
