"""The structure of the code: folders, the size of modules, and the names of classes."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("app", "tests", "bench", "clients")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
MIN_LINES, MAX_LINES = 40, 250
MAX_MODULES = 16
UNIT_TESTS_OF_OTHERS = {"project", "bench"}
# Their size follows from what they are: a port may be one short protocol.
ANY_SIZE = {"__init__.py", "__main__.py", "conftest.py"}
SMALL = {
    "app/imaging/errors.py": "the error of all imaging packages",
    "app/imaging/exports/archive.py": "loads no pixel library",
    "app/imaging/exports/render.py": "what the package offers",
    "tests/faults/summary.py": "imports no service, for the process that only prints",
    "tests/support/concurrency/scheduler.py": "imports xdist, which only one process needs",
    "tests/support/fakes/scripted.py": "the base of the fakes in three modules",
    "tests/support/openai/official_client.py": "imports openai, which few tests need",
    "tests/support/servers/preloaded_packages.py": "imported by the fork server alone",
    "tests/support/servers/python_process.py": "called by its name, as in python_process.run(CODE)",
}
PROGRAMS = {"tests/browser/screenshot.py"}  # writes docs/studio.png


def test_unit_tests_mirror_the_rooms() -> None:
    """Each folder of unit tests has the name of the folder of app/ that it tests."""
    unit = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}
    others = {path for path in folders if path.parts[:1] and path.parts[0] in UNIT_TESTS_OF_OTHERS}
    assert sorted(path for path in folders - others if not (ROOT / "app" / path).is_dir()) == []


def test_helpers_of_tests_are_in_support() -> None:
    """Folders of tests hold only tests and fixtures."""
    suites = [ROOT / "tests" / name for name in ("unit", "contract", "http", "e2e", "browser")]
    modules = [path for suite in suites for path in suite.rglob("*.py")]
    others = {_name(path) for path in modules if not _is_suite_module(path)}
    assert others - PROGRAMS == set()


def test_modules_are_short() -> None:
    """No module has more than 250 lines."""
    lengths = {path: len(path.read_text().splitlines()) for path in MODULES}
    assert [_name(path) for path, lines in lengths.items() if lines > MAX_LINES] == []


def test_modules_are_not_tiny() -> None:
    """Modules have 40 lines or a reason; a test module has the size of what it tests."""
    small = {_name(path) for path in MODULES if _is_tiny(path)}
    assert small == set(SMALL)


def test_folders_are_small() -> None:
    """No folder holds more than 16 modules, not counting `__init__`."""
    counts = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert [_name(folder) for folder, count in counts.items() if count > MAX_MODULES] == []


def test_no_two_public_classes_share_a_name() -> None:
    """A public class of app/ can be named without its module."""
    names = Counter(
        node.name
        for path in MODULES
        if path.is_relative_to(ROOT / "app")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []


def _is_tiny(path: Path) -> bool:
    if path.name in ANY_SIZE or path.name.startswith("test_") or path.parent == ROOT / "app/ports":
        return False
    return len(path.read_text().splitlines()) < MIN_LINES


def _is_suite_module(path: Path) -> bool:
    return path.name in {"__init__.py", "conftest.py"} or path.name.startswith("test_")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))
