"""Requests to edit images: their files, and servers that can't handle them.

Several images are sent as parts named `image[]`, as OpenAI's own client does. A single one is named
`image`, because some compatible servers know no other name.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.errors import EditsUnsupported
from app.models import ImageInput, object_keys
from app.ports.providers import InputFile
from app.services.openai.errors.refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from openai import Timeout
    from openai.resources import Images

FILES = ("image", "mask")
"""The parameters that contain files."""

_NO_SUCH_CALL = {404, 405, 501}
_WORDS_OF_MODELS = ("model", "deployment", "engine")


def describe_files(inputs: Sequence[ImageInput]) -> dict[str, Any]:
    """Return the parameters of a request, with properties of the files in their place."""
    return _by_parameter(
        [
            {
                "filename": _filename(given.reference.role, number, given.format),
                "content_type": object_keys.content_type_of(f".{given.format}"),
                "size_bytes": given.size_bytes,
            }
            for number, given in enumerate(inputs, start=1)
        ],
        [given.reference.role for given in inputs],
    )


def file_parameters(inputs: Sequence[InputFile]) -> dict[str, Any]:
    """Return the parameters of a request with its files, for the SDK.

    The files are read while they are sent, and again from the beginning if a request is repeated.
    """
    return _by_parameter(
        [
            (
                _filename(given.role, number, given.format),
                given.file,
                object_keys.content_type_of(f".{given.format}"),
            )
            for number, given in enumerate(inputs, start=1)
        ],
        [given.role for given in inputs],
    )


@contextmanager
def image_call(
    images: "Images", parameters: Mapping[str, Any], timeout: "Timeout"
) -> Iterator[Any]:
    """Send a request for an image, and return the response, whose body is not read.

    Raises:
        EditsUnsupported: the request has files, and the server does not know the call.
    """
    streaming: Any = images.with_streaming_response
    if "image" not in parameters:
        with streaming.generate(**parameters, timeout=timeout) as response:
            yield response
        return
    try:
        with streaming.edit(**parameters, timeout=timeout) as response:
            yield response
    except Exception as error:  # reason: all others are raised again
        refusal = refusal_of(error)
        if refusal is None or not _is_unknown_call(refusal):
            raise
        raise EditsUnsupported(f"status {refusal.status}, code {refusal.label or None}") from None


def _is_unknown_call(refusal: Refusal) -> bool:
    """Return whether a server has no such call; a missing model also has the status 404."""
    if refusal.status not in _NO_SUCH_CALL or refusal.rejects_prompt:
        return False
    texts = (*refusal.codes, refusal.text) if refusal.status == 404 else ()
    return not any(word in text for word in _WORDS_OF_MODELS for text in texts)


def _by_parameter(files: list[Any], roles: list[str]) -> dict[str, Any]:
    images = [file for file, role in zip(files, roles, strict=True) if role == "image"]
    masks = [file for file, role in zip(files, roles, strict=True) if role == "mask"]
    parameters: dict[str, Any] = {"image": images[0] if len(images) == 1 else images}
    return parameters | ({"mask": masks[0]} if masks else {})


def _filename(role: str, number: int, image_format: str) -> str:
    """Return a name that says nothing about the image but its format."""
    return f"mask.{image_format}" if role == "mask" else f"image-{number}.{image_format}"
