"""Cleaning of values, and what can't be cleaned."""

from app.config.cleaning import clean, find_dirt
from tests.support.tables import each_row


@each_row(
    "dirty",
    [
        "value\n",
        "value\r\n",
        "\t value \t",
        "\u00a0value\u3000",
        '"value"',
        "'value'",
        "`value`",
        "\u201cvalue\u201d",
        "\u201evalue\u201c",
        "\u201dvalue\u201d",
        "\u00abvalue\u00bb",
        "\u2018value\u2019",
        "\uff02value\uff02",
        '"value\u201d',
        "' \"value\" '\n",
        "\u200bvalue",
        "value\u200c\u200d\u2060",
        "\ufeffvalue",
        "value\u00ad",
        "\u202avalue\u202c",
        "value\u2028",
        "value\x00\x1b",
        "\u2800value\ufe0f",
    ],
)
def test_what_surrounds_a_value_is_removed(dirty: str) -> None:
    """Spaces, invisible characters and pairs of quotes are removed, in any order."""
    assert clean(dirty) == "value"
    assert find_dirt("NAME", clean(dirty)) is None


@each_row("value", ["a b", "it's", '"a', "b\u201d", 'say "a" and "b', "a'", "p@ss'"])
def test_the_rest_of_a_value_is_kept(value: str) -> None:
    """Spaces and quotes within a value, and a quote without its pair, are part of it."""
    assert clean(value) == value


@each_row("value", ["", " ", '""', "''", "\u200b", "\ufeff\n", '" \u00a0"'])
def test_only_dirt_is_empty(value: str) -> None:
    """A value of spaces, quotes and invisible characters only is empty."""
    assert clean(value) == ""


@each_row(
    "value, problem",
    [
        ("ab\u200bcd", "U+200B"),
        ("ab\ncd", "U+000A"),
        ("ab\u00a0cd", "U+00A0"),
        ("ab\x00cd", "U+0000"),
        ("ab\udce4cd", "not UTF-8"),
        ("abcd\\n", "backslash"),
        ("abcd\\r\\n", "backslash"),
        ("NAME=abcd", "repeats its own name"),
        ("name=abcd", "repeats its own name"),
        ("${OTHER}", "placeholder"),
        ("$OTHER", "placeholder"),
        ("%OTHER%", "placeholder"),
        ("$(cat key)", "placeholder"),
        ("{{ secrets.KEY }}", "placeholder"),
        ("<your key>", "placeholder"),
    ],
)
def test_dirt_within_a_value_is_described(value: str, problem: str) -> None:
    """What can't be removed safely is described, without a part of the value."""
    found = find_dirt("NAME", value)
    assert found is not None
    assert problem in found
    assert "abcd" not in found


def test_lists_and_json_may_have_line_breaks() -> None:
    """Line breaks are allowed within the named variables only."""
    assert find_dirt("LIST", "a,\n\tb", multi_line={"LIST"}) is None
    assert find_dirt("OTHER", "a,\n\tb", multi_line={"LIST"}) is not None
    assert find_dirt("LIST", "a,\u200bb", multi_line={"LIST"}) is not None
