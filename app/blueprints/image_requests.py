"""Resolution of requests for images: access, signature and variant."""

from functools import partial
from typing import Any

from app.blueprints.dependencies import Dependencies
from app.blueprints.variant_query import VariantOption, VariantRequest, read_variant_request
from app.errors import ImageNotFound
from app.http.auth import authenticate_request, caller, require_scope
from app.http.content_negotiation import preferred
from app.http.image_middleware import ONE_YEAR, ImageResponseSpec
from app.models import Scope


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
    if not query and not deps.server_info.redirects:
        return ImageResponseSpec(
            image_id=image_id,
            etag=image_id,
            read=partial(deps.images.fetch, image_id),
            private=not deps.server_info.public_images,
        )
    variant_request = read_variant_request(query)
    if variant_request.is_plain and deps.server_info.redirects:
        return None
    return resolve_variant(deps, image_id, variant_request, environ.get("HTTP_ACCEPT", ""))


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
    if deps.server_info.public_images or deps.authenticate is None:
        return
    authenticate_request(environ, deps.authenticate, deps.rate_limits)
    require_scope(Scope.READ)
    if deps.images.owner_of(image_id) != caller().id:
        raise ImageNotFound(image_id)


def resolve_variant(
    deps: Dependencies, image_id: str, variant_request: VariantRequest, accept: str
) -> ImageResponseSpec:
    """Check the signature and select a variant by the Accept header.

    Raises:
        SignatureRequired, SignatureInvalid, SignatureExpired: see `Signer.check`.
    """
    option = _select(variant_request, accept)
    return ImageResponseSpec(
        image_id=image_id,
        etag=image_id + option.etag_suffix,
        read=partial(deps.variants.fetch, image_id, option.variant, option.canonical),
        varies=len(variant_request.options) > 1,
        max_age=_max_age(deps, image_id, variant_request),
        private=not deps.server_info.public_images,
    )


def _select(variant_request: VariantRequest, accept: str) -> VariantOption:
    if len(variant_request.options) == 1:
        return variant_request.options[0]
    by_type = {option.variant.content_type: option for option in variant_request.options}
    return by_type[preferred(accept, tuple(by_type))]


def _max_age(deps: Dependencies, image_id: str, variant_request: VariantRequest) -> int:
    """Return how long caches may keep the response, in seconds.

    Plain images need no signature, so they never expire.
    """
    if variant_request.is_plain:
        return ONE_YEAR
    remaining = deps.signer.check(image_id, variant_request.canonical, variant_request.signature)
    return ONE_YEAR if remaining is None else min(ONE_YEAR, remaining)
