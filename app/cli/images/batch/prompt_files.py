"""Parse and validate the prompt files of `flask images generate`."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.blueprints.schemas.images import GenerateBody
from app.cli.text_files import numbered_lines, read_text, table_reader
from app.http.json_provider import loads_strict
from app.models import ImageRequest

_BOOLEANS = {
    "": False,
    "0": False,
    "1": True,
    "false": False,
    "no": False,
    "true": True,
    "yes": True,
}


class PromptFileError(Exception):
    """The file is invalid; `problems` describes each error in one line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_prompt_file(path: Path) -> list[ImageRequest]:
    """Read image requests from a .txt, .csv or .jsonl file.

    A .txt file has one prompt per line; empty lines and lines that start with # are skipped. A .csv
    file has a header with the column `prompt`, and optionally `enhance`, `quality`, `size` and `n`.
    A .jsonl file has one object per line, like the body of POST /generate-image. Lines end at LF or
    CRLF.

    Raises:
        PromptFileError: the file can't be read, or some of its lines are invalid.
    """
    parse = {".txt": _text, ".csv": _table, ".jsonl": _objects}.get(path.suffix.lower())
    if parse is None:
        raise PromptFileError([f"{path.name}: unknown file type. Use .txt, .csv or .jsonl."])
    try:
        lines = list(parse(read_text(path)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PromptFileError([f"{path.name}: the file can't be read: {error}"]) from None
    requests, problems = [], []
    for number, fields in lines:
        try:
            requests.append(parse_request(fields))
        except ValueError as error:
            problems += [f"{path.name}, line {number}: {text}" for text in problems_in(error)]
    if not lines:
        problems.append(f"{path.name}: the file contains no prompts.")
    if problems:
        raise PromptFileError(problems)
    return requests


def parse_request(fields: Any) -> ImageRequest:
    """Validate fields as POST /generate-image does.

    Args:
        fields: the parsed line, or the exception that parsing it raised.

    Raises:
        ValueError: a field is invalid.
    """
    if isinstance(fields, Exception):
        raise fields
    body = GenerateBody.model_validate(fields)
    if body.dry_run:
        raise ValueError("dry_run: Not allowed in a prompt. Use the option --dry-run.")
    return body.image_request()


def problems_in(error: ValueError) -> list[str]:
    """Return a line for each invalid field."""
    if not isinstance(error, ValidationError):
        return [str(error)]
    return [_problem(details) for details in error.errors(include_url=False, include_input=False)]


def _problem(details: Mapping[str, Any]) -> str:
    where = ".".join(map(str, details["loc"])) or "the line"
    return f"{where}: {details['msg'].removeprefix('Value error, ')}"


def _text(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in numbered_lines(text):
        if line.strip() and not line.startswith("#"):
            yield number, {"prompt": line}


def _objects(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in numbered_lines(text):
        if line.strip():
            try:
                yield number, loads_strict(line.encode())
            except ValueError:
                yield number, ValueError("The line is not valid JSON.")


def _table(text: str) -> Iterator[tuple[int, Any]]:
    table = table_reader(text, extra="more columns")
    if "prompt" not in (table.fieldnames or []):
        yield 1, ValueError("The header has no column `prompt`. Name the columns in line 1.")
        return
    for row in table:
        fields: dict[str, Any] = {name: cell for name, cell in row.items() if cell}
        enhance = str(fields.get("enhance", "")).strip().lower()
        if enhance in _BOOLEANS:
            fields["enhance"] = _BOOLEANS[enhance]
        if str(fields.get("n", "")).isdecimal():
            fields["n"] = int(fields["n"])
        yield table.line_num, {"prompt": "", **fields}
