"""What the words of a prompt say about enclosed areas."""

import pytest

from app.imaging.cutout.holes import words


@pytest.mark.parametrize("prompt", ["a panda", "Two PANDAS", "an envelope with a letter", "snow"])
def test_subjects_with_white_parts_are_evidence_for_subject(prompt: str) -> None:
    """A prompt that names something white says that enclosed areas are subject."""
    assert words.evidence(prompt) > 0.25


@pytest.mark.parametrize("prompt", ["a wreath", "scissors", "lettering", "a ring, a bicycle wheel"])
def test_things_with_openings_are_evidence_for_holes(prompt: str) -> None:
    """A prompt that names something with openings says that enclosed areas are holes."""
    assert words.evidence(prompt) < -0.25


@pytest.mark.parametrize("prompt", ["", "xyzzy qwrtz", "the and of", "1234 !?"])
def test_unknown_words_say_nothing(prompt: str) -> None:
    """Unknown words, and no words, leave the decision to the shape."""
    assert words.evidence(prompt) == 0.0


def test_the_background_in_a_prompt_says_nothing() -> None:
    """A prompt's words about its background are not about the subject."""
    assert words.evidence("a ring on a snow background") == words.evidence("a ring")


@pytest.mark.parametrize(
    "word", ["panda snow envelope milk egg ", "ring wreath chain wheel fence "]
)
def test_evidence_is_limited(word: str) -> None:
    """No number of words outweighs a clear shape."""
    assert abs(words.evidence(word * 50)) <= words.MAX_EVIDENCE


def test_the_order_of_words_does_not_matter() -> None:
    """The same words give the same evidence, to the last digit."""
    text = "panda ring envelope wheel snow cup star".split()
    assert words.evidence(" ".join(text)) == words.evidence(" ".join(reversed(text)))


@pytest.mark.parametrize(
    ("word", "singular"), [("pandas", "panda"), ("berries", "berry"), ("leaves", "leaf")]
)
def test_plurals_count_as_singulars(word: str, singular: str) -> None:
    """A plural is looked up as its singular."""
    assert words.stem(word) == singular
