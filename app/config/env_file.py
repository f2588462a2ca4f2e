"""Read the file `.env`, in the encodings that editors write."""

import codecs
import io
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class EnvFileError(Exception):
    """The file can't be read; the message quotes nothing of it."""


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of the file; none if there is no file.

    The file is UTF-8, or UTF-16 or UTF-32 with a byte order mark. `${NAME}` in a value is replaced
    by another variable.

    Raises:
        EnvFileError: the file or one of its lines can't be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise EnvFileError(f"can't be read ({type(error).__name__})") from None
    text = _decode(data)
    _check_lines(text)
    values = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in values.items() if value is not None}


def _decode(data: bytes) -> str:
    marks = (name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark))
    encoding = next(marks, "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EnvFileError(f"line {line} is not UTF-8: save the file as UTF-8") from None
    if "\0" in text:
        raise EnvFileError("is not UTF-8: save the file as UTF-8")
    return text


def _check_lines(text: str) -> None:
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            statement = binding.original
            blank_lines = statement.string[: -len(statement.string.lstrip())].count("\n")
            line = statement.line + blank_lines
            raise EnvFileError(f"line {line} can't be read: write NAME=value, and close quotes")
