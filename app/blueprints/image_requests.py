"""Resolution of requests for images: access, signature, variant and replacement."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Response, request

from app.blueprints.dependencies import Dependencies, deps
from app.blueprints.variant_query import VariantOption, VariantRequest, read_variant_request
from app.errors import ImageNotFound, ImageReplaced
from app.http.auth import authenticate_request, caller, require_scope
from app.http.content_negotiation import preferred
from app.http.contract.decorator import ViewFunction
from app.http.image_middleware import ONE_YEAR, ImageResponseSpec
from app.http.rate_limits import enforce_limit
from app.http.url_signing import Signature
from app.models import Scope, StoredImage, object_keys


def resolve_image(
    deps: Dependencies, image_id: str, environ: dict[str, Any]
) -> ImageResponseSpec | None:
    """Resolve a request for the image middleware, before the image is read.

    Returns:
        The spec of the response, or None to leave a redirect to the view.

    Raises:
        ImageNotFound, Unauthorized, RateLimited, Forbidden, RecordsUnavailable: see
            `authorize_read`.
        InvalidRequest: a parameter is invalid.
        SignatureRequired, SignatureInvalid, SignatureExpired: see `resolve_variant`.
    """
    authorize_read(deps, image_id, environ)
    query = environ["QUERY_STRING"]
    if not query:
        if deps.server_info.redirects:
            return None
        return ImageResponseSpec(
            image_id=image_id,
            etag=image_id,
            read=partial(read_image, deps, image_id, partial(deps.images.fetch, image_id)),
            private=not deps.server_info.public_images,
        )
    return resolve_variant(deps, image_id, read_variant_request(query), environ, query=query)


def authorize_read(deps: Dependencies, image_id: str, environ: dict[str, Any]) -> None:
    """Check that the caller may read the image.

    Anyone may read public images; others can be read only by their owner.

    Raises:
        ImageNotFound: the image doesn't exist or isn't the caller's; the response is the same.
        Unauthorized: there is no valid API key.
        RateLimited: too many invalid API keys were sent from this address.
        Forbidden: the API key lacks the scope to read.
        RecordsUnavailable: the API key or the image's owner can't be checked.
    """
    if _authenticate_reader(deps, environ):
        deps.images.check_owner(image_id, caller().id)


def _authenticate_reader(deps: Dependencies, environ: dict[str, Any]) -> bool:
    """Authenticate the caller if images are private, and return whether they are."""
    if deps.server_info.public_images or deps.authenticate is None:
        return False
    authenticate_request(environ, deps.authenticate, deps.rate_limits)
    require_scope(Scope.READ)
    return True


def authenticates_reader(view: ViewFunction) -> ViewFunction:
    """Authenticate the caller if images are private, before the view's contract counts requests.

    A caller with a key has a rate of its own, whatever others at its address do.
    """

    @wraps(view)
    def wrapper() -> Response:
        _authenticate_reader(deps(), request.environ)
        response: Response = view()
        return response

    return wrapper


def check_owners(image_ids: tuple[str, ...]) -> None:
    """Check that the caller, who is authenticated, may read the images.

    Raises:
        ImageNotFound: images are private, and one is missing or another caller's.
        RecordsUnavailable: the records are unreachable.
    """
    if deps().server_info.public_images:
        return
    for image_id in image_ids:
        deps().images.check_owner(image_id, caller().id)


def authorizes_read(view: ViewFunction) -> ViewFunction:
    """Check that the caller may read the view's image, as the image middleware does."""

    @wraps(view)
    def wrapper(filename: str) -> Response:
        authorize_read(deps(), object_keys.id_of_name(filename), request.environ)
        response: Response = view(filename=filename)
        return response

    return wrapper


def resolve_variant(
    deps: Dependencies,
    image_id: str,
    variant_request: VariantRequest,
    environ: dict[str, Any],
    *,
    query: str,
) -> ImageResponseSpec:
    """Check the signature and select a variant by the Accept header.

    Args:
        deps: the dependencies of the views.
        image_id: the id of the image.
        variant_request: the parsed query.
        environ: the WSGI environment.
        query: the query as sent, which a redirect to a replacement keeps.

    Raises:
        SignatureRequired, SignatureInvalid, SignatureExpired: see `Signer.check`.
    """
    option = _select(variant_request, environ.get("HTTP_ACCEPT", ""))
    max_age = max_age_of(deps, image_id, variant_request.canonical, variant_request.signature)
    admit = partial(enforce_limit, deps.rate_limits, "variants", caller(), environ, quiet=True)
    fetch = partial(deps.variants.fetch, image_id, option.variant, option.canonical, admit=admit)

    def query_for(replacement: str) -> str:
        return sign_again(
            deps, replacement, variant_request.canonical, variant_request.signature, query
        )

    return ImageResponseSpec(
        image_id=image_id,
        etag=image_id + option.etag_suffix,
        read=partial(read_image, deps, image_id, fetch, query_for=query_for, max_age=max_age),
        varies=len(variant_request.options) > 1,
        max_age=max_age,
        private=not deps.server_info.public_images,
    )


def check_replaced(deps: Dependencies, image_id: str, query: str) -> None:
    """Return if the image was not replaced by another.

    Raises:
        ImageReplaced: it was.
        RecordsUnavailable: the records are unreachable.
    """
    replacement = deps.images.replacement_of(image_id)
    if replacement is not None:
        raise ImageReplaced(_path(replacement, query), max_age=ONE_YEAR)


def read_image(
    deps: Dependencies,
    image_id: str,
    fetch: Callable[[], StoredImage],
    *,
    suffix: str = "",
    query_for: Callable[[str], str] = lambda _: "",
    max_age: int = ONE_YEAR,
) -> StoredImage:
    """Read an image; if it is missing, look for the image that replaced it.

    Args:
        deps: the dependencies of the views.
        image_id: the id of the image.
        fetch: reads it, or what is made from it.
        suffix: what follows the image in the path.
        query_for: returns the query for the replacement.
        max_age: how long caches may keep the redirect, in seconds.

    Raises:
        ImageReplaced: there is one.
        AppError: it can't be read.
    """
    try:
        return fetch()
    except ImageNotFound:
        replacement = deps.images.replacement_of(image_id)
        if replacement is None:
            raise
    raise ImageReplaced(_path(replacement, query_for(replacement), suffix), max_age=max_age)


def _path(image_id: str, query: str, suffix: str = "") -> str:
    path = object_keys.image_path(image_id) + suffix
    return f"{path}?{query}" if query else path


def sign_again(
    deps: Dependencies, image_id: str, canonical: str, signature: Signature, query: str
) -> str:
    """Return the query for another image, signed for it until the same time.

    The signature for the first image was checked before.
    """
    expires = signature.expires
    if not canonical or not deps.signer.keys or expires is None:
        return query
    renewed = deps.signer.sign_until(expires, image_id=image_id, parameters=canonical)
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, renewed.sig if name == "sig" else text) for name, text in pairs])


def _select(variant_request: VariantRequest, accept: str) -> VariantOption:
    if len(variant_request.options) == 1:
        return variant_request.options[0]
    by_type = {option.variant.content_type: option for option in variant_request.options}
    return by_type[preferred(accept, tuple(by_type))]


def max_age_of(deps: Dependencies, image_id: str, canonical: str, signature: Signature) -> int:
    """Check the signature and return how long caches may keep the response, in seconds.

    Plain images need no signature, so they never expire.

    Raises:
        SignatureRequired, SignatureInvalid, SignatureExpired: see `Signer.check`.
    """
    if not canonical:
        return ONE_YEAR
    remaining = deps.signer.check(image_id, canonical, signature)
    return ONE_YEAR if remaining is None else min(ONE_YEAR, remaining)
