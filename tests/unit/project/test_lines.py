"""Lines of text end at LF or CRLF, wherever the code reads them."""

import ast
from pathlib import Path

APP = Path(__file__).resolve().parents[3] / "app"
# `str.splitlines` also takes U+2028, U+0085, form feeds and others for line ends, which occur in
# prompts. `readlines` and iteration over text files take a lone CR for one.
METHODS = {"splitlines", "readlines", "readline"}
ALLOWED = {
    "blueprints/mcp/lines.py": "of bytes, which end at LF, with a bound on their length",
    "cli/images/import_folder.py": "of bytes, which end at LF, with a bound on their length",
    "http/logs/logging_config.py": "a line of the log must contain no separator at all",
    "services/openai/image_stream.py": "of bytes, which has the line ends of event streams",
}


def test_text_is_not_split_at_other_separators() -> None:
    """No module calls such a method; `app.cli.text_files` reads lines."""
    calls = {
        path.relative_to(APP).as_posix()
        for path in APP.rglob("*.py")
        if any(name in (code := path.read_text(encoding="utf-8")) for name in METHODS)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and node.attr in METHODS
    }
    assert calls == set(ALLOWED)
