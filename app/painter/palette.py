"""The palette of an emblem: a dozen roles with four tones, in OKLCH."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .dice import Dice

# "#rrggbb" by tone: a role, such as "main", or a role with a suffix, such as "main-shade".
Palette = dict[str, str]

# Warmer and darker than the usual background, so that white parts are not mistaken for holes.
OFF_WHITE = "#faf9f6"

# Factors of the chroma and lightness of a whole palette.
_MOODS = ((1.0, 1.0), (1.12, 0.98), (0.8, 1.06), (0.94, 0.97), (1.0, 1.03))
# Hues of accent, contrast and sky, in degrees relative to the main hue.
_SCHEMES = (
    (35.0, -40.0, 190.0),
    (180.0, 40.0, 215.0),
    (150.0, -150.0, 180.0),
    (120.0, -120.0, 60.0),
    (-60.0, 180.0, -110.0),
    (60.0, 200.0, 140.0),
)


@dataclass(frozen=True)
class ColorHint:
    """A color that a prompt names: hue in degrees, factors of chroma and lightness."""

    hue: float
    chroma: float = 1.0
    lightness: float = 1.0


def palette(dice: Dice, hint: ColorHint | None, white: str = OFF_WHITE) -> Palette:
    """Return the colors of all tones, based on the hint or a random hue."""
    vivid, bright = dice.pick(_MOODS)
    accent, contrast, sky = dice.pick(_SCHEMES)
    base = hint or ColorHint(dice.between(0, 360))
    hue = base.hue + dice.between(-9, 9)
    main_light = min(_natural_lightness(hue) * bright * base.lightness, 0.965)
    leaf = 145.0 + dice.between(-14, 18)
    # Lightness, chroma and hue.
    roles = {
        "ink": (0.29, 0.055, hue + dice.pick((0, 0, 120, -90))),
        "main": (main_light, 0.155 * base.chroma * vivid, hue),
        "accent": (_natural_lightness(hue + accent) * bright, 0.155 * vivid, hue + accent),
        "contrast": (_natural_lightness(hue + contrast) * bright, 0.147 * vivid, hue + contrast),
        "pale": (0.945, 0.035, dice.pick((hue, 80.0))),
        "sky": (0.87 * min(bright, 1.03), 0.075 * vivid, hue + sky),
        "blush": (0.76, 0.125, 12.0),
        "glow": (0.87, 0.155 * vivid, 88.0 + dice.between(-6, 6)),
        "leaf": ((_natural_lightness(leaf) - 0.06) * bright, 0.147 * vivid, leaf),
        "wood": (0.55, 0.085, 58.0),
        "night": (0.38, 0.085, 272.0 + dice.between(-22, 22)),
        "metal": (0.83, 0.022, 250.0),
        "aqua": (0.86, 0.08 * vivid, 222.0 + dice.between(-16, 16)),
    }
    tones = {name: tone for role, color in roles.items() for name, tone in _tones(role, *color)}
    plain = {"white": white, "white-light": white}
    shaded = {"white-shade": _hex(0.93, 0.018, 265.0), "white-deep": _hex(0.85, 0.03, 265.0)}
    return tones | plain | shaded


def _natural_lightness(hue: float) -> float:
    """Return a hue's typical lightness: high for yellow, low for violet."""
    return 0.715 + 0.105 * math.cos(math.radians(hue - 100.0))


def _tones(role: str, light: float, chroma: float, hue: float) -> Iterator[tuple[str, str]]:
    """Yield a role's tones: shades tend towards violet, lights towards yellow."""
    cool, warm = _toward(hue, 285.0, 10.0), _toward(hue, 95.0, 8.0)
    yield role, _hex(light, chroma, hue)
    yield f"{role}-shade", _hex(light - 0.085, chroma * 1.05, cool)
    yield f"{role}-light", _hex(min(light + 0.085, 0.975), chroma * 0.75, warm)
    yield f"{role}-deep", _hex(light - 0.19, chroma * 1.02, cool)


def _toward(hue: float, goal: float, most: float) -> float:
    away = (goal - hue + 180.0) % 360.0 - 180.0
    return hue + max(-most, min(most, away))


def _hex(light: float, chroma: float, hue: float) -> str:
    """Convert to sRGB, reducing the chroma until the color is in gamut."""
    for _ in range(24):
        if all(-0.0005 <= channel <= 1.0005 for channel in _linear(light, chroma, hue)):
            break
        chroma *= 0.93
    return "#" + "".join(f"{_encode(channel):02x}" for channel in _linear(light, chroma, hue))


def _linear(light: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
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
