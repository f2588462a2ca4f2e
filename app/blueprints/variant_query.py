"""Reads what a query asks of an image, and finds the one text for all spellings of it."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from app.blueprints.schemas.variant import VariantQuery
from app.http.contract.validation import invalid, parse_query
from app.http.url_signing import Signature
from app.imaging import InvalidVariant, Outline, Shadow, Variant
from app.imaging.variants.variant import RANGES, SIDE, Format

_AUTO: tuple[Format, ...] = ("avif", "webp", "png")  # the smallest first
_REMEMBERED = 4096
_MAX_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class VariantOption:
    """A variant with its canonical text, and the end of its ETag: both "" for the plain image."""

    variant: Variant
    name: str
    tag: str


@dataclass(frozen=True, slots=True)
class VariantRequest:
    """What is asked for: one variant, or one for each format where Accept decides.

    `text` is the same for all spellings of a wish; it is what a signature is made for.
    """

    choices: tuple[VariantOption, ...]
    text: str
    signature: Signature

    @property
    def is_plain(self) -> bool:
        """Whether it is the plain image, however that is spelled."""
        return not self.text


def read_variant_request(query: str) -> VariantRequest:
    """Read a query string; the last few thousand are remembered.

    Raises:
        InvalidRequest: a parameter is wrong, unknown or given twice.
    """
    return _remembered(query) if len(query) <= _MAX_REMEMBERED else _read(query)


def variant_request_of(form: VariantQuery) -> VariantRequest:
    """Say what the form asks for.

    Raises:
        InvalidRequest: its parameters don't go together.
    """
    formats = _AUTO if form.format == "auto" else (form.format,)
    try:
        choices = tuple(_choice(_variant(form, each)) for each in formats)
    except InvalidVariant as error:
        raise invalid([_problem(error.parameter, str(error), form)]) from None
    return VariantRequest(
        choices=choices,
        text="|".join(choice.name for choice in choices),
        signature=Signature(expires=form.expires, sig=form.sig),
    )


def _read(query: str) -> VariantRequest:
    return variant_request_of(parse_query(VariantQuery, query))


_remembered = lru_cache(maxsize=_REMEMBERED)(_read)


def _choice(variant: Variant) -> VariantOption:
    name = variant.canonical()
    tag = f"-{hashlib.sha256(name.encode()).hexdigest()[:16]}" if name else ""
    return VariantOption(variant, name, tag)


def _variant(form: VariantQuery, kind: Format) -> Variant:
    if kind == "jpeg" and form.background is None and "background" in form.model_fields_set:
        raise InvalidVariant("background", "must be a color: JPEG has no transparency")
    return Variant(
        width=_side(form, form.w or form.h),
        height=_side(form, form.h or form.w),
        fit=form.fit,
        format=kind,
        quality=form.quality,
        background=form.background,
        padding=_whole(form.padding * form.dpr),
        brightness=form.brightness,
        contrast=form.contrast,
        saturation=form.saturation,
        gamma=form.gamma,
        hue=form.hue,
        sharpness=form.sharpness,
        filters=tuple(each.scaled(form.dpr) for each in form.filter),
        rotate=int(form.rotate),
        flip=form.flip,
        outline=_outline(form.outline, form.dpr),
        shadow=_shadow(form.shadow, form.dpr),
        holes=form.holes,
    )


def _side(form: VariantQuery, asked: int | None) -> int:
    side = _whole((asked or SIDE) * form.dpr)
    most = int(RANGES["width"].high)
    if side > most:
        problem = f"Must be at most {most} when multiplied by dpr."
        names = [name for name in ("w", "h") if name in form.model_fields_set]
        raise invalid([{"field": name, "message": problem} for name in (*names, "dpr")])
    return side


def _whole(pixels: float) -> int:
    return int(pixels + 0.5)


def _outline(asked: Outline | None, dpr: float) -> Outline | None:
    return asked and Outline(asked.px * dpr, asked.color)


def _shadow(asked: Shadow | None, dpr: float) -> Shadow | None:
    if asked is None:
        return None
    dx, dy, blur = (dpr * length for length in asked[:3])
    return Shadow(dx, dy, blur, asked.color, asked.opacity)


def _problem(name: str, text: str, form: VariantQuery) -> dict[str, str]:
    multiplied = ", multiplied by dpr" if form.dpr != 1 else ""
    return {"field": name, "message": f"{text[:1].upper()}{text[1:]}{multiplied}."}
