"""What a caller may decide about a cutout, and the text forms of these options."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

HoleMode = Literal["auto", "keep", "cut"]
"""Enclosed areas of the background's color: judged one by one, all kept, or all cut."""
ShadowMode = Literal["cut", "keep"]
"""Contact shadows: removed with the background, or kept as black with partial opacity."""

MAX_TOLERANCE = 100  # levels
MAX_MASK_BYTES = 128 * 1024  # of the file: a record and a sidecar hold it
MAX_AREAS = 24  # areas that a report lists, and numbers that a choice may name
_COLOR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_PART = re.compile(r"(keep|cut):([1-9][0-9]?(?:,[1-9][0-9]?)*)", re.ASCII)
_NUMBER = "([1-9]|1[0-9]|2[0-4])"
_NUMBERS = f"{_NUMBER}(,{_NUMBER})*"
CHOICE_PATTERN = (
    f"^(auto|keep|cut|keep:{_NUMBERS}(;cut:{_NUMBERS})?|cut:{_NUMBERS}(;keep:{_NUMBERS})?)$"
)
"""The form of texts for `HoleChoice.parse`, which also refuses a number in both lists."""


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
        mask: a PNG file of at most 128 KiB that erases and restores parts of the image; empty for
            none.
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
        if len(self.mask) > MAX_MASK_BYTES:
            raise InvalidOption("mask", f"must be at most {MAX_MASK_BYTES // 1024} KiB")

    def to_document(self) -> dict[str, str | int]:
        """Return the options that differ from the default, as JSON values, without `subject`.

        The mask is base64.
        """
        values: dict[str, str | int | None] = {
            "holes": "" if self.holes == AUTOMATIC.holes else str(self.holes),
            "shadow": "" if self.shadow == AUTOMATIC.shadow else self.shadow,
            "background": self.background,
            "tolerance": self.tolerance,
            "mask": base64.b64encode(self.mask).decode(),
        }
        return {name: value for name, value in values.items() if value not in {None, ""}}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], *, subject: str = "") -> "CutoutOptions":
        """Return the options of a document; an invalid one gets its default.

        Args:
            document: as `to_document` returns it.
            subject: what the image shows.
        """
        options = cls(subject=subject)
        for name, value in document.items():
            if name in _READERS:
                with suppress(TypeError, ValueError):
                    options = replace(options, **{name: _READERS[name](value)})
        return options


AUTOMATIC = CutoutOptions()
"""Nothing is decided by the caller."""


@dataclass(frozen=True, slots=True)
class VariantSource:
    """What a stored image was made from: the original's file, and the options of its cutout."""

    data: bytes
    options: CutoutOptions = AUTOMATIC


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _whole_number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("must be a whole number")
    return int(value)  # pymongo has its own class for 64-bit integers


def _file(value: Any) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except binascii.Error as error:
        raise InvalidOption("mask", "must be base64") from error


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "holes": lambda value: HoleChoice.parse(_text(value)),
    "shadow": _text,
    "background": _text,
    "tolerance": _whole_number,
    "mask": _file,
}
