"""`flask images reconcile`: output and exit statuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.cli.images.reconcile import as_lines, as_object
from app.errors import RecordsUnavailable, StorageUnavailable
from app.models import State
from app.usecases.reconcile.diagnosis import Discrepancy
from app.usecases.reconcile.report import ReconcileReport, ReportEntry
from tests.support.builders import NOON, World, a_record, a_request
from tests.support.reconcile.damage import dropping
from tests.support.service import settings_for


@pytest.fixture
def app(world: World, tmp_path: Path) -> Flask:
    """Build the app on fake ports."""
    return create_app(settings_for(data_dir=tmp_path, log_level="ERROR"), world.ports)


def run(app: Flask, *options: str) -> Result:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["images", "reconcile", *options])


def test_no_discrepancy_exits_with_status_0(app: Flask, world: World) -> None:
    """Without discrepancies the command prints the number of checked records."""
    world.generate(a_request())
    result = run(app)
    assert (result.exit_code, result.stdout) == (0, "1 records checked.\nNo discrepancies found.\n")


def test_status_is_1_until_the_discrepancy_is_repaired(app: Flask, world: World) -> None:
    """A run without --fix exits with 1 and mentions --fix; a run that repairs all exits with 0."""
    dropping("image")(world.ports, world.generate(a_request()))
    checked, repaired, again = run(app), run(app, "--fix"), run(app)
    assert [checked.exit_code, repaired.exit_code, again.exit_code] == [1, 0, 0]
    assert "--fix" in checked.stdout
    assert world.record.id in checked.stdout
    assert "image_missing" in repaired.stdout
    assert "--fix" not in repaired.stdout
    assert again.stdout.endswith("No discrepancies found.\n")


def test_irreparable_discrepancy_exits_with_status_1(app: Flask, world: World) -> None:
    """A loss that can't be repaired is reported with its reason in every run."""
    dropping("original")(world.ports, world.generate(a_request()))
    for _ in range(2):
        result = run(app, "--fix")
        assert result.exit_code == 1
        assert f"{world.record.id}  the original is no longer in the store" in result.stdout


@pytest.mark.parametrize("options", [(), ("--json",), ("--fix",)])
@pytest.mark.parametrize("part", ["store", "records"])
def test_unavailable_part_exits_with_status_2(
    app: Flask, world: World, part: str, options: tuple[str, ...]
) -> None:
    """The message is one line on standard error; standard output stays empty."""
    if part == "store":
        world.store.fail("keys originals", StorageUnavailable("S3: EndpointConnectionError"))
    else:
        world.records.fail("scan", RecordsUnavailable("MongoDB: ServerSelectionTimeoutError"))
    result = run(app, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: The image ")
    assert len(result.stderr.splitlines()) == 1


def test_table_counts_found_repaired_and_left(app: Flask, world: World) -> None:
    """The table has a line per kind with the numbers of found, repaired and left ones."""
    for part in ("image", "image", "note", "original"):
        dropping(part)(world.ports, world.generate(a_request()))
    lines = run(app, "--fix").stdout.splitlines()
    assert lines[1].split() == ["found", "repaired", "left"]
    assert [line.split() for line in lines[2:5]] == [
        ["image_missing", "2", "2", "0"],
        ["original_lost", "1", "0", "1"],
        ["sidecar_missing", "1", "1", "0"],
    ]


def test_json_has_counts_and_lists(app: Flask, world: World) -> None:
    """The JSON object has counts, ids and reasons by kind, and unknown outcomes separately."""
    gone = world.generate(a_request())
    dropping("original")(world.ports, gone)
    unknown = a_record(state=State.UNKNOWN, original=None, image=None)
    world.records.by_id[unknown.id] = unknown
    result = run(app, "--fix", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "fix": True,
        "records": 2,
        "found": 1,
        "repaired": 0,
        "left": 1,
        "kinds": {
            "original_lost": {
                "found": 1,
                "repaired": 0,
                "left": 1,
                "listed": [{"id": gone.id, "reason": "the original is no longer in the store"}],
                "more": 0,
            }
        },
        "unknown_outcomes": {
            "found": 1,
            "listed": [{"id": unknown.id, "requested_at": unknown.requested_at.isoformat()}],
            "more": 0,
        },
    }


def full_report() -> ReconcileReport:
    """Return a report with more discrepancies than are listed."""
    report = ReconcileReport(fix=True)
    for number in range(1500):
        report.kinds[Discrepancy.SIDECAR_MISSING].add(ReportEntry(f"id-{number}"))
        report.unknown.add(f"unknown-{number}", NOON)
    return report


def test_text_lists_twenty_ids_of_a_kind() -> None:
    """The text lists at most 20 ids of a kind, and the number of further ones."""
    lines = "\n".join(as_lines(full_report())).splitlines()
    assert len([line for line in lines if line.startswith("  id-")]) == 20
    assert len([line for line in lines if line.startswith("  unknown-")]) == 20
    assert lines.count("  and 1480 more") == 2


def test_json_lists_a_thousand_ids_of_a_kind() -> None:
    """The JSON lists at most 1,000 ids of a kind, and the number of further ones."""
    report: dict[str, Any] = as_object(full_report())
    for part in (report["kinds"]["sidecar_missing"], report["unknown_outcomes"]):
        assert (part["found"], len(part["listed"]), part["more"]) == (1500, 1000, 500)


def test_progress_bar_in_a_terminal(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Progress is printed on standard error, and only if that is a terminal."""
    world.generate(a_request())
    assert run(app, "--json").stderr == ""
    monkeypatch.setattr("app.cli.images.reconcile._is_terminal", lambda: True)
    result = run(app, "--json")
    assert "Records" in result.stderr
    assert json.loads(result.stdout)["records"] == 1
