"""The text that is drawn, its two parts, and the words it is found by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.prompts import fold, join_prompt, split_prompt
from tests.support.tables import each_row


@each_row(
    "text, words",
    [
        ("A red FOX", ("a", "fox", "red")),
        ("fox, fox; fox!", ("fox",)),
        ("Éclair ÉCLAIR e\u0301clair eclair", ("eclair",)),
        ("Straße STRASSE", ("strasse",)),
        ("ﬁg", ("fig",)),
        ("Łódź 2026", ("2026", "łodz")),
        ("狐 и лиса", ("и", "лиса", "狐")),
        ("红狐狸, 猫", ("猫", "红狐狸")),
        ("iPhone手机3", ("3", "iphone", "手机")),
        ("ｷﾂﾈ、ガ・か\u3099", ("が", "ガ", "キツネ")),
        ("여우가 달린다", ("달린다", "여우가")),
        ("हिन्दी लोमड़ी।", ("लोमडी", "हिनदी")),
        ("สีแดง ๚", ("สีแดง",)),
        ('{"$gt": ""}', ("gt",)),
        (" \n.,;", ()),
        ("", ()),
    ],
)
def test_words_are_folded(text: str, words: tuple[str, ...]) -> None:
    """Case, accents, ligatures, punctuation, order and repetition make no difference."""
    assert fold(text) == words


def test_several_texts_give_the_words_of_all() -> None:
    """Words never run together across texts."""
    assert fold("red fox", "hat", "fox") == ("fox", "hat", "red")


@given(st.text())
def test_every_word_of_a_text_finds_it(text: str) -> None:
    """Whatever piece of a text someone types, all its folded words are among the text's own."""
    own = set(fold(text))
    for piece in text.split():
        assert set(fold(piece)) <= own


SCRIPTS = "狐狸红色のキツネがガ여우가แมวสีแดງឆ្កែမြန် 、・aé"


@given(st.text(alphabet=SCRIPTS, max_size=30), st.data())
def test_every_part_of_unspaced_text_finds_it(text: str, data: st.DataObject) -> None:
    """Any piece of two characters or more, wherever it begins, finds the text."""
    start = data.draw(st.integers(0, len(text)))
    piece = text[start : start + data.draw(st.integers(2, 8))]
    words = fold(text)
    for part in fold(piece):
        assert part.isascii() or any(part in word for word in words)


@given(st.text())
def test_folding_folded_words_changes_nothing(text: str) -> None:
    """A stored word that is typed again is found."""
    assert fold(*fold(text)) == fold(text)


@given(st.text(alphabet=st.sampled_from("ab .\n")) | st.text())
def test_splitting_a_prompt_loses_nothing(text: str) -> None:
    """A text that was stored as a whole reads the same after it was split."""
    assert join_prompt(*split_prompt(text)) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("A fox\n\nOn white.", ("A fox", "On white.")),
        ("A fox\n\nwith a hat\n\nOn white.", ("A fox\n\nwith a hat", "On white.")),
        ("A fox", ("A fox", "")),
        ("", ("", "")),
    ],
)
def test_the_last_paragraph_is_the_suffix(text: str, parts: tuple[str, str]) -> None:
    """Only that paragraph; a text of one paragraph is all subject."""
    assert split_prompt(text) == parts
