"""Requirement files with hashes, and what the audit accepts."""

from typing import Any

import pytest

from tests.pins.audit import problems
from tests.pins.hashes import hashes_of, with_hashes
from tests.pins.requirements import Pin, read_pins

_A, _B = "a" * 64, "b" * 64
_FLASK = Pin("flask==3.1.3", "flask", "3.1.3", ())
_VULNERABILITY = {"id": "PYSEC-1", "fix_versions": ["3.2"]}


def _file(name: str, sha256: str, *, yanked: bool | str = False) -> dict[str, Any]:
    return {"filename": name, "hashes": {"sha256": sha256}, "yanked": yanked}


def test_hashes_are_written_beside_each_pin() -> None:
    """Comments, references and markers stay, and old hashes are replaced."""
    old = f"# Why\n-r other.txt\nflask==3.1.3 \\\n    --hash=sha256:{_A}\n\n"
    text = old + 'moto[s3]==5; python_version < "3.14"\n'
    assert with_hashes(text, lambda name, _: [_B, _A] if name == "flask" else [_A]) == (
        f"# Why\n-r other.txt\nflask==3.1.3 \\\n    --hash=sha256:{_A} \\\n    --hash=sha256:{_B}\n"
        f'\nmoto[s3]==5; python_version < "3.14" \\\n    --hash=sha256:{_A}\n'
    )


def test_a_version_without_files_is_refused() -> None:
    """A pin without hashes would be installed unchecked."""
    with pytest.raises(ValueError, match=r"no file of flask==3\.1\.3"):
        with_hashes("flask==3.1.3\n", lambda _name, _version: [])


def test_hashes_are_those_of_all_files_of_the_version() -> None:
    """Wheels of all platforms and the source; not other versions, yanked files or old formats."""
    files = [
        _file("zope_event-6.2-py3-none-any.whl", "1"),
        _file("zope_event-6.2-1-cp313-cp313-macosx_11_0_arm64.whl", "2"),
        _file("zope.event-6.2.0.tar.gz", "3"),
        _file("zope_event-6.20-py3-none-any.whl", "4"),
        _file("zope_event-6.2-cp39-none-any.whl", "5", yanked="broken"),
        _file("zope.event-6.2.win32.exe", "6"),
    ]
    assert list(hashes_of(files, "6.2")) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "line",
    [
        "flask",
        "flask>=3",
        "flask==3.*",
        "flask==3.1.3,!=4",
        "flask @ https://files.example/flask.whl",
        "--index-url https://index.example",
        "flask==3.1.3 --hash=md5:00",
        "flask==3.1.3 --no-binary",
    ],
)
def test_anything_but_a_pin_is_refused(line: str) -> None:
    """A requirement file holds exact versions and SHA-256 hashes only."""
    with pytest.raises(ValueError, match="not a pin"):
        read_pins(line)


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        ([{"name": "flask", "version": "3.1.3", "vulns": []}], []),
        ([], ["flask 3.1.3: not looked up"]),
        ([{"name": "flask", "skip_reason": "not found"}], ["flask 3.1.3: not looked up"]),
        (
            [{"name": "flask", "version": "3.1.3", "vulns": [], "skip_reason": "not found"}],
            ["flask 3.1.3: not looked up"],
        ),
        (
            [{"name": "flask", "version": "3.1.2", "vulns": []}],
            ["flask 3.1.3: not looked up"],
        ),
        (
            [{"name": "flask", "version": "3.1.3", "vulns": [_VULNERABILITY]}],
            ["flask 3.1.3: PYSEC-1, fixed in 3.2"],
        ),
        (
            [
                {
                    "name": "flask",
                    "version": "3.1.3",
                    "vulns": [{"id": "PYSEC-2", "fix_versions": []}],
                }
            ],
            ["flask 3.1.3: PYSEC-2, fixed in no version"],
        ),
    ],
)
def test_audit_fails_unless_every_pin_was_looked_up(
    dependencies: list[dict[str, Any]], expected: list[str]
) -> None:
    """A package that was skipped, or looked up in another version, is a problem."""
    assert problems({"dependencies": dependencies}, [_FLASK]) == expected
