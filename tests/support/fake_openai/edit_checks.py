"""Validation of the files of image edits, with the limits of the real API."""

import io

from PIL import Image

from tests.support.fake_openai import errors
from tests.support.fake_openai.multipart import UploadedFile
from tests.support.fake_openai.reply import ApiError

_MAX_IMAGES = 16
_MAX_IMAGE_BYTES = 50 * 1024 * 1024
_MAX_MASK_BYTES = 4 * 1024 * 1024
_FORMATS = {"image/png": "PNG", "image/webp": "WEBP", "image/jpeg": "JPEG"}
_PATCH = 32  # pixels; two tokens each are within what was measured of the real API


def check_files(files: tuple[UploadedFile, ...]) -> list[tuple[int, int]]:
    """Return the sizes of all images, or reject the files."""
    images = [file for file in files if file.name in {"image", "image[]"}]
    masks = [file for file in files if file.name == "mask"]
    if not 1 <= len(images) <= _MAX_IMAGES or len(masks) > 1:
        raise _refused("image", f"Expected 1 to {_MAX_IMAGES} images and at most one mask.")
    if len(images) > 1 and any(file.name == "image" for file in images):
        raise _refused("image", "Duplicate parameter: 'image'. Use 'image[]' for several.")
    sizes = [_checked(file, _MAX_IMAGE_BYTES).size for file in images]
    for mask in masks:
        opened = _checked(mask, _MAX_MASK_BYTES)
        if opened.format != "PNG" or "A" not in opened.getbands() or opened.size != sizes[0]:
            raise _refused("mask", "Invalid mask image format - mask size does not match image.")
        sizes.append(opened.size)
    return sizes


def input_tokens(sizes: list[tuple[int, int]]) -> int:
    """Return the tokens of images that are given, roughly as the real API charges them."""
    return sum(2 * -(-width // _PATCH) * -(-height // _PATCH) for width, height in sizes)


def _checked(file: UploadedFile, max_bytes: int) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(file.data))
    except OSError:
        raise _refused(file.name, "Invalid image file or mode for image.") from None
    if _FORMATS.get(file.content_type) != image.format or len(file.data) >= max_bytes:
        raise _refused(file.name, f"Unsupported mimetype ('{file.content_type}') or size.")
    return image


def _refused(name: str, message: str) -> ApiError:
    kind, param = errors.IMAGE_USER_ERROR, name.removesuffix("[]")
    return ApiError(errors.error(400, message, "invalid_image_file", kind, param))
