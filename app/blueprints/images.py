"""GET /images, and what is below it."""

from functools import wraps

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.blueprints.dependencies import deps, owner
from app.blueprints.image_requests import allow, wanted
from app.blueprints.openapi_examples import IMAGE, LIST
from app.blueprints.schemas.images import ImageResponse, ListQuery, ListResponse
from app.blueprints.schemas.variant import VariantQuery
from app.blueprints.serializers import image_answer, list_answer
from app.blueprints.variant_query import variant_request_of
from app.http.auth import SENT_IN
from app.http.contract.decorator import Contract, View, contract
from app.http.image_middleware import respond
from app.models import Scope, object_keys

blueprint = Blueprint("images", __name__)


def _for_whom_it_is(view: View) -> View:
    """Let the view begin if the caller may read the image, as the gate before Flask does."""

    @wraps(view)
    def allowed(filename: str) -> Response:
        allow(deps(), object_keys.id_of_name(filename), request.environ)
        response: Response = view(filename=filename)
        return response

    return allowed


@blueprint.get("/images")
@contract(
    Contract(
        tag="images",
        scope=Scope.READ,
        limit="default",
        query=ListQuery,
        answer=ListResponse,
        examples={"page": LIST},
        errors=(errors.RecordsUnavailable,),
    )
)
def list_images(query: ListQuery) -> Response:
    """List the images, newest first.

    By page number, or with `cursor` from where the page before ended. A page past the end is empty.
    """
    at = deps()
    # Looked up first: if the list changes meanwhile, the page is kept under a version that is over.
    version = str(at.images.version())
    begin = f"{request.scheme} {request.host} {request.root_path}"  # what addresses begin with
    wish = f"{owner()}\n{begin}\n{query.limit} {query.page} {query.cursor} {query.q}"
    body = at.pages.get(version, wish)
    if body is None:
        page = at.images.page(query.page_query(owner()))
        body = jsonify(list_answer(page, query, at)).get_data()
        at.pages.put(version, wish, body, size=len(body))
    return Response(body, mimetype="application/json")


@blueprint.get("/images/<image_name:filename>")
@_for_whom_it_is
@contract(
    Contract(
        tag="images",
        scope=None,
        query=VariantQuery,
        content_types=("image/png", "image/webp", "image/avif", "image/jpeg"),
        errors=(
            errors.Unauthorized,  # this one and the next three with PUBLIC_IMAGES=false only
            errors.Forbidden,
            errors.RateLimited,
            errors.RecordsUnavailable,
            errors.SignatureRequired,
            errors.SignatureInvalid,
            errors.SignatureExpired,
            errors.ImageNotFound,
            errors.OriginalMissing,
            errors.VariantsBusy,
            errors.StorageUnavailable,
            errors.ImageDamaged,
        ),
    )
)
def get_image(filename: str, query: VariantQuery) -> Response:
    """Fetch an image, or a variant of it.

    Without parameters: 256x256 pixels, PNG with a transparent background. Variants are computed
    from the stored original and cost nothing. All of them never change, so caches may keep them.
    With `PUBLIC_IMAGES=false` they are for the key that they were made with. With
    `SERVE_MODE=redirect` the plain image is 302 to its address at the store.
    """
    image_id, wish = object_keys.id_of_name(filename), variant_request_of(query)
    if deps().defaults.redirects and wish.is_plain:
        return _redirect(deps().images.link(image_id))
    return respond(wanted(deps(), image_id, wish, request.headers.get("Accept", "")))


def _redirect(link: str) -> Response:
    # For much less time than the address is good for, and not for others: it may be signed.
    headers = {"Location": link, "Cache-Control": "private, max-age=600"}
    if not deps().defaults.public_images:
        headers["Vary"] = ", ".join(SENT_IN)
    return Response(status=302, headers=headers)


@blueprint.get("/images/<image_name:filename>/metadata")
@contract(
    Contract(
        tag="images",
        scope=Scope.READ,
        limit="default",
        answer=ImageResponse,
        examples={"image": IMAGE},
        errors=(errors.ImageNotFound, errors.RecordsUnavailable),
    )
)
def get_metadata(filename: str) -> ImageResponse:
    """Tell what was asked and drawn for an image."""
    return image_answer(
        deps().images.record(object_keys.id_of_name(filename), owner=owner()), deps()
    )


@blueprint.delete("/images/<image_name:filename>")
@contract(
    Contract(
        tag="images",
        scope=Scope.DELETE,
        limit="default",
        status=204,
        errors=(errors.ImageNotFound, errors.RecordsUnavailable, errors.StorageUnavailable),
    )
)
def delete_image(filename: str) -> Response:
    """Delete an image, its original and what is known about it."""
    deps().images.delete(object_keys.id_of_name(filename), owner=owner())
    return Response(status=204)
