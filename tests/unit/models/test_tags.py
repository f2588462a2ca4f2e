"""Tags: what is valid, and which are equal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.tags import MAX_TAG_CHARS, MAX_TAGS, InvalidTags, comparable, normalize_tags
from tests.support.tables import each_row

INVALID: dict[str, tuple[Any, str]] = {
    "no list": ("fox", "list"),
    "null": (None, "list"),
    "an object": ({"a": 1}, "list"),
    "a number": ([7], "string"),
    "blank": ([" \t"], "blank"),
    "a joiner alone": (["\u200d"], "blank"),
    "too long": (["x" * (MAX_TAG_CHARS + 1)], "50 characters"),
    "a null character": (["a\x00b"], "control"),
    "a direction mark": (["a\u202eb"], "control"),
    "a lone surrogate": (["a\ud800"], "control"),
    "too many": ([str(n) for n in range(MAX_TAGS + 1)], "16 tags"),
}
EQUAL = {
    "case": ("Fox", "fOX"),
    "composition": ("Pok\u00e9mon", "Poke\u0301mon"),
    "spaces": (" red \n fox ", "red fox"),
    "long letters": ("STRASSE", "stra\u00dfe"),
    "final sigma": ("\u03a3\u03a3", "\u03c3\u03c2"),
}


@each_row("name", INVALID)
def test_an_invalid_list_is_refused_with_the_reason(name: str) -> None:
    """The message names the rule that the value breaks."""
    value, reason = INVALID[name]
    with pytest.raises(InvalidTags, match=reason):
        normalize_tags(value)


@each_row("name", EQUAL)
def test_of_equal_tags_the_first_is_kept(name: str) -> None:
    """Tags are equal without case, in any composition and spacing."""
    first, second = EQUAL[name]
    assert len(normalize_tags([first, second])) == 1
    assert normalize_tags([first, second]) == normalize_tags([first])


def test_tags_keep_their_case_and_order() -> None:
    """They are shown as the caller wrote them; repetitions don't count towards the limit."""
    assert normalize_tags(["Zoo", "apple", "zoo"]) == ("Zoo", "apple")
    assert normalize_tags(["x"] * 100) == ("x",)
    assert normalize_tags(["👩\u200d💻", "مي\u200cخواهم"]) == ("👩\u200d💻", "مي\u200cخواهم")


@given(st.lists(st.text(max_size=8), max_size=5))
def test_normalized_tags_stay_as_they_are(values: list[str]) -> None:
    """Normalizing twice changes nothing, and no two tags are equal."""
    try:
        tags = normalize_tags(values)
    except InvalidTags:
        return
    assert normalize_tags(tags) == tags
    assert len({comparable(tag) for tag in tags}) == len(tags)
