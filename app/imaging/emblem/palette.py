"""The colours of one emblem: a dozen roles of four tones, tuned in OKLCH.

A pixel of the drawing is a number, role + tone, until the very end. That keeps shading exact
(the shade of a role is another number) and the drawing a third of the size of an RGB one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from .dice import Dice

# Roles: each is followed by its three other tones.
PAPER, WHITE, INK, MAIN, SECOND, THIRD, PALE, SKY = range(0, 32, 4)
BLUSH, GLOW, LEAF, WOOD, METAL, AQUA, NIGHT = range(32, 60, 4)
# Room for every role and tone; a second palette's numbers start here.
ROLES = 64
# Tones, to be added to a role.
SHADE, LIGHT, DEEP = 1, 2, 3


@dataclass(frozen=True)
class Wish:
    """A colour that a prompt asks for: hue in degrees, chroma and lightness as factors."""

    hue: float
    chroma: float = 1.0
    lightness: float = 1.0


@dataclass(frozen=True)
class Mood:
    """How saturated and how light a whole palette is, as factors around 1."""

    chroma: float
    lightness: float


MOODS = (Mood(1.0, 1.0), Mood(1.12, 0.98), Mood(0.8, 1.06), Mood(0.94, 0.97), Mood(1.0, 1.03))
# Where the second, third and background hues lie from the main one, in degrees.
SCHEMES = (
    (35.0, -40.0, 190.0),
    (180.0, 40.0, 215.0),
    (150.0, -150.0, 180.0),
    (120.0, -120.0, 60.0),
    (-60.0, 180.0, -110.0),
    (60.0, 200.0, 140.0),
)


def palette(dice: Dice, wish: Wish | None) -> bytes:
    """Return the RGB colours of all roles and tones, three bytes each, as many as ROLES says."""
    mood = dice.pick(MOODS)
    second, third, sky = dice.pick(SCHEMES)
    base = wish or Wish(dice.between(0, 360))
    hue = base.hue + dice.between(-9, 9)

    def tinted(angle: float, share: float = 1.0, lift: float = 0.0) -> Callable[[int], bytes]:
        light = (_natural_lightness(angle) + lift) * mood.lightness
        return _tones(light, 0.155 * share * mood.chroma, angle)

    main_light = _natural_lightness(hue) * mood.lightness * base.lightness
    roles: dict[int, Callable[[int], bytes]] = {
        PAPER: lambda _: b"\xff\xff\xff",
        WHITE: _white,
        INK: _tones(0.29, 0.055, hue + dice.pick((0, 0, 120, -90))),
        MAIN: _tones(min(main_light, 0.965), 0.155 * base.chroma * mood.chroma, hue),
        SECOND: tinted(hue + second),
        THIRD: tinted(hue + third, 0.95),
        PALE: _tones(0.945, 0.035, dice.pick((hue, 80.0))),
        SKY: _tones(0.87 * min(mood.lightness, 1.03), 0.075 * mood.chroma, hue + sky),
        BLUSH: _tones(0.76, 0.125, 12.0),
        GLOW: _tones(0.87, 0.155 * mood.chroma, 88.0 + dice.between(-6, 6)),
        LEAF: tinted(145.0 + dice.between(-14, 18), 0.95, -0.06),
        WOOD: _tones(0.55, 0.085, 58.0),
        NIGHT: _tones(0.38, 0.085, 272.0 + dice.between(-22, 22)),
        METAL: _tones(0.83, 0.022, 250.0),
        AQUA: _tones(0.86, 0.08 * mood.chroma, 222.0 + dice.between(-16, 16)),
    }
    table = bytearray(b"\xff" * (3 * ROLES))
    for role, tone in roles.items():
        for step in range(4):
            at = 3 * (role + step)
            table[at : at + 3] = tone(step)
    return bytes(table)


def paired(first: bytes, second: bytes) -> bytes:
    """Return both palettes one after the other, the second one with the first one's ink."""
    ink = slice(3 * INK, 3 * (INK + 4))
    return first + second[: ink.start] + first[ink] + second[ink.stop :]


def _natural_lightness(hue: float) -> float:
    """Yellow is at its best when light, blue and violet when darker."""
    return 0.715 + 0.105 * math.cos(math.radians(hue - 100.0))


def _tones(light: float, chroma: float, hue: float) -> Callable[[int], bytes]:
    """Shades lean towards violet and lights towards yellow, as in daylight; greys stay grey."""
    cool = _toward(hue, 285.0, 10.0)
    warm = _toward(hue, 95.0, 8.0)
    steps = (
        (light, chroma, hue),
        (light - 0.085, chroma * 1.05, cool),
        (min(light + 0.085, 0.975), chroma * 0.75, warm),
        (light - 0.19, chroma * 1.02, cool),
    )
    return lambda step: _rgb(*steps[step])


def _white(step: int) -> bytes:
    return (b"\xff\xff\xff", _rgb(0.93, 0.018, 265.0), b"\xff\xff\xff", _rgb(0.85, 0.03, 265.0))[
        step
    ]


def _toward(hue: float, goal: float, most: float) -> float:
    away = (goal - hue + 180.0) % 360.0 - 180.0
    return hue + max(-most, min(most, away))


def _rgb(light: float, chroma: float, hue: float) -> bytes:
    """Convert OKLCH to sRGB bytes, giving up chroma until the colour can be shown."""
    for _ in range(24):
        channels = _linear(light, chroma, hue)
        if all(-0.0005 <= channel <= 1.0005 for channel in channels):
            break
        chroma *= 0.93
    return bytes(_encode(channel) for channel in _linear(light, chroma, hue))


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
