"""The options of a cutout and their text forms."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imaging import CutoutOptions, HoleChoice, InvalidOption
from app.imaging.cutout.options import CHOICE_PATTERN, MAX_AREAS
from tests.support.tables import each_row

NUMBERS = st.lists(st.integers(1, MAX_AREAS), max_size=4)


@each_row(
    "text, choice, canonical",
    [
        ("auto", HoleChoice(), "auto"),
        ("keep", HoleChoice("keep"), "keep"),
        ("cut", HoleChoice("cut"), "cut"),
        ("keep:5,2,5", HoleChoice(keep=(2, 5)), "keep:2,5"),
        ("cut:1", HoleChoice(cut=(1,)), "cut:1"),
        ("cut:1;keep:2", HoleChoice(keep=(2,), cut=(1,)), "keep:2;cut:1"),
    ],
)
def test_each_text_form_gives_a_choice(text: str, choice: HoleChoice, canonical: str) -> None:
    """Equal choices have equal texts: numbers are sorted and named once, and `keep` is first."""
    assert HoleChoice.parse(text) == choice
    assert str(choice) == canonical
    assert re.fullmatch(CHOICE_PATTERN, text)


@given(keep=NUMBERS, cut=NUMBERS)
def test_the_canonical_text_parses_to_the_same_choice(keep: list[int], cut: list[int]) -> None:
    """Any valid choice survives the way through its text, which the published pattern matches."""
    choice = HoleChoice(keep=tuple(keep), cut=tuple(set(cut) - set(keep)))
    assert HoleChoice.parse(str(choice)) == choice
    assert re.fullmatch(CHOICE_PATTERN, str(choice))


@each_row("text, problem", [
        *((text, "keep:2,5;cut:1") for text in (
            "", "all", "Keep", "keep:", "keep:a", "keep:0", "keep:01", "keep:1,", "keep:-1",
            "keep:1;keep:2", "keep:1;", ";", "keep 1", "keep:1 ", "keep:100", "keep:\u0661",
        )),
        ("keep:25", "1 to 24"),
        ("keep:1,2;cut:2", "both keep and cut area 2"),
    ])  # fmt: skip
def test_any_other_text_is_refused(text: str, problem: str) -> None:
    """The error names the option and states the form, the range or the contradiction."""
    with pytest.raises(InvalidOption, match=re.escape(problem)) as caught:
        HoleChoice.parse(text)
    assert caught.value.option == "holes"
    assert not re.fullmatch(CHOICE_PATTERN, text) or "both" in problem


def test_a_choice_decides_the_areas_that_it_names() -> None:
    """All other areas are judged, unless a mode decides all of them."""
    choice = HoleChoice(keep=(2,), cut=(1,))
    assert [choice.decision(number) for number in (1, 2, 3)] == ["cut", "keep", "auto"]
    assert HoleChoice("keep").decision(7) == "keep"
    assert choice.numbers == (1, 2)


def test_a_document_has_the_options_that_differ_from_the_default() -> None:
    """It is empty without any, has JSON values only, and leaves out what the image shows."""
    assert CutoutOptions(subject="a panda").to_document() == {}
    options = CutoutOptions(
        holes=HoleChoice.parse("cut:3;keep:2"),
        shadow="keep",
        background="#fefefe",
        tolerance=0,
        mask=b"\x89PNG",
    )
    document = options.to_document()
    assert document == {
        "holes": "keep:2;cut:3",
        "shadow": "keep",
        "background": "#fefefe",
        "tolerance": 0,
        "mask": "iVBORw==",
    }
    assert CutoutOptions.from_document(document) == options
    assert CutoutOptions.from_document({}, subject="owl") == CutoutOptions(subject="owl")


@each_row(
    "name, value",
    [
        ("holes", "all"),
        ("holes", ["keep"]),
        ("shadow", "drop"),
        ("background", 7),
        ("tolerance", True),
        ("tolerance", "4"),
        ("tolerance", 4.5),
        ("mask", "no base64"),
        ("mask", "A" * 200_000),
        ("added_later", 1),
    ],
)
def test_an_invalid_option_of_a_document_gets_its_default(name: str, value: object) -> None:
    """A damaged document makes no image unreadable; its other options are kept."""
    document = {"holes": "keep", "tolerance": 3}
    expected = CutoutOptions.from_document({k: v for k, v in document.items() if k != name})
    assert CutoutOptions.from_document(document | {name: value}) == expected


@each_row(
    "options, name",
    [
        ({"shadow": "drop"}, "shadow"),
        ({"background": "white"}, "background"),
        ({"background": "#FFFFFF"}, "background"),
        ({"tolerance": -1}, "tolerance"),
        ({"tolerance": 101}, "tolerance"),
        ({"mask": bytes(131_073)}, "mask"),
    ],
)
def test_invalid_options_are_named(options: dict[str, Any], name: str) -> None:
    """Each option is checked, whatever the caller is."""
    with pytest.raises(InvalidOption) as caught:
        CutoutOptions(**options)
    assert caught.value.option == name
    with pytest.raises(InvalidOption, match="can't list areas together with cut"):
        HoleChoice("cut", keep=(1,))
