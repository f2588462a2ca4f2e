"""POST /images: images made elsewhere."""

from typing import BinaryIO

from flask import Blueprint, Response, jsonify

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.schemas.images import ImageResponse
from app.blueprints.schemas.openapi_examples import UPLOAD
from app.blueprints.schemas.uploads import UploadBody
from app.blueprints.serializers import image_response
from app.http.auth import caller
from app.http.contract.decorator import Contract, contract
from app.models import Scope
from app.usecases.images.free_images import FreeImage
from app.usecases.images.upload_image import UploadRequest

blueprint = Blueprint("uploads", __name__)


@blueprint.post("/images")
@contract(
    Contract(
        tag="images",
        scope=Scope.GENERATE,
        limit="generate",
        form=UploadBody,
        response=ImageResponse,
        status=201,
        repeated_status=200,
        examples={"image": UPLOAD},
        errors=(
            errors.GenerationInProgress,
            errors.RecordsUnavailable,
            errors.ShuttingDown,
            errors.UploadQuotaExceeded,
        ),
    )
)
def upload_image(body: UploadBody) -> Response:
    """Upload an image.

    It is stored, cut out and listed like a generated one, costs nothing, and is never marked as
    made by an AI model. Send a form with the part `file`, or the file alone as the body; then the
    other fields are parameters of the query. The same file of the same caller is always the same
    image: sent again, it is returned with the status 200, unchanged even if other fields differ.
    A file whose image was deleted is stored again.
    """
    with deps().concurrency_limit:
        result = deps().upload_image(body.request(caller()))
    image = image_response(result.record, deps())
    response = jsonify(image.model_dump())
    response.status_code = 201 if result.created else 200
    response.headers["Location"] = image.url
    return response


def store_upload(file: BinaryIO) -> FreeImage:
    """Store a file that comes with a request of another kind; see UploadImage."""
    with deps().concurrency_limit:
        return deps().upload_image(UploadRequest(file=file, caller=caller()))
