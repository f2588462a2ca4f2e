"""Keys and file names of stored objects: folders, patterns, extensions.

    originals/<id>.png, .webp, .jpeg   the image from the model
    originals/<id>.bin                 evidence: a paid response that is not an image
    originals/<id>.trash               the cut-out image while it is in the trash
    originals/<id>.json                the sidecar of either, from which a record can be rebuilt
    images/<id>.png                    the cut-out image

Keys derive from the record's id alone, so that objects left by a crash can be found again.
"""

import re
from collections.abc import Iterable
from typing import Literal, get_args

ImageFormat = Literal["png", "webp", "jpeg"]

ORIGINALS = "originals/"
IMAGES = "images/"

IMAGE_FORMATS: tuple[ImageFormat, ...] = get_args(ImageFormat)
"""The formats of originals, the usual one first. Each is also a file extension."""

PNG, JSON = "image/png", "application/json"
_BINARY = "application/octet-stream"
# Not from `mimetypes`, whose table differs from machine to machine.
_CONTENT_TYPES = {
    "png": PNG,
    "webp": "image/webp",
    "jpeg": "image/jpeg",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "ico": "image/vnd.microsoft.icon",
    "json": JSON,
    "bin": _BINARY,
    "trash": PNG,
}
_EXTENSIONS_BY_TYPE = {
    content_type: extension
    for extension, content_type in _CONTENT_TYPES.items()
    if extension != "trash"
}
STORED_EXTENSIONS = (*IMAGE_FORMATS, "bin", "json", "trash")
"""The file extensions of stored objects."""

ID_PATTERN = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
IMAGE_NAME_PATTERN = rf"{ID_PATTERN}\.png"
"""An image's file name: the last segment of its URL path."""
IMAGE_PATH_PATTERN = rf"/images/{IMAGE_NAME_PATTERN}"
"""An image's URL path on this service; see `image_path`."""
_ID = re.compile(ID_PATTERN)
_SHA256 = re.compile("[0-9a-f]{64}")
_KEY = re.compile(
    rf"(?:{ORIGINALS}({ID_PATTERN})\.(?:{'|'.join(STORED_EXTENSIONS)})|{IMAGES}({ID_PATTERN})\.png)"
)


def original_key(image_id: str, image_format: ImageFormat) -> str:
    """Return the key of the original in this format."""
    return f"{ORIGINALS}{image_id}.{image_format}"


def original_keys(image_id: str) -> tuple[str, ...]:
    """Return the possible keys of the original, the usual one first."""
    return tuple(original_key(image_id, image_format) for image_format in IMAGE_FORMATS)


def evidence_key(image_id: str) -> str:
    """Return the key of a paid response that is not an image."""
    return f"{ORIGINALS}{image_id}.bin"


def sidecar_key(image_id: str) -> str:
    """Return the key of the sidecar beside the original."""
    return f"{ORIGINALS}{image_id}.json"


def trash_key(image_id: str) -> str:
    """Return the key of the cut-out image while it is in the trash."""
    return f"{ORIGINALS}{image_id}.trash"


def image_key(image_id: str) -> str:
    """Return the key of the cut-out image."""
    return IMAGES + image_name(image_id)


def keys_of(image_id: str, original_key: str) -> tuple[str, ...]:
    """Return the keys of an image's objects; without a key of the original, the usual one.

    An interrupted move leaves the image at its place and in the trash, whatever the state.
    """
    return (
        image_key(image_id),
        trash_key(image_id),
        original_key or original_keys(image_id)[0],
        sidecar_key(image_id),
    )


def key_prefixes(image_id: str) -> tuple[str, ...]:
    """Return the prefixes of the keys of all of an image's objects."""
    return f"{ORIGINALS}{image_id}.", f"{IMAGES}{image_id}."


def split_key(key: str) -> tuple[str, str, str]:
    """Split a key into folder (with its slash), image id and file extension.

    Nothing is validated.
    """
    folder, slash, name = key.rpartition("/")
    image_id, _, extension = name.partition(".")
    return folder + slash, image_id, extension


def is_id(text: str) -> bool:
    """Return whether a string has the form of an image id."""
    return _ID.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """Return whether a string has the form of a SHA-256; older records may lack it."""
    return _SHA256.fullmatch(text) is not None


def id_of_key(key: str) -> str | None:
    """Return the image id of a key, or None if the key is not the service's."""
    match = _KEY.fullmatch(key)
    return match and (match[1] or match[2])


def is_sidecar(key: str) -> bool:
    """Return whether the key is that of a sidecar."""
    return key.endswith(".json")


def kind_of(key: str) -> str:
    """Return what the object is: image, original, evidence, sidecar or trash."""
    folder, _, extension = split_key(key)
    if folder == IMAGES:
        return "image"
    return {"json": "sidecar", "bin": "evidence", "trash": "trash"}.get(extension, "original")


def original_among(keys: Iterable[str]) -> str | None:
    """Return the first key of an original in an image format, or None."""
    for key in sorted(keys):
        folder, _, extension = split_key(key)
        if folder == ORIGINALS and extension in IMAGE_FORMATS:
            return key
    return None


def image_name(image_id: str) -> str:
    """Return the file name of an image."""
    return f"{image_id}.png"


def image_path(image_id: str) -> str:
    """Return the URL path of an image on this service."""
    return f"/images/{image_name(image_id)}"


def id_of_name(name: str) -> str:
    """Return the image id of a file name; a bare id is returned as it is."""
    return name.removesuffix(".png")


def content_type_of(key: str) -> str:
    """Return the content type of a stored object, by its file extension."""
    return _CONTENT_TYPES.get(key[key.rfind(".") + 1 :], _BINARY)


def extension_of(content_type: str) -> str:
    """Return the file extension of a content type; `bin` if it is unknown."""
    return _EXTENSIONS_BY_TYPE.get(content_type, "bin")
