"""What a request for an image asks for, before anything is read."""

from functools import partial
from typing import Any

from app.blueprints.dependencies import Dependencies
from app.blueprints.variant_query import VariantOption, VariantRequest, read_variant_request
from app.errors import ImageNotFound
from app.http.auth import caller, identify, require_scope
from app.http.content_negotiation import preferred
from app.http.image_middleware import ONE_YEAR, ImageResponseSpec
from app.models import Scope


def want(deps: Dependencies, image_id: str, environ: dict[str, Any]) -> ImageResponseSpec | None:
    """Tell the gate what is asked for; redirects are left to the view.

    Raises:
        ImageNotFound, Unauthorized, RateLimited, Forbidden, RecordsUnavailable: see `allow`.
        InvalidRequest: a parameter is wrong.
        SignatureRequired, SignatureInvalid, SignatureExpired: it may not be asked for.
    """
    allow(deps, image_id, environ)
    query = environ["QUERY_STRING"]
    if not query and not deps.defaults.redirects:
        return ImageResponseSpec(
            image_id=image_id,
            etag=image_id,
            read=partial(deps.images.fetch, image_id),
            private=not deps.defaults.public_images,
        )
    wish = read_variant_request(query)
    if wish.is_plain and deps.defaults.redirects:
        return None
    return wanted(deps, image_id, wish, environ.get("HTTP_ACCEPT", ""))


def allow(deps: Dependencies, image_id: str, environ: dict[str, Any]) -> None:
    """Let everyone read the image, or only the caller it belongs to.

    Raises:
        ImageNotFound: it is another's, or nobody's, or isn't there: the answers are the same.
        Unauthorized: there is no good key.
        RateLimited: too many keys that weren't good came from this address.
        Forbidden: the key is not for reading.
        RecordsUnavailable: nobody can tell whose key or image it is.
    """
    if deps.defaults.public_images or deps.authenticate is None:
        return
    identify(environ, deps.authenticate, deps.limits)
    require_scope(Scope.READ)
    if deps.images.owner_of(image_id) != caller().id:
        raise ImageNotFound(image_id)


def wanted(
    deps: Dependencies, image_id: str, wish: VariantRequest, accept: str
) -> ImageResponseSpec:
    """Say what is wanted, unless it isn't signed where that is asked for.

    Raises:
        SignatureRequired, SignatureInvalid, SignatureExpired: it may not be asked for.
    """
    chosen = _chosen(wish, accept)
    return ImageResponseSpec(
        image_id=image_id,
        etag=image_id + chosen.tag,
        read=partial(deps.variants.fetch, image_id, chosen.variant, chosen.name),
        varies=len(wish.choices) > 1,
        max_age=_max_age(deps, image_id, wish),
        private=not deps.defaults.public_images,
    )


def _chosen(wish: VariantRequest, accept: str) -> VariantOption:
    if len(wish.choices) == 1:
        return wish.choices[0]
    by_type = {choice.variant.content_type: choice for choice in wish.choices}
    return by_type[preferred(accept, tuple(by_type))]


def _max_age(deps: Dependencies, image_id: str, wish: VariantRequest) -> int:
    """Return how long caches may keep the answer, in seconds; the plain image is for everyone."""
    if wish.is_plain:
        return ONE_YEAR
    left = deps.signer.check(image_id, wish.text, wish.signature)
    return ONE_YEAR if left is None else min(ONE_YEAR, left)
