"""Parse the bodies of multipart/form-data requests (RFC 7578)."""

import re
from dataclasses import dataclass

from tests.support.fake_openai.reply import Json

_BOUNDARY = re.compile(r"multipart/form-data;.*boundary=\"?([^\";]+)")
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')
_NUMBERS = ("n", "partial_images", "output_compression")


@dataclass(frozen=True)
class UploadedFile:
    """A file of a request, as it was sent."""

    name: str
    filename: str
    content_type: str
    data: bytes


def is_multipart(content_type: str) -> bool:
    """Return whether a body consists of parts."""
    return _BOUNDARY.match(content_type) is not None


def parse(content_type: str, body: bytes) -> tuple[dict[str, str], tuple[UploadedFile, ...]]:
    """Return the fields and the files of a body."""
    match = _BOUNDARY.match(content_type)
    assert match
    delimiter = b"\r\n--" + match[1].encode()
    first, *parts = (b"\r\n" + body).split(delimiter)
    assert (first, parts.pop()) == (b"", b"--\r\n")
    fields: dict[str, str] = {}
    files: list[UploadedFile] = []
    for part in parts:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        names = dict(_PARAMETER.findall(headers["Content-Disposition"]))
        if "filename" in names:
            kind = headers.get("Content-Type", "")
            files.append(UploadedFile(names["name"], names["filename"], kind, data))
        else:
            fields[names["name"]] = data.decode()
    return fields, tuple(files)


def typed(fields: dict[str, str]) -> Json:
    """Return the fields with numbers and booleans in the place of their texts."""
    values: Json = dict(fields)
    values |= {name: int(values[name]) for name in _NUMBERS if name in values}
    return values | ({"stream": values["stream"] == "true"} if "stream" in values else {})
