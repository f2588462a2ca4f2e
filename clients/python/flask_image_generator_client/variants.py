"""Addresses of variants: their canonical query, and signatures (docs/variants.md)."""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple
from urllib.parse import quote

_SIDE = 256
_QUALITY = {"webp": 85, "avif": 65, "jpeg": 85}
_LOSSLESS = ("png", "ico", "svg")
_AUTO_FORMATS = ("avif", "webp", "png")
_UNCHANGED = {
    **dict.fromkeys(("brightness", "contrast", "saturation", "gamma", "sharpness"), 1.0),
    "hue": 0.0,
}
# Arguments with their defaults. `dpr` or `scale_from` multiplies pixels, which are rounded before,
# and lengths.
_AMOUNT = [("number", 1)]
_FILTERS: Mapping[str, Sequence[tuple[str, Any]]] = {
    **dict.fromkeys(("grayscale", "sepia", "invert", "sharpen"), _AMOUNT),
    "opacity": [("number", 0.5)],
    "posterize": [("number", 4)],
    "solarize": [("number", 128)],
    "duotone": [("color", None), ("color", None)],
    "tint": [("color", None), *_AMOUNT],
    "blur": [("pixels", 2)],
    "pixelate": [("pixels", 8)],
}
_OUTLINE = [("length", None), ("color", "fff")]
_SHADOW = [*[("length", None)] * 3, ("color", "000"), ("number", 0.5)]
_LEAST = {"blur": 0.1, "pixelate": 2}  # pixels, whatever the scale


def variant_query(
    parameters: Mapping[str, Any], image_id: str = "", key: str = "", expires: int = 0
) -> str:
    """Return the percent-encoded query of a variant in its only form, "" for the plain image.

    With a `key` it is signed for the image until `expires`, in seconds since 1970.

    Raises:
        TypeError: a parameter is unknown.
        ValueError: a value has another form. The service checks the ranges.
    """
    image_format = str(parameters.get("format") or "png")
    formats = _AUTO_FORMATS if image_format == "auto" else (image_format,)
    canonical = "|".join(_join(_pairs(parameters, each)) for each in formats)
    if not canonical:
        return ""
    values = dict(pairs := _pairs(parameters, image_format))
    missing = {"w", "h"} - values.keys()  # one alone would set both
    pairs += [(name, str(_SIDE)) for name in missing if len(missing) == 1]
    query = _join(_sorted([(name, quote(text, safe=":,")) for name, text in pairs]))
    if not key:
        return query
    message = f"{image_id}\n{canonical}\n{expires}"
    digest = hmac.new(key.encode(), message.encode(), "sha256").hexdigest()
    return f"{query}&expires={expires}&sig={digest}"


def _sorted(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: pair[0])  # stable, so filters keep their order


def _join(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={text}" for name, text in pairs)


def _pairs(parameters: Mapping[str, Any], image_format: str) -> list[tuple[str, str]]:
    """Return the parameters that differ from the plain image, sorted by name."""
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    width, height, lengths = _sides(given)
    filters, recolor = _listed(given.pop("filter", ())), _listed(given.pop("recolor", ()))
    pairs = [("filter", _filter(each, lengths)) for each in filters]
    pairs += [("recolor", text) for text in sorted(map(_recolor, recolor)) if text]
    values = {
        **_geometry(given, width, height, lengths),
        **_effects(given, lengths),
        **_file(given, image_format),
    }
    if given:
        raise TypeError(f"unknown parameters of a variant: {', '.join(sorted(given))}")
    pairs += [(name, str(value)) for name, value in values.items() if value not in (None, "", 0)]
    return _sorted(pairs)


def _listed(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


class _Lengths(NamedTuple):
    """Factors of lengths; one of them is 1."""

    dpr: float
    scale: float

    def text(self, length: Any, least: float = -math.inf) -> str:
        """Return a length in pixels of the result."""
        pixels = float(length) * self.dpr
        return _number(pixels if self.scale == 1 else max(least, round(pixels, 3) * self.scale))

    def padding(self, length: Any, shorter: int) -> int:
        """Return a padding in pixels of the result, which leaves some of its shorter side."""
        pixels = int(float(length) * self.dpr + 0.5)
        return (
            pixels if self.scale == 1 else min(int(pixels * self.scale + 0.5), (shorter - 1) // 2)
        )


def _sides(given: dict[str, Any]) -> tuple[int, int, _Lengths]:
    w, h, dpr = given.pop("w", 0), given.pop("h", 0), round(float(given.pop("dpr", 1)), 3)
    width, height = (int(float(side) * dpr + 0.5) for side in (w or h or _SIDE, h or w or _SIDE))
    reference = int(given.pop("scale_from", 0))
    return width, height, _Lengths(1, width / reference) if reference else _Lengths(dpr, 1)


def _geometry(given: dict[str, Any], width: int, height: int, lengths: _Lengths) -> dict[str, Any]:
    fit, flip = given.pop("fit", "contain"), given.pop("flip", "")
    return {
        "w": width if width != _SIDE else None,
        "h": height if height != _SIDE else None,
        "fit": fit if fit != "contain" and width != height else None,
        "padding": lengths.padding(given.pop("padding", 0), min(width, height)),
        "rotate": (int(given.pop("rotate", 0)) + (180 if "v" in flip else 0)) % 360,
        "flip": "h" if flip in {"h", "v"} else None,
    }


def _effects(given: dict[str, Any], lengths: _Lengths) -> dict[str, Any]:
    values = {name: _number(given.pop(name, usual)) for name, usual in _UNCHANGED.items()}
    values["hue"] = "180" if values["hue"] == "-180" else values["hue"]
    effects = {n: text for n, text in values.items() if text != _number(_UNCHANGED[n])}
    outline = _arguments(given.pop("outline", "0"), _OUTLINE, lengths)
    shadow = _arguments(given.pop("shadow", "0,0,0,000,0"), _SHADOW, lengths)
    return {
        **effects,
        "outline": ",".join(outline) if outline[0] != "0" else None,
        "shadow": ",".join(shadow) if shadow[-1] != "0" else None,
        "holes": _holes(given.pop("holes", "")),
        "cutout_shadow": given.pop("cutout_shadow", None),
    }


def _file(given: dict[str, Any], image_format: str) -> dict[str, Any]:
    given.pop("format", None)
    quality = int(given.pop("quality", 0))
    background = given.pop("background", None)
    if image_format == "jpeg" and background == "transparent":
        raise ValueError("JPEG has no transparency")
    color = None if background in (None, "transparent") else _color(background)
    has_quality = image_format not in _LOSSLESS and quality != _QUALITY.get(image_format)
    return {
        "format": image_format if image_format != "png" else None,
        "quality": quality if has_quality else None,
        "background": None if (image_format, color) == ("jpeg", "ffffff") else color,
    }


def _filter(text: str, lengths: _Lengths) -> str:
    name, _, rest = text.partition(":")
    if name not in _FILTERS:
        raise ValueError(f"unknown filter: {name}")
    return (
        f"{name}:{','.join(_arguments(rest or (), _FILTERS[name], lengths, _LEAST.get(name, 0)))}"
    )


def _arguments(
    value: Any, kinds: Sequence[tuple[str, Any]], lengths: _Lengths, least: float = -math.inf
) -> list[str]:
    """Return the canonical texts of arguments, which may be one text with commas."""
    given = value.split(",") if isinstance(value, str) else list(value)
    completed = [*given, *(default for _, default in kinds[len(given) :])]
    if len(completed) != len(kinds) or None in completed:
        raise ValueError(f"wrong number of arguments: {value!r}")
    convert: Mapping[str, Callable[[Any], str]] = {
        "color": _color,
        "number": _number,
        "pixels": lambda pixels: lengths.text(_number(pixels), least),
        "length": lengths.text,
    }
    return [convert[kind](each) for each, (kind, _) in zip(completed, kinds)]


def _holes(text: str) -> str:
    lists = dict(part.split(":") for part in text.split(";") if ":" in part)
    numbers = {name: sorted({int(n) for n in rest.split(",")}) for name, rest in lists.items()}
    parts = [f"{n}:{','.join(map(str, numbers[n]))}" for n in ("keep", "cut") if n in numbers]
    return ";".join(parts) or text


def _recolor(text: str) -> str:
    pair = [_color(color) for color in text.split(":")]
    if len(pair) != 2:
        raise ValueError(f"not two colors such as ff0000:00aa44: {text!r}")
    return ":".join(pair) if pair[0] != pair[1] else ""


def _color(text: str) -> str:
    match = re.fullmatch("#?([0-9a-f]{3}|[0-9a-f]{6})", text.lower())
    if match is None:
        raise ValueError(f"not a color such as ff8800: {text!r}")
    return match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])


def _number(value: Any) -> str:
    return f"{round(float(value), 3) + 0.0:.3f}".rstrip("0").rstrip(".")  # no negative zero
