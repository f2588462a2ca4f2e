"""Forms with files that are sent as JSON, with each file as a data URL in base64."""

import base64
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, BinaryIO, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from app.errors import InvalidJson, InvalidRequest
from app.http.contract.validation import JsonBody, validate
from app.http.json_provider import loads_strict

TYPE = "application/json"

_parsing = threading.Lock()
"""Held while a body is in memory, which takes several times its size."""


_PATTERN = r"^data:image/[a-zA-Z0-9.+-]+;base64,"


def _checked_url(url: str) -> str:
    if not re.match(_PATTERN, url):
        raise ValueError("Must be a data URL in base64. Other URLs are not fetched.")
    return url


class FileReference(BaseModel, extra="forbid"):
    """A file as a data URL."""

    image_url: Annotated[str, AfterValidator(_checked_url)] = Field(
        json_schema_extra={"pattern": _PATTERN},
        description="The file as a data URL in base64, such as `data:image/png;base64,...`. "
        "Other URLs are not fetched.",
    )


class JsonForm(JsonBody):
    """Base of the schemas of forms that are sent as JSON.

    Attributes:
        file_fields: the fields with FileReferences, and what the form calls them.
    """

    file_fields: ClassVar[Mapping[str, str]] = {}


def read_json_form(
    model: type[JsonForm], body: BinaryIO, open_file: Callable[[], BinaryIO]
) -> list[tuple[str, object]]:
    """Return the fields of a form, with its files as open files.

    Args:
        model: the schema.
        body: the received body, which is read in one piece, one body at a time.
        open_file: opens a new temporary file.

    Raises:
        InvalidJson: the body isn't JSON.
        InvalidRequest: the body isn't an object, or a field is invalid.
    """
    with _parsing:
        try:
            value = loads_strict(body.read())
        except ValueError:
            raise InvalidJson from None
        if not isinstance(value, dict):
            raise InvalidRequest(message="The body must be a JSON object.")
        return list(_fields(validate(model, value), open_file))


def _fields(form: JsonForm, open_file: Callable[[], BinaryIO]) -> Iterator[tuple[str, object]]:
    for name in form.model_fields_set:
        value = getattr(form, name)
        if name not in form.file_fields:
            yield name, value
            continue
        for reference in value if isinstance(value, list) else [value]:
            file = open_file()
            file.write(_decoded(name, reference.image_url))
            yield form.file_fields[name], file


def _decoded(name: str, url: str) -> bytes:
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except ValueError:  # also of other characters than ASCII
        raise InvalidRequest.of_field(name, "Must be data URLs in base64") from None
