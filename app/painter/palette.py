"""The colors of one emblem: a dozen roles of four tones, tuned in OKLCH."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .dice import Dice

# Tone: "#rrggbb". A tone is a role, such as "main", or one with a suffix: "main-shade".
Palette = dict[str, str]


@dataclass(frozen=True)
class ColorHint:
    """A color that a prompt names: hue in degrees, chroma and lightness as factors."""

    hue: float
    chroma: float = 1.0
    lightness: float = 1.0


@dataclass(frozen=True)
class _Mood:
    """How saturated and how light a whole palette is, as factors around 1."""

    chroma: float
    lightness: float


@dataclass(frozen=True)
class _Oklch:
    """A color by lightness (0..1), chroma and hue in degrees."""

    light: float
    chroma: float
    hue: float


_MOODS = (_Mood(1.0, 1.0), _Mood(1.12, 0.98), _Mood(0.8, 1.06), _Mood(0.94, 0.97), _Mood(1.0, 1.03))
# Where the accent, the contrast and the sky lie from the main hue, in degrees.
_SCHEMES = (
    (35.0, -40.0, 190.0),
    (180.0, 40.0, 215.0),
    (150.0, -150.0, 180.0),
    (120.0, -120.0, 60.0),
    (-60.0, 180.0, -110.0),
    (60.0, 200.0, 140.0),
)
_WHITES = {
    "white": "#ffffff",
    "white-light": "#ffffff",
    "white-shade": _Oklch(0.93, 0.018, 265.0),
    "white-deep": _Oklch(0.85, 0.03, 265.0),
}


def palette(dice: Dice, hint: ColorHint | None) -> Palette:
    """Return the colors of all tones, around the hinted color or around any."""
    mood = dice.pick(_MOODS)
    accent, contrast, sky = dice.pick(_SCHEMES)
    base = hint or ColorHint(dice.between(0, 360))
    hue = base.hue + dice.between(-9, 9)

    def tinted(angle: float, share: float = 1.0, lift: float = 0.0) -> _Oklch:
        light = (_natural_lightness(angle) + lift) * mood.lightness
        return _Oklch(light, 0.155 * share * mood.chroma, angle)

    main_light = _natural_lightness(hue) * mood.lightness * base.lightness
    roles = {
        "ink": _Oklch(0.29, 0.055, hue + dice.pick((0, 0, 120, -90))),
        "main": _Oklch(min(main_light, 0.965), 0.155 * base.chroma * mood.chroma, hue),
        "accent": tinted(hue + accent),
        "contrast": tinted(hue + contrast, 0.95),
        "pale": _Oklch(0.945, 0.035, dice.pick((hue, 80.0))),
        "sky": _Oklch(0.87 * min(mood.lightness, 1.03), 0.075 * mood.chroma, hue + sky),
        "blush": _Oklch(0.76, 0.125, 12.0),
        "glow": _Oklch(0.87, 0.155 * mood.chroma, 88.0 + dice.between(-6, 6)),
        "leaf": tinted(145.0 + dice.between(-14, 18), 0.95, -0.06),
        "wood": _Oklch(0.55, 0.085, 58.0),
        "night": _Oklch(0.38, 0.085, 272.0 + dice.between(-22, 22)),
        "metal": _Oklch(0.83, 0.022, 250.0),
        "aqua": _Oklch(0.86, 0.08 * mood.chroma, 222.0 + dice.between(-16, 16)),
    }
    colors = {tone: c if isinstance(c, str) else _hex(c) for tone, c in _WHITES.items()}
    for role, color in roles.items():
        colors.update(_tones(role, color))
    return colors


def _natural_lightness(hue: float) -> float:
    """Yellow is at its best when light, blue and violet when darker."""
    return 0.715 + 0.105 * math.cos(math.radians(hue - 100.0))


def _tones(role: str, base: _Oklch) -> Iterator[tuple[str, str]]:
    """Shades lean towards violet and lights towards yellow, as in daylight; grays stay gray."""
    light, chroma, cool = base.light, base.chroma, _toward(base.hue, 285.0, 10.0)
    yield role, _hex(base)
    yield f"{role}-shade", _hex(_Oklch(light - 0.085, chroma * 1.05, cool))
    warm = _toward(base.hue, 95.0, 8.0)
    yield f"{role}-light", _hex(_Oklch(min(light + 0.085, 0.975), chroma * 0.75, warm))
    yield f"{role}-deep", _hex(_Oklch(light - 0.19, chroma * 1.02, cool))


def _toward(hue: float, goal: float, most: float) -> float:
    away = (goal - hue + 180.0) % 360.0 - 180.0
    return hue + max(-most, min(most, away))


def _hex(color: _Oklch) -> str:
    """Convert to sRGB, giving up chroma until the color can be shown."""
    chroma = color.chroma
    for _ in range(24):
        channels = _linear(color.light, chroma, color.hue)
        if all(-0.0005 <= channel <= 1.0005 for channel in channels):
            break
        chroma *= 0.93
    red, green, blue = (_encode(channel) for channel in _linear(color.light, chroma, color.hue))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _linear(light: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _encode(channel: float) -> int:
    value = min(max(channel, 0.0), 1.0)
    curved = 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return round(255 * curved)
