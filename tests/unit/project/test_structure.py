"""The names of classes."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(path for room in ("app", "tests", "bench") for path in (ROOT / room).rglob("*.py"))


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
