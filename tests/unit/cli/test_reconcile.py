"""`flask images reconcile`: what it prints, and its exit status."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.cli.reconcile import as_lines, as_object
from app.errors import RecordsUnavailable, StorageUnavailable
from app.models import State
from app.usecases.reconcile.diagnosis import Discrepancy
from app.usecases.reconcile.report import Report, ReportedDiscrepancy
from tests.support.builders import NOON, World, a_generation, a_request
from tests.support.reconcile.damage import dropping
from tests.support.service import settings_for


@pytest.fixture
def app(world: World, tmp_path: Path) -> Flask:
    """Build the app on the fakes."""
    return create_app(settings_for(data_dir=tmp_path, log_level="ERROR"), world.ports)


def run(app: Flask, *options: str) -> Result:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["images", "reconcile", *options])


def test_nothing_wrong_is_status_0(app: Flask, world: World) -> None:
    """A sound service has nothing to do, and says how much was looked at."""
    world.generate(a_request())
    result = run(app)
    assert (result.exit_code, result.stdout) == (0, "1 rows read.\nNothing to do.\n")


def test_what_is_left_is_status_1_and_what_is_repaired_0(app: Flask, world: World) -> None:
    """A run that only looks ends with 1 and says how to mend; a run that mended all with 0."""
    dropping("image")(world.ports, world.generate(a_request()))
    looked, repaired, again = run(app), run(app, "--fix"), run(app)
    assert [looked.exit_code, repaired.exit_code, again.exit_code] == [1, 0, 0]
    assert "--fix" in looked.stdout
    assert world.row.id in looked.stdout
    assert "image_missing" in repaired.stdout
    assert "--fix" not in repaired.stdout
    assert again.stdout.endswith("Nothing to do.\n")


def test_what_can_not_be_repaired_is_status_1(app: Flask, world: World) -> None:
    """A loss is told with its reason as often as the command is run."""
    dropping("original")(world.ports, world.generate(a_request()))
    for _ in range(2):
        result = run(app, "--fix")
        assert result.exit_code == 1
        assert f"{world.row.id}  the store has no original any more" in result.stdout


@pytest.mark.parametrize("options", [(), ("--json",), ("--fix",)])
@pytest.mark.parametrize("part", ["store", "records"])
def test_a_part_out_of_reach_is_status_2(
    app: Flask, world: World, part: str, options: tuple[str, ...]
) -> None:
    """One clear line on standard error, and nothing on standard output."""
    if part == "store":
        world.store.fail("keys originals", StorageUnavailable("S3: EndpointConnectionError"))
    else:
        world.records.fail("scan", RecordsUnavailable("MongoDB: ServerSelectionTimeoutError"))
    result = run(app, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Stopped: The image ")
    assert len(result.stderr.splitlines()) == 1


def test_the_table_counts_what_was_found_repaired_and_left(app: Flask, world: World) -> None:
    """One line a kind, with three numbers under their names."""
    for part in ("image", "image", "note", "original"):
        dropping(part)(world.ports, world.generate(a_request()))
    lines = run(app, "--fix").stdout.splitlines()
    assert lines[1].split() == ["found", "repaired", "left"]
    assert [line.split() for line in lines[2:5]] == [
        ["image_missing", "2", "2", "0"],
        ["note_missing", "1", "1", "0"],
        ["original_lost", "1", "0", "1"],
    ]


def test_json_is_one_object_with_counts_and_lists(app: Flask, world: World) -> None:
    """Programs get the same facts, by kind, with reasons; unknown outcomes stand apart."""
    gone = world.generate(a_request())
    dropping("original")(world.ports, gone)
    unknown = a_generation(state=State.UNKNOWN, original=None, image=None)
    world.records.rows[unknown.id] = unknown
    result = run(app, "--fix", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "fix": True,
        "rows": 2,
        "found": 1,
        "repaired": 0,
        "left": 1,
        "kinds": {
            "original_lost": {
                "found": 1,
                "repaired": 0,
                "left": 1,
                "listed": [{"id": gone.id, "reason": "the store has no original any more"}],
                "more": 0,
            }
        },
        "unknown_outcomes": {
            "found": 1,
            "listed": [{"id": unknown.id, "requested_at": unknown.requested_at.isoformat()}],
            "more": 0,
        },
    }


def full_report() -> Report:
    """Make a report with more findings than are listed."""
    report = Report(fix=True)
    for number in range(1500):
        report.tallies[Discrepancy.NOTE_MISSING].add(ReportedDiscrepancy(f"id-{number}"))
        report.unknown.add(f"unknown-{number}", NOON)
    return report


def test_people_get_twenty_names_a_kind() -> None:
    """However much was found, the text stays readable and says how many more there are."""
    lines = "\n".join(as_lines(full_report())).splitlines()
    assert len([line for line in lines if line.startswith("  id-")]) == 20
    assert len([line for line in lines if line.startswith("  unknown-")]) == 20
    assert lines.count("  and 1480 more") == 2


def test_programs_get_a_thousand_names_a_kind() -> None:
    """Lists are capped, and say how many more there are."""
    found: dict[str, Any] = as_object(full_report())
    for part in (found["kinds"]["note_missing"], found["unknown_outcomes"]):
        assert (part["found"], len(part["listed"]), part["more"]) == (1500, 1000, 500)


def test_a_terminal_gets_a_bar(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is shown on standard error of a terminal only, and never disturbs the output."""
    world.generate(a_request())
    assert run(app, "--json").stderr == ""
    monkeypatch.setattr("app.cli.reconcile._is_terminal", lambda: True)
    result = run(app, "--json")
    assert "Rows" in result.stderr
    assert json.loads(result.stdout)["rows"] == 1
