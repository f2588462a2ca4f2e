"""Reads the wishes of a batch from a file, and finds all that is wrong with them at once."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.blueprints.schemas.images import GenerateBody
from app.models import ImageRequest

_YES_NO = {"": False, "0": False, "1": True, "false": False, "no": False, "true": True, "yes": True}


class UnusableFile(Exception):
    """The file can't be used; `problems` has a line for each thing to put right."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read(path: Path) -> list[ImageRequest]:
    """Read a file of wishes by the end of its name: .txt, .csv or .jsonl.

    .txt has a prompt a line; empty lines and those that begin with # are passed over. .csv has a
    header with `prompt`, and `enhance`, `quality`, `size` if wanted. .jsonl has an object a line,
    as the body of POST /generate-image.

    Raises:
        UnusableFile: it can't be read, or some of its lines are no wishes.
    """
    reader = {".txt": _text, ".csv": _table, ".jsonl": _objects}.get(path.suffix.lower())
    if reader is None:
        raise UnusableFile([f"{path.name}: a file of prompts ends in .txt, .csv or .jsonl."])
    try:
        lines = list(reader(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnusableFile([f"{path.name} can't be read: {error}"]) from None
    wishes, problems = [], []
    for number, fields in lines:
        try:
            wishes.append(wish(fields))
        except ValueError as error:
            problems += [f"{path.name}, line {number}: {problem}" for problem in reported(error)]
    if not lines:
        problems.append(f"{path.name} has no prompts.")
    if problems:
        raise UnusableFile(problems)
    return wishes


def wish(fields: Any) -> ImageRequest:
    """Check fields as POST /generate-image does.

    Raises:
        ValueError: they are no wish.
    """
    if isinstance(fields, Exception):
        raise fields
    body = GenerateBody.model_validate(fields)
    if body.dry_run:
        raise ValueError("dry_run: use --dry-run, for all.")
    return body.image_request()


def _text(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, {"prompt": line}


def _objects(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError:
                yield number, ValueError("This is not JSON.")


def _table(text: str) -> Iterator[tuple[int, Any]]:
    table = csv.DictReader(text.splitlines(keepends=True), strict=True, restkey="more columns")
    if "prompt" not in (table.fieldnames or []):
        yield 1, ValueError("The first line has to name the columns, and one of them `prompt`.")
        return
    for row in table:
        fields: dict[str, Any] = {name: cell for name, cell in row.items() if cell}
        enhance = str(fields.get("enhance", "")).strip().lower()
        if enhance in _YES_NO:
            fields["enhance"] = _YES_NO[enhance]
        yield table.line_num, {"prompt": "", **fields}


def reported(error: ValueError) -> list[str]:
    """Return a line for each thing that is wrong with a wish."""
    if not isinstance(error, ValidationError):
        return [str(error)]
    return [_problem(one) for one in error.errors(include_url=False, include_input=False)]


def _problem(found: Mapping[str, Any]) -> str:
    where = ".".join(map(str, found["loc"])) or "the line"
    return f"{where}: {found['msg'].removeprefix('Value error, ')}"
