import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = sorted(path.name for path in ROOT.glob("requirements*.txt"))
_PIN = re.compile(
    r"[a-z0-9][a-z0-9-]*(\[[a-z0-9,]+\])?==[0-9][0-9a-z.]*"
    r'(; python_version < "3\.\d+")?',  # of a backport, which newer versions can't install
    re.ASCII,
)


def pins(name: str) -> list[str]:
    """Return the lines of a file that name a package."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_pinned_exactly(name: str) -> None:
    """Each line names one package and one version: no ranges, addresses or options."""
    assert [line for line in pins(name) if not _PIN.fullmatch(line)] == []


def test_no_package_is_pinned_twice_in_what_is_installed_together() -> None:
    """All versions that the development environment gets are told in one place each."""
    together = [re.split(r"[\[=]", line)[0] for line in pins("requirements.txt")]
    together += [re.split(r"[\[=]", line)[0] for line in pins("requirements-dev.txt")]
    assert len(together) == len(set(together))
