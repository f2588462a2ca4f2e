"""What a caller may decide about a cutout, and the text forms of these options."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

HoleMode = Literal["auto", "keep", "cut"]
"""Enclosed areas of the background's color: judged one by one, all kept, or all cut."""
ShadowMode = Literal["cut", "keep"]
"""Contact shadows: removed with the background, or kept as black with partial opacity."""

MAX_TOLERANCE = 100  # levels
MAX_AREAS = 24  # areas that a report lists, and numbers that a choice may name
_COLOR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_PART = re.compile(r"(keep|cut):([1-9][0-9]?(?:,[1-9][0-9]?)*)", re.ASCII)
CHOICE_PATTERN = (
    r"^(auto|keep|cut|(keep|cut):[1-9][0-9]?(,[1-9][0-9]?)*"
    r"|keep:[1-9][0-9]?(,[1-9][0-9]?)*;cut:[1-9][0-9]?(,[1-9][0-9]?)*"
    r"|cut:[1-9][0-9]?(,[1-9][0-9]?)*;keep:[1-9][0-9]?(,[1-9][0-9]?)*)$"
)
"""The form of texts for `HoleChoice.parse`, which also checks the numbers."""


class InvalidOption(ValueError):
    """A cutout option is invalid.

    Attributes:
        option: the name of the invalid option, such as `tolerance`.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(problem)
        self.option = option


@dataclass(frozen=True, slots=True)
class HoleChoice:
    """How to treat enclosed areas of background color.

    The text form is `auto`, `keep`, `cut`, `keep:2,5`, `cut:1` or `keep:2,5;cut:1`. Numbers are
    those of the report's areas. Areas that no list names are judged automatically.

    Attributes:
        mode: `auto` judges each area, `keep` keeps all as part of the subject, `cut` cuts all out.
        keep: numbers of areas to keep; only with mode `auto`.
        cut: numbers of areas to cut out; only with mode `auto`.

    Raises:
        InvalidOption: a number is out of range or in both lists, or a mode has lists.
    """

    mode: HoleMode = "auto"
    keep: tuple[int, ...] = ()
    cut: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        keep, cut = tuple(sorted(set(self.keep))), tuple(sorted(set(self.cut)))
        object.__setattr__(self, "keep", keep)
        object.__setattr__(self, "cut", cut)
        if self.mode not in get_args(HoleMode):
            raise InvalidOption("holes", "must be auto, keep or cut")
        if (keep or cut) and self.mode != "auto":
            raise InvalidOption("holes", f"can't list areas together with {self.mode}")
        if any(not 1 <= number <= MAX_AREAS for number in self.numbers):
            raise InvalidOption("holes", f"must name areas by numbers from 1 to {MAX_AREAS}")
        both = sorted(set(keep) & set(cut))
        if both:
            raise InvalidOption("holes", f"can't both keep and cut area {both[0]}")

    @classmethod
    def parse(cls, text: str) -> "HoleChoice":
        """Parse the text form.

        Raises:
            InvalidOption: the text has another form.
        """
        for mode in get_args(HoleMode):
            if text == mode:
                return cls(mode)
        lists: dict[str, tuple[int, ...]] = {}
        for part in text.split(";"):
            match = _PART.fullmatch(part)
            if match is None or match[1] in lists:
                raise InvalidOption(
                    "holes", "must be auto, keep, cut, or lists of areas such as keep:2,5;cut:1"
                )
            lists[match[1]] = tuple(int(number) for number in match[2].split(","))
        return cls(keep=lists.get("keep", ()), cut=lists.get("cut", ()))

    def __str__(self) -> str:
        """Return the canonical text form: numbers sorted, `keep` first."""
        lists = (("keep", self.keep), ("cut", self.cut))
        parts = [f"{name}:{','.join(map(str, numbers))}" for name, numbers in lists if numbers]
        return ";".join(parts) or self.mode

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of all areas that are named, ascending."""
        return tuple(sorted({*self.keep, *self.cut}))

    def decision(self, number: int) -> HoleMode:
        """Return what to do with an area: `auto` if it is to be judged."""
        if number in self.keep:
            return "keep"
        return "cut" if number in self.cut else self.mode


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoutOptions:
    """What a caller decides about a cutout; without arguments, nothing.

    Attributes:
        holes: how to treat enclosed areas of background color.
        shadow: whether contact shadows are removed (`cut`) or kept as partial opacity (`keep`).
        background: the color of the background as `#rrggbb`; "" to measure it.
        tolerance: levels, 0..100, by which background may differ from its color; None to measure.
        mask: a PNG file that erases and restores parts of the image; empty for none.
        subject: what the image shows, in the prompt's words, as evidence for the judgment of
            enclosed areas; "" if unknown.

    Raises:
        InvalidOption: an option is invalid.
    """

    holes: HoleChoice = HoleChoice()
    shadow: ShadowMode = "cut"
    background: str = ""
    tolerance: int | None = None
    mask: bytes = b""
    subject: str = ""

    def __post_init__(self) -> None:
        if self.shadow not in get_args(ShadowMode):
            raise InvalidOption("shadow", "must be cut or keep")
        if self.background and not _COLOR.fullmatch(self.background):
            raise InvalidOption("background", "must be a color such as #rrggbb, in lower case")
        if self.tolerance is not None and not 0 <= self.tolerance <= MAX_TOLERANCE:
            raise InvalidOption(
                "tolerance", f"must be a whole number of levels from 0 to {MAX_TOLERANCE}"
            )


AUTOMATIC = CutoutOptions()
"""Nothing is decided by the caller."""
