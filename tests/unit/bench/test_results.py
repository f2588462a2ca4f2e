"""The tables of the benchmarks: what is printed, and what is kept."""

import json
from pathlib import Path

import pytest

from bench import results, tables
from bench.results import Row, report


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the file that the results go to, in place of the real one."""
    file = tmp_path / "results.json"
    monkeypatch.setattr(results, "FILE", file)
    return file


def test_a_section_takes_the_place_of_its_last_one_only(kept: Path) -> None:
    """Measuring one section anew leaves the others as they are."""
    report("first", "First", [Row(name="old", ratio=1)])
    report("second", "Second", [Row(name="other", ratio=2)])
    report("first", "First", [Row(name="new", ratio=3)])
    found = json.loads(kept.read_text())
    assert {name: found[name]["rows"][0]["name"] for name in found} == {
        "first": "new",
        "second": "other",
    }
    assert found["first"]["rows"][0]["ratio"] == 3


@pytest.mark.usefixtures("kept")
def test_a_target_that_is_missed_stands_out(capsys: pytest.CaptureFixture[str]) -> None:
    """MISSED stands in the row above its target, not in one at it or without one."""
    report(
        "section",
        "Title",
        [
            Row(name="above", ratio=1.31, most=1.3),
            Row(name="at it", ratio=1.3, most=1.3),
            Row(name="free", ratio=9.0),
        ],
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if "MISSED" in line] == ["above"]


def test_the_page_shows_what_was_measured() -> None:
    """docs/performance.md has the figures of bench/results.json, and no table without figures."""
    page = tables.PAGE.read_text()
    measured = json.loads(results.FILE.read_text())
    assert tables.filled(page, measured) == page
    assert page.count("<!-- end -->") == len(measured)
