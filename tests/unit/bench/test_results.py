"""The tables of the benchmarks: what is printed, and what is kept."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import results, tables
from bench.results import Measurement, compare, report
from tests.support.tables import each_row


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Redirect the results to another file, and return it."""
    file = tmp_path / "results.json"
    monkeypatch.setattr(results, "FILE", file)
    return file


def test_a_report_replaces_its_own_section_only(file: Path) -> None:
    """Measuring one section again leaves the others unchanged."""
    report("first", "First", [Measurement(name="old", ratio=1)])
    report("second", "Second", [Measurement(name="other", ratio=2)])
    report("first", "First", [Measurement(name="new", ratio=3)])
    found = json.loads(file.read_text())
    assert {name: found[name]["rows"][0]["name"] for name in found} == {
        "first": "new",
        "second": "other",
    }
    assert found["first"]["rows"][0]["ratio"] == 3


@pytest.mark.usefixtures("file")
def test_a_missed_target_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """A ratio above its target is marked MISSED; one at it or without one is not."""
    report(
        "section",
        "Title",
        [
            Measurement(name="above", ratio=1.31, target=1.3),
            Measurement(name="at it", ratio=1.3, target=1.3),
            Measurement(name="free", ratio=9.0),
        ],
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if "MISSED" in line] == ["above"]


def test_series_are_compared_round_by_round() -> None:
    """The ratio is the median of the rounds' ratios, with the lowest and the highest."""
    found = compare("x", [2.0, 9.0, 4.0], [1.0, 3.0, 4.0], value="4 s", target=2.5)
    assert (found.ratio, found.low, found.high) == (2.0, 1.0, 3.0)
    assert (found.value, found.target, found.missed) == ("4 s", 2.5, False)


def test_the_page_shows_what_was_measured() -> None:
    """docs/performance.md has the figures of bench/results.json, and no other table."""
    page = tables.PAGE.read_text()
    measured = json.loads(results.FILE.read_text())
    assert tables.fill(page, measured) == page
    assert page.count("<!-- end -->") == len(measured)


@each_row("name", bench.MEASUREMENTS)
def test_every_measurement_of_make_bench_is_a_module(name: str) -> None:
    """`make bench` runs modules that exist and can be run."""
    spec = find_spec(f"bench.{name}")
    assert spec is not None
    assert spec.submodule_search_locations is None or find_spec(f"bench.{name}.__main__")
