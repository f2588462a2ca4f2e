"""Parsing of variant queries into variants and their canonical text."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from app.blueprints.schemas.variant import VariantQuery
from app.errors import InvalidRequest
from app.http.contract.validation import parse_query
from app.http.url_signing import Signature
from app.imaging import InvalidVariant, Outline, Shadow, Variant
from app.imaging.variants.variant import RANGES, SIDE, Format

_AUTO_FORMATS: tuple[Format, ...] = ("avif", "webp", "png")  # smallest first
_MAX_CACHED_QUERIES = 4096
_MAX_CACHED_QUERY_CHARS = 512


@dataclass(frozen=True, slots=True)
class VariantOption:
    """A variant that can be sent in response to a request.

    Attributes:
        variant: the variant.
        canonical: the variant's canonical text; "" for the plain image.
        etag_suffix: the part of the ETag after the image id; "" for the plain image.
    """

    variant: Variant
    canonical: str
    etag_suffix: str


@dataclass(frozen=True, slots=True)
class VariantRequest:
    """A parsed variant query.

    Attributes:
        options: one variant, or one per format if the Accept header selects the format.
        canonical: a string that is equal for all spellings of the query; signatures cover it.
        signature: the query's signature, not checked yet.
    """

    options: tuple[VariantOption, ...]
    canonical: str
    signature: Signature

    @property
    def is_plain(self) -> bool:
        """Whether the query selects the plain image, in any spelling."""
        return not self.canonical


def read_variant_request(query: str) -> VariantRequest:
    """Parse a query string; results for short queries are cached.

    Raises:
        InvalidRequest: a parameter is invalid, unknown or repeated.
    """
    return _read_cached(query) if len(query) <= _MAX_CACHED_QUERY_CHARS else _read(query)


def to_variant_request(query: VariantQuery) -> VariantRequest:
    """Convert a validated query.

    Raises:
        InvalidRequest: parameters contradict each other.
    """
    formats = _AUTO_FORMATS if query.format == "auto" else (query.format,)
    try:
        options = tuple(_option(_variant(query, image_format)) for image_format in formats)
    except InvalidVariant as error:
        raise InvalidRequest.of_fields([_problem(error.parameter, str(error), query)]) from None
    return VariantRequest(
        options=options,
        canonical="|".join(option.canonical for option in options),
        signature=Signature(expires=query.expires, sig=query.sig),
    )


def _read(query: str) -> VariantRequest:
    return to_variant_request(parse_query(VariantQuery, query))


_read_cached = lru_cache(maxsize=_MAX_CACHED_QUERIES)(_read)


def _option(variant: Variant) -> VariantOption:
    canonical = variant.canonical()
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return VariantOption(variant, canonical, f"-{digest[:16]}" if canonical else "")


def _variant(query: VariantQuery, image_format: Format) -> Variant:
    if image_format == "jpeg" and _is_transparent(query):
        raise InvalidVariant("background", "must be a color: JPEG has no transparency")
    width = _side(query, query.w or query.h)
    # Lengths for a reference width are checked as given; `dpr` is a part of the result's width.
    dpr, scale = (1.0, width / query.scale_from) if query.scale_from else (query.dpr, 1.0)
    return Variant(
        width=width,
        height=_side(query, query.h or query.w),
        fit=query.fit,
        format=image_format,
        quality=query.quality,
        background=query.background,
        padding=_round(query.padding * dpr),
        brightness=query.brightness,
        contrast=query.contrast,
        saturation=query.saturation,
        gamma=query.gamma,
        hue=query.hue,
        sharpness=query.sharpness,
        recolor=query.recolor,
        filters=tuple(item.scaled(dpr) for item in query.filter),
        rotate=int(query.rotate),
        flip=query.flip,
        outline=_outline(query.outline, dpr),
        shadow=_shadow(query.shadow, dpr),
        holes=query.holes,
        cutout_shadow=query.cutout_shadow,
        scale=scale,
    )


def _is_transparent(query: VariantQuery) -> bool:
    """Return whether `background=transparent` was set explicitly."""
    return query.background is None and "background" in query.model_fields_set


def _side(query: VariantQuery, length: int | None) -> int:
    side = _round((length or SIDE) * query.dpr)
    maximum = int(RANGES["width"].high)
    if side > maximum:
        problem = f"Must be at most {maximum} when multiplied by dpr."
        names = [name for name in ("w", "h") if name in query.model_fields_set]
        raise InvalidRequest.of_fields(
            [{"field": name, "message": problem} for name in (*names, "dpr")]
        )
    return side


def _round(pixels: float) -> int:
    """Round half up; `round` would round half to even."""
    return int(pixels + 0.5)


def _outline(outline: Outline | None, dpr: float) -> Outline | None:
    return outline and Outline(outline.px * dpr, outline.color)


def _shadow(shadow: Shadow | None, dpr: float) -> Shadow | None:
    if shadow is None:
        return None
    dx, dy, blur = (dpr * length for length in shadow[:3])
    return Shadow(dx, dy, blur, shadow.color, shadow.opacity)


def _problem(name: str, text: str, query: VariantQuery) -> dict[str, str]:
    multiplied = ", multiplied by dpr" if query.dpr != 1 else ""
    return {"field": name, "message": f"{text[:1].upper()}{text[1:]}{multiplied}."}
