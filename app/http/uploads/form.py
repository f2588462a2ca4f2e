"""Validation of requests that carry a file: multipart forms, and bodies that are an image or JSON.

Files are copied to disk while they are received, so they take no memory.
"""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any, BinaryIO, ClassVar, TypeVar, cast
from urllib.parse import parse_qsl

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser

from app.errors import (
    AppError,
    InvalidRequest,
    RequestTooLarge,
    StorageUnavailable,
    UnsupportedMediaType,
)
from app.http.contract.validation import check_encoding, is_repeatable, validate
from app.http.uploads import json_form
from app.http.uploads.json_form import JsonForm, read_json_form
from app.http.uploads.limits import UploadLimits, current_limits

IMAGE_TYPES = ("image/png", "image/webp", "image/jpeg")
"""The content types of bodies that are an image. Its real format is read from its bytes."""
FORM = "multipart/form-data"

_MAX_TEXT_BYTES = 1024 * 1024  # of all fields that are no files
_MAX_PARTS = 32
_COPY_BYTES = 64 * 1024
_BRACKETS = re.compile(r"\[[0-9]{0,2}\]$")
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}
_MEDIA_TYPE = (
    "Send the file in a form, with Content-Type: multipart/form-data, or alone as image/png, "
    "image/webp or image/jpeg."
)

_FORM_MEDIA_TYPE = "Send the body as a form, with Content-Type: multipart/form-data."


def _check_file(value: object) -> object:
    if isinstance(value, str):
        raise ValueError("Must be a file: a part of the form with a file name.")  # noqa: TRY004 - reason: pydantic reports ValueErrors
    return value


FormFile = Annotated[
    Any, AfterValidator(_check_file), WithJsonSchema({"type": "string", "format": "binary"})
]
"""A file in a form, as an open binary file."""


class MultipartBody(BaseModel):
    """Base of the schemas of forms with files.

    A field that is a tuple may be repeated, and its name may end with `[]` or `[0]`, `[1]` ....

    Attributes:
        may_be_file: whether the body may be the file alone; then the other fields are parameters
            of the query.
        json_form: schema of the same form as JSON; None if it can't be sent as JSON.
    """

    model_config = ConfigDict(extra="forbid")

    may_be_file: ClassVar[bool] = False
    json_form: ClassVar[type[JsonForm] | None] = None


class FormBody(MultipartBody):
    """Base of the schemas of forms with one file, or of the file alone."""

    may_be_file: ClassVar[bool] = True

    file: FormFile


Form = TypeVar("Form", bound=MultipartBody)


@contextmanager
def reading_form(model: type[Form]) -> Iterator[Form]:
    """Receive and validate the current request's form; its files are open within the block.

    Raises:
        UnsupportedMediaType: the content type is neither a form nor an image or JSON.
        InvalidJson: the body isn't JSON.
        RequestTooLarge: the file or another field is larger than its limit.
        InvalidRequest: a field is invalid, missing, unknown or repeated.
        ServiceBusy: the process keeps too many files.
        StorageUnavailable: the disk is full or fails.
    """
    limits = current_limits()
    with limits.places, ExitStack() as files:
        yield validate(model, _read_fields(model, limits, files))


def _read_fields(
    model: type[MultipartBody], limits: UploadLimits, files: ExitStack
) -> dict[str, object]:
    """Return the fields of form and query; those of the form as text or as an open file."""
    query = parse_qsl(request.query_string.decode(errors="replace")) if model.may_be_file else []
    values: dict[str, object] = {}
    for sent_name, value in [*_receive(model, limits, files), *query]:
        name = _repeatable_name(model, sent_name)
        if value == "" and name in model.model_fields:  # an empty value counts as absent
            continue
        if is_repeatable(model, name):
            values[name] = (*cast(tuple[object, ...], values.get(name, ())), value)
        elif name in values:
            raise InvalidRequest.of_field(name[:100], "Must not be repeated")
        else:
            values[name] = value
    return values


def _repeatable_name(model: type[MultipartBody], sent: str) -> str:
    name = _BRACKETS.sub("", sent)
    return name if is_repeatable(model, name) else sent


def _receive(
    model: type[MultipartBody], limits: UploadLimits, files: ExitStack
) -> list[tuple[str, object]]:
    """Return the fields of the body."""
    check_encoding()
    # One byte above the limit: Werkzeug truncates a body without a length instead of rejecting it.
    request.max_content_length = limits.max_body_bytes + 1
    try:
        if request.mimetype == FORM:
            return _read_multipart(limits, files)
        if model.may_be_file and request.mimetype in IMAGE_TYPES:
            return [("file", _copy_body(limits, files))]
        if model.json_form and request.mimetype == json_form.TYPE:
            return _read_json(model.json_form, limits, files)
    except RequestEntityTooLarge:
        raise limits.too_large() from None
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise  # of the connection
        raise StorageUnavailable(f"the file can't be received: {error.strerror}") from None
    raise UnsupportedMediaType(message=_MEDIA_TYPE if model.may_be_file else _FORM_MEDIA_TYPE)


def _copy_body(limits: UploadLimits, files: ExitStack) -> BinaryIO:
    file = files.enter_context(limits.open_file())
    shutil.copyfileobj(request.stream, file, _COPY_BYTES)
    return _rewound(file, limits)


def _read_json(
    model: type[JsonForm], limits: UploadLimits, files: ExitStack
) -> list[tuple[str, object]]:
    body = _copy_body(limits, files)
    fields = read_json_form(model, body, lambda: files.enter_context(limits.open_file()))
    for _, value in fields:
        if hasattr(value, "read"):
            _rewound(value, limits)
    return fields


def _read_multipart(limits: UploadLimits, files: ExitStack) -> list[tuple[str, object]]:
    boundary = request.mimetype_params.get("boundary", "").encode("latin-1", "replace")
    parser = MultiPartParser(
        stream_factory=lambda *_, **__: files.enter_context(limits.open_file()),
        max_form_memory_size=_MAX_TEXT_BYTES,
        max_form_parts=_MAX_PARTS,
    )
    try:
        form, sent = parser.parse(request.stream, boundary, request.content_length)
    except RequestEntityTooLarge:
        raise _too_many_fields(limits) from None
    except ValueError:
        raise InvalidRequest(message="The form can't be understood.") from None
    fields: list[tuple[str, object]] = list(form.items(multi=True))
    for name, part in sent.items(multi=True):
        # Browsers send an empty part without a file name if no file is selected.
        fields.append((name, _rewound(part.stream, limits) if part.filename else ""))
    return fields


def _too_many_fields(limits: UploadLimits) -> AppError:
    """Return the error of a form that the parser finds too large; Werkzeug has one for all."""
    length = request.content_length
    if length is None or length > limits.max_body_bytes:
        return limits.too_large()
    return RequestTooLarge(message="The form has too many fields, or too long ones.")


def _rewound(file: Any, limits: UploadLimits) -> BinaryIO:
    """Return a received file at its start.

    Raises:
        RequestTooLarge: it is larger than the limit.
    """
    if file.seek(0, 2) > limits.max_file_bytes:
        raise limits.too_large()
    file.seek(0)
    opened: BinaryIO = file
    return opened
