"""What a request for a picture asks for, before anything is read."""

from functools import partial

from app.blueprints.dependencies import Dependencies
from app.blueprints.variant_wishes import Choice, Wish, read_wish
from app.http.accept import preferred
from app.http.pictures import ONE_YEAR, Wanted


def want(deps: Dependencies, image_id: str, query: str, accept: str) -> Wanted | None:
    """Tell the gate what is asked for; redirects are left to the view.

    Raises:
        InvalidRequest: a parameter is wrong.
        SignatureRequired, SignatureInvalid, SignatureExpired: it may not be asked for.
    """
    if not query and not deps.defaults.redirects:
        return Wanted(etag=image_id, read=partial(deps.images.fetch, image_id))
    wish = read_wish(query)
    if wish.is_plain and deps.defaults.redirects:
        return None
    return wanted(deps, image_id, wish, accept)


def wanted(deps: Dependencies, image_id: str, wish: Wish, accept: str) -> Wanted:
    """Say what is wanted, unless it isn't signed where that is asked for.

    Raises:
        SignatureRequired, SignatureInvalid, SignatureExpired: it may not be asked for.
    """
    chosen = _chosen(wish, accept)
    return Wanted(
        etag=image_id + chosen.tag,
        read=partial(deps.variants.fetch, image_id, chosen.variant, chosen.name),
        varies=len(wish.choices) > 1,
        max_age=_max_age(deps, image_id, wish),
    )


def _chosen(wish: Wish, accept: str) -> Choice:
    if len(wish.choices) == 1:
        return wish.choices[0]
    by_type = {choice.variant.content_type: choice for choice in wish.choices}
    return by_type[preferred(accept, tuple(by_type))]


def _max_age(deps: Dependencies, image_id: str, wish: Wish) -> int:
    """Return how long caches may keep the answer, in seconds; the plain picture is for everyone."""
    if wish.is_plain:
        return ONE_YEAR
    left = deps.signer.check(image_id, wish.text, wish.signature)
    return ONE_YEAR if left is None else min(ONE_YEAR, left)
