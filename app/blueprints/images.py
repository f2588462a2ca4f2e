"""GET /images, and what is below it."""

from functools import partial

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.blueprints.dependencies import Dependencies, deps
from app.blueprints.presenters import image_answer, list_answer
from app.blueprints.schemas import ImageAnswer, ListAnswer, ListQuery, decode_cursor
from app.http.contract import Contract, contract
from app.http.pictures import Wanted, respond
from app.usecases.images import Images

blueprint = Blueprint("images", __name__)


@blueprint.get("/images")
@contract(
    Contract(tag="images", query=ListQuery, answer=ListAnswer, errors=(errors.RecordsUnavailable,))
)
def list_images(query: ListQuery) -> Response:
    """List the pictures, newest first.

    By page number, or with `cursor` from where the page before ended. A page past the end is empty.
    """
    at = deps()
    # Looked up first: if the list changes meanwhile, the page is kept under a version that is over.
    version = str(at.images.version())
    caller = f"{request.scheme} {request.host} {request.root_path}"  # what addresses begin with
    wish = f"{caller}\n{query.limit} {query.page} {query.cursor} {query.q}"
    body = at.pages.get(version, wish)
    if body is None:
        after = decode_cursor(query.cursor) if query.cursor else None
        page = at.images.page(limit=query.limit, page=query.page, after=after, query=query.q)
        body = jsonify(list_answer(page, query, at)).get_data()
        at.pages.put(version, wish, body, size=len(body))
    return Response(body, mimetype="application/json")


@blueprint.get("/images/<image_name:filename>")
@contract(
    Contract(
        tag="images",
        content_type="image/png",
        errors=(errors.ImageNotFound, errors.StorageUnavailable),
    )
)
def get_image(filename: str) -> Response:
    """Fetch a picture.

    256x256 pixels, PNG with a transparent background. It never changes, so caches may keep it.
    With `SERVE_MODE=redirect` the answer is 302 to the picture's address at the store.
    """
    image_id = filename.removesuffix(".png")
    if deps().defaults.redirects:
        return _redirect(deps().images.link(image_id))
    return respond(_plain(deps().images, image_id))


def want(dependencies: Dependencies, image_id: str, query: str, accept: str) -> Wanted | None:  # noqa: ARG001 - reason: the gate's signature
    """Tell the gate what is asked for; redirects and what has a query are left to the view."""
    if query or dependencies.defaults.redirects:
        return None
    return _plain(dependencies.images, image_id)


def _redirect(link: str) -> Response:
    # For much less time than the address is good for, and not for others: it may be signed.
    headers = {"Location": link, "Cache-Control": "private, max-age=600"}
    return Response(status=302, headers=headers)


def _plain(images: Images, image_id: str) -> Wanted:
    return Wanted(etag=image_id, read=partial(images.fetch, image_id))


@blueprint.get("/images/<image_name:filename>/metadata")
@contract(
    Contract(
        tag="images",
        answer=ImageAnswer,
        errors=(errors.ImageNotFound, errors.RecordsUnavailable),
    )
)
def get_metadata(filename: str) -> ImageAnswer:
    """Tell what was asked and drawn for a picture."""
    return image_answer(deps().images.record(filename.removesuffix(".png")), deps())


@blueprint.delete("/images/<image_name:filename>")
@contract(
    Contract(
        tag="images",
        status=204,
        errors=(errors.ImageNotFound, errors.RecordsUnavailable, errors.StorageUnavailable),
    )
)
def delete_image(filename: str) -> Response:
    """Delete a picture, its original and what is known about it."""
    deps().images.delete(filename.removesuffix(".png"))
    return Response(status=204)
