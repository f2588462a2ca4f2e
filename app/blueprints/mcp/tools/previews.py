"""Small images in the results of tools, for models that can look at them."""

import logging
from functools import partial

from app.blueprints.mcp.tools.base import ToolContext
from app.blueprints.variant_query import VariantRequest, read_variant_request
from app.errors import AppError
from app.models import StoredImage

MAX_PREVIEW_BYTES = 60_000
"""Of an image within a result. In base64 it is a third longer."""

_SHOWN_TYPES = ("image/png", "image/webp", "image/jpeg")  # those that all models read
# The first that fits is sent. Noise of 64 pixels fits, whatever it shows.
_QUERIES = (
    "format=webp",
    "format=webp&quality=50",
    "w=128&format=webp&quality=50",
    "w=64&format=webp&quality=20",
)

_log = logging.getLogger(__name__)


def preview_of(context: ToolContext, image_id: str) -> list[StoredImage]:
    """Return a WebP file of at most MAX_PREVIEW_BYTES; none if it can't be rendered now.

    An image that was paid for must not turn into an error because of its preview.
    """
    for query in _QUERIES:
        try:
            image = render(context, image_id, read_variant_request(query))
        except AppError as error:
            _log.info("no preview of %s: %s", image_id, error.code)
            return []
        if len(image.data) <= MAX_PREVIEW_BYTES:
            return [image]
    return []


def render(context: ToolContext, image_id: str, request: VariantRequest) -> StoredImage:
    """Return the variant of an image; of several, that in the last format.

    Raises:
        AppError: see `Variants.fetch`.
    """
    option = request.options[-1]
    admit = partial(context.count, "variants", 1)
    return context.deps.variants.fetch(image_id, option.variant, option.canonical, admit=admit)


def is_shown(image: StoredImage) -> bool:
    """Return whether an image can be part of a result."""
    return image.content_type in _SHOWN_TYPES and len(image.data) <= MAX_PREVIEW_BYTES
