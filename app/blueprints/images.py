"""The list of images, and single images under /images/."""

from contextlib import suppress
from typing import get_args

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.blueprints.dependencies import deps, owner
from app.blueprints.image_requests import authorizes_read, check_replaced, resolve_variant
from app.blueprints.pagination import GroupQuery, ListQuery
from app.blueprints.schemas.images import GroupDeletionResponse, ImageResponse, ListResponse
from app.blueprints.schemas.openapi_examples import GROUP_DELETION, IMAGE, LIST
from app.blueprints.schemas.requests import DeleteQuery, OrganizeBody
from app.blueprints.schemas.variant import VariantQuery
from app.blueprints.serializers import image_response, list_response, public_base_url
from app.blueprints.variant_query import to_variant_request
from app.http.auth import CREDENTIAL_HEADERS
from app.http.contract.decorator import Contract, contract
from app.http.image_middleware import send_image
from app.imaging import Variant
from app.imaging.variants.variant import Format
from app.models import Scope, object_keys

blueprint = Blueprint("images", __name__)


@blueprint.get("/images")
@contract(
    Contract(
        tag="images",
        scope=Scope.READ,
        limit="default",
        query=ListQuery,
        response=ListResponse,
        examples={"page": LIST},
        errors=(errors.RecordsUnavailable,),
    )
)
def list_images(query: ListQuery) -> Response:
    """List the images, newest first.

    Pages are selected by `page`, or by `cursor`, which continues after the previous page. A page
    past the end is empty.
    """
    # Read the version first: if the list changes meanwhile, the page is cached under the old one.
    version = str(deps().images.version())
    key = _cache_key(query)
    body = deps().page_cache.get(version, key)
    if body is None:
        body = _render_page(query)
        deps().page_cache.put(version, key, body, size=len(body))
    return Response(body, mimetype="application/json")


def _cache_key(query: ListQuery) -> str:
    base_url = public_base_url(deps())  # the page contains URLs
    return f"{owner()}\n{base_url}\n{query.model_dump_json()}"


def _render_page(query: ListQuery) -> bytes:
    page = deps().images.page(query.page_query(owner()))
    return jsonify(list_response(page, query, deps())).get_data()


@blueprint.get("/images/<image_name:filename>")
@authorizes_read
@contract(
    Contract(
        tag="images",
        scope=None,
        shows_images=True,
        query=VariantQuery,
        content_types=tuple(Variant(format=each).content_type for each in get_args(Format)),
        redirects={
            302: "With `SERVE_MODE=redirect` and no parameters: the URL of the image in the store.",
            308: "Another image took the place of this one: its URL, with the same parameters.",
        },
        errors=(
            errors.Unauthorized,  # this and the next two only with PUBLIC_IMAGES=false
            errors.Forbidden,
            errors.RecordsUnavailable,
            errors.RateLimited,
            errors.SignatureRequired,
            errors.SignatureInvalid,
            errors.SignatureExpired,
            errors.ImageNotFound,
            errors.OriginalMissing,
            errors.ImageNotVectorizable,
            errors.VariantsBusy,
            errors.Overloaded,
            errors.StorageUnavailable,
            errors.ImageDamaged,
        ),
    )
)
def get_image(filename: str, query: VariantQuery) -> Response:
    """Fetch an image or a variant of it.

    Without parameters, the response is a PNG of 256x256 pixels with a transparent background.
    Variants are computed from the stored original at no cost. Images and variants never change,
    so they can be cached. With `PUBLIC_IMAGES=false`, an image can be fetched only with the API
    key that generated it. With `SERVE_MODE=redirect`, a URL without parameters redirects (302) to
    the store. The URL of an image that was replaced by another cutout redirects (308) to that
    image, with the same parameters.
    """
    image_id, variant_request = object_keys.id_of_name(filename), to_variant_request(query)
    sent_query = request.query_string.decode(errors="replace")
    if deps().server_info.redirects and not sent_query:
        with suppress(errors.RecordsUnavailable):  # images can be read without the records
            check_replaced(deps(), image_id, sent_query)
        # The URL may be signed: cache it for less than its validity, and for this client only.
        return _redirect(302, deps().images.link(image_id), "private, max-age=600")
    return send_image(
        resolve_variant(deps(), image_id, variant_request, request.environ, query=sent_query)
    )


@blueprint.app_errorhandler(errors.ImageReplaced)
def redirect_to_replacement(error: errors.ImageReplaced) -> Response:
    """Redirect permanently to the image that took the place of the requested one."""
    is_public = deps().server_info.public_images
    caching = f"{'public' if is_public else 'private'}, max-age={error.max_age}"
    response = _redirect(308, public_base_url(deps()) + error.path, caching)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # as the image itself
    return response


def _redirect(status: int, url: str, caching: str) -> Response:
    headers = {"Location": url, "Cache-Control": caching}
    if not deps().server_info.public_images:
        headers["Vary"] = ", ".join(CREDENTIAL_HEADERS)
    return Response(status=status, headers=headers)


@blueprint.get("/images/<image_name:filename>/metadata")
@contract(
    Contract(
        tag="images",
        scope=Scope.READ,
        limit="default",
        response=ImageResponse,
        examples={"image": IMAGE},
        errors=(errors.ImageNotFound, errors.RecordsUnavailable),
    )
)
def get_metadata(filename: str) -> ImageResponse:
    """Return the metadata of an image."""
    record = deps().images.record(object_keys.id_of_name(filename), owner=owner())
    return image_response(record, deps())


@blueprint.patch("/images/<image_name:filename>")
@contract(
    Contract(
        tag="images",
        scope=Scope.GENERATE,
        limit="default",
        body=OrganizeBody,
        response=ImageResponse,
        examples={"image": IMAGE | {"tags": ["fox", "Series 2"], "starred": True}},
        errors=(errors.ImageNotFound, errors.RecordsUnavailable),
    )
)
def organize_image(filename: str, body: OrganizeBody) -> ImageResponse:
    """Set the tags or the star of an image.

    `tags` replaces all tags of the image. Fields that are not sent keep their value.
    """
    record = deps().organize(
        object_keys.id_of_name(filename), tags=body.tags, starred=body.starred, owner=owner()
    )
    return image_response(record, deps())


@blueprint.delete("/images")
@contract(
    Contract(
        tag="images",
        scope=Scope.DELETE,
        limit="default",
        query=GroupQuery,
        response=GroupDeletionResponse,
        examples={"rest": GROUP_DELETION},
        errors=(errors.ImageNotFound, errors.RecordsUnavailable, errors.StorageUnavailable),
    )
)
def delete_group(query: GroupQuery) -> GroupDeletionResponse:
    """Delete the images of a group, except those to keep; they go to the trash.

    Candidates that are still being generated are not deleted.
    """
    deleted = deps().delete_group(query.group, keep=query.keep, owner=owner())
    return GroupDeletionResponse(deleted=[object_keys.image_name(one) for one in deleted])


@blueprint.delete("/images/<image_name:filename>")
@contract(
    Contract(
        tag="images",
        scope=Scope.DELETE,
        limit="default",
        query=DeleteQuery,
        status=204,
        errors=(errors.ImageNotFound, errors.RecordsUnavailable, errors.StorageUnavailable),
    )
)
def delete_image(filename: str, query: DeleteQuery) -> Response:
    """Move an image to the trash, or delete it for good.

    An image in the trash is listed with `trashed=true` only, and its address is 404. It is deleted
    for good after the server's `TRASH_DAYS`, or immediately with `purge=true`.
    """
    image_id = object_keys.id_of_name(filename)
    deps().trash.delete(image_id, owner=owner(), purge=query.purge)
    return Response(status=204)


@blueprint.post("/images/<image_name:filename>/restore")
@contract(
    Contract(
        tag="images",
        scope=Scope.DELETE,
        limit="default",
        response=ImageResponse,
        examples={"image": IMAGE},
        errors=(errors.ImageNotFound, errors.RecordsUnavailable, errors.StorageUnavailable),
    )
)
def restore_image(filename: str) -> ImageResponse:
    """Return an image from the trash, at its former address and place in the list.

    An image that is not in the trash stays as it is.
    """
    record = deps().trash.restore(object_keys.id_of_name(filename), owner=owner())
    return image_response(record, deps())
