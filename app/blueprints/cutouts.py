"""POST /images/<filename>/cutouts: another cutout of the same original."""

from flask import Blueprint, Response, jsonify

from app import errors
from app.blueprints.dependencies import deps, owner
from app.blueprints.schemas.cutouts import CutoutBody
from app.blueprints.schemas.images import ImageResponse
from app.blueprints.schemas.openapi_examples import CUTOUT
from app.blueprints.serializers import image_response
from app.http.contract.decorator import Contract, contract
from app.models import Scope, object_keys

blueprint = Blueprint("cutouts", __name__)


@blueprint.post("/images/<image_name:filename>/cutouts")
@contract(
    Contract(
        tag="images",
        scope=Scope.GENERATE,
        limit="generate",
        body=CutoutBody,
        response=ImageResponse,
        status=201,
        repeated_status=200,
        examples={"image": CUTOUT},
        errors=(
            errors.GenerationInProgress,
            errors.ImageDamaged,
            errors.ImageNotFound,
            errors.OriginalMissing,
            errors.RecordsUnavailable,
            errors.ServiceBusy,
            errors.ShuttingDown,
            errors.StorageUnavailable,
        ),
    )
)
def create_cutout(filename: str, body: CutoutBody) -> Response:
    """Cut an image out of its original again, with other options.

    The response is a new image with a URL of its own. It costs nothing, and needs no
    `Idempotency-Key`: the same body for the same image always returns the same image, with the
    status 200 if it existed. The options don't add to those of the image. With `replace`, the new
    image takes the place of the newest version of this one: that leaves the list, and its URL
    redirects permanently. Its original stays.
    """
    request = body.request(object_keys.id_of_name(filename), owner=owner())
    with deps().concurrency_limit:
        result = deps().create_cutout(request)
    image = image_response(result.record, deps())
    response = jsonify(image.model_dump())
    response.status_code = 201 if result.created else 200
    response.headers["Location"] = image.url
    return response
