"""GET /images/<filename>/original: the file that an image was cut out of."""

from flask import Blueprint, Response

from app import errors
from app.blueprints.dependencies import deps, owner
from app.http.contract.decorator import Contract, contract
from app.http.image_middleware import apply_conditions
from app.http.security_headers import IMAGE_HEADERS
from app.models import Scope, object_keys
from app.usecases.images.originals import Originals

blueprint = Blueprint("originals", __name__)


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
    response = Response(data, content_type=f"image/{extension}", headers=IMAGE_HEADERS)
    response.headers["Content-Disposition"] = f'inline; filename="{record.id}-original.{extension}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(record.original.sha256 if record.original else record.id)
    return apply_conditions(response, len(data))
