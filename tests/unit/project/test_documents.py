"""The documents: their size, their links, and what they have to list."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.config import Settings
from app.errors import AppError
from app.usecases.reconcile.diagnosis import Discrepancy

ROOT = Path(__file__).resolve().parents[3]
PATTERNS = ("*.md", "docs/*.md", "bench/*/README.md", "clients/*/README.md")
DOCUMENTS = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
# Tests write these pages, and their rows can't be split: one fault or attack is one row.
WRITTEN_BY_TESTS = {ROOT / "docs/faults.md", ROOT / "docs/attacks.md"}
CODE = ("app", "tests", "bench", "clients")
AT_THE_ROOT = {"wsgi.py"}
MAX_WIDTH = 120
MAX_LINES = {"README.md": 150, "docs/architecture.md": 250}
FLASKS_OWN = {(404, "not_found"), (405, "method_not_allowed")}


def test_lines_are_at_most_120_characters_wide() -> None:
    """Every line of every document fits, tables and code included."""
    wide = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in DOCUMENTS
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > MAX_WIDTH and not (path in WRITTEN_BY_TESTS and line.startswith("|"))
    ]
    assert wide == []


def test_short_documents_stay_short() -> None:
    """README.md has at most 150 lines, and docs/architecture.md at most 250."""
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in MAX_LINES}
    assert {name for name in MAX_LINES if lengths[name] > MAX_LINES[name]} == set()


def test_links_lead_to_files_and_headings_that_exist() -> None:
    """Every relative link and image of a document has its target in the repository."""
    broken = [f"{path.relative_to(ROOT)}: {link}" for path in DOCUMENTS for link in _broken(path)]
    assert broken == []


def test_named_modules_and_commands_exist() -> None:
    """Every file of code and every `python -m` command that a document names is there."""
    known = {str(path.relative_to(ROOT)) for room in CODE for path in (ROOT / room).rglob("*.py")}
    gone = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in DOCUMENTS
        for name in _named_modules(path.read_text())
        if not any(f"/{module}".endswith(f"/{name}") for module in known)
    ]
    assert gone == []


def test_the_readme_links_every_document() -> None:
    """Each page of docs/ can be found from README.md."""
    text = (ROOT / "README.md").read_text()
    assert [p.name for p in ROOT.glob("docs/*.md") if f"(docs/{p.name}" not in text] == []


def test_each_setting_is_documented_once() -> None:
    """The tables of docs/configuration.md list exactly the fields of Settings, each once."""
    rows = _first_cells(ROOT / "docs/configuration.md")
    names = Counter(name for cell in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", cell))
    names.pop("IMAGE_PROVIDER", None)  # it also heads the table of its own values
    fields = {name.upper() for name in Settings.model_fields} - {"IMAGE_PROVIDER"}
    assert names == Counter(fields)


def test_each_error_is_documented_with_its_status() -> None:
    """The table of docs/api.md lists every code of the error tree, and Flask's two."""
    text = _section(ROOT / "docs/api.md", "Errors")
    rows = re.findall(r"^\| (\d{3}) \| (`[^|]+) \|", text, re.M)
    documented = {(int(status), code) for status, c in rows for code in re.findall(r"`(\w+)`", c)}
    raised = {(kind.status, kind.code) for kind in _errors(AppError)}
    assert documented == raised | FLASKS_OWN


def test_each_kind_of_discrepancy_is_documented() -> None:
    """The table of docs/operations.md lists every kind that `flask images reconcile` reports."""
    text = _section(ROOT / "docs/operations.md", "Repairs")
    rows = re.findall(r"^\| (`[a-z_` ]+`) \|", text, re.M)
    assert {name for cell in rows for name in re.findall(r"`(\w+)`", cell)} == set(Discrepancy)


def test_each_metric_is_documented() -> None:
    """The table of docs/operations.md lists every metric of the service."""
    code = (ROOT / "app/services/observability/metrics.py").read_text()
    measured = set(re.findall(r'"(imageapi_\w+)"', code))
    text = _section(ROOT / "docs/operations.md", "Metrics")
    documented = set(re.findall(r"^\| `(imageapi_\w+)` \|", text, re.M))
    assert {name.removesuffix("_total") for name in documented} == measured


def _section(path: Path, heading: str) -> str:
    """Return the text below a heading, up to the next one of the same level."""
    marks, text = re.split(rf"^(#+) {heading}$", path.read_text(), maxsplit=1, flags=re.M)[1:]
    return re.split(rf"^{marks} ", text, maxsplit=1, flags=re.M)[0]


def _errors(kind: type[AppError]) -> Iterator[type[AppError]]:
    if kind.__module__.startswith("app.errors"):
        yield kind
    for below in kind.__subclasses__():
        yield from _errors(below)


def _named_modules(text: str) -> Iterator[str]:
    """Yield the modules that backticks and commands name, as paths."""
    for name in re.findall(r"`([\w/]+\.py)`", text):
        if name not in AT_THE_ROOT:
            yield name
    for name in re.findall(r"python -m ((?:tests|bench|app)[.\w]*)", text):
        package = name.replace(".", "/")
        yield f"{package}/__main__.py" if (ROOT / package).is_dir() else f"{package}.py"


def _first_cells(path: Path) -> list[str]:
    return re.findall(r"^\| ([^|]+) \|", path.read_text(), re.M)


def _broken(path: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            yield link


def _anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}
