"""GET /images/<filename>/original and /mask: the files that an image was cut out of, and with."""

import base64
import hashlib

from flask import Blueprint, Response

from app import errors
from app.blueprints.dependencies import deps, owner
from app.http.contract.decorator import Contract, contract
from app.http.image_middleware import apply_conditions
from app.http.security_headers import IMAGE_HEADERS
from app.imaging.cutout.options import CutoutOptions
from app.models import ImageRecord, Scope, object_keys
from app.usecases.images.originals import Originals

blueprint = Blueprint("originals", __name__)

_NO_MASK = base64.b64decode(  # one middle-gray pixel, as PNG
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)


@blueprint.get("/images/<image_name:filename>/original")
@contract(
    Contract(
        tag="images",
        scope=Scope.READ,
        limit="default",
        content_types=("image/png", "image/webp", "image/jpeg"),
        errors=(
            errors.ImageNotFound,
            errors.OriginalMissing,
            errors.RecordsUnavailable,
            errors.StorageUnavailable,
        ),
    )
)
def get_original(filename: str) -> Response:
    """Fetch the original of an image, byte for byte, with its background.

    It is what the image model, or the upload, consisted of. An upload may contain more than the
    image shows, such as the place of a photo, so the original is for the image's owner only.
    """
    record = deps().images.record(object_keys.id_of_name(filename), owner=owner())
    data = Originals(deps().store).fetch(record.id).data
    extension = record.original.format if record.original else "png"
    etag = record.original.sha256 if record.original else record.id
    return _file(data, record, f"original.{extension}", etag)


@blueprint.get("/images/<image_name:filename>/mask")
@contract(
    Contract(
        tag="images",
        scope=Scope.READ,
        limit="default",
        content_types=("image/png",),
        errors=(errors.ImageNotFound, errors.RecordsUnavailable),
    )
)
def get_mask(filename: str) -> Response:
    """Fetch the mask that an image was cut out with, as the service keeps it.

    It is a gray PNG of at most 1024x1024 pixels: 0 erases, 128 leaves, 255 restores. Sent with the
    other options of the image, it makes the same cutout. Without a mask it is one pixel of 128.
    """
    record = deps().images.record(object_keys.id_of_name(filename), owner=owner())
    data = CutoutOptions.from_document(record.cutout_options).mask or _NO_MASK
    return _file(data, record, "mask.png", hashlib.sha256(data).hexdigest())


def _file(data: bytes, record: ImageRecord, name: str, etag: str) -> Response:
    extension = name.rpartition(".")[2]
    response = Response(data, content_type=f"image/{extension}", headers=IMAGE_HEADERS)
    response.headers["Content-Disposition"] = f'inline; filename="{record.id}-{name}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(etag)
    return apply_conditions(response, len(data))
