"""Files of prompts: what is read, and that all that is wrong is told at once."""

from pathlib import Path

import pytest

from app.cli.prompt_files import UnusableFile, read
from app.models import ImageRequest

FOX = ImageRequest(first_prompt="A red fox", prompt="A red fox", size="1024x1024")


def made(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "# two foxes\nA red fox\n\nA red fox"),
        ("a.txt", "\N{BOM}A red fox\r\nA red fox\r\n"),
        ("a.CSV", "prompt,size\nA red fox,\nA red fox,1024x1024\n"),
        ("a.csv", '\N{BOM}enhance,prompt\r\nno,"A red fox"\r\n,A red fox\r\n'),
        ("a.jsonl", '{"prompt": "A red fox"}\n\n{"prompt": "A red fox", "enhance": false}\n'),
    ],
)
def test_all_forms_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    """Lines, a table and objects; with a byte order mark, Windows' line ends, empty lines."""
    assert read(made(tmp_path, name, text)) == [FOX, FOX]


def test_fields_are_those_of_the_api(tmp_path: Path) -> None:
    """A prompt may go over lines in a table; enhance, quality and size are as in a body."""
    text = 'prompt,enhance,quality,size\n"A fox,\nand a hen",Yes,low,1536x1024\n'
    (wish,) = read(made(tmp_path, "a.csv", text))
    assert (wish.prompt, wish.enhance) == ("A fox,\nand a hen", True)
    assert (wish.quality, wish.size) == ("low", "1536x1024")


@pytest.mark.parametrize(
    ("name", "text", "problems"),
    [
        ("a.json", "[]", ["a.json: a file of prompts ends in .txt, .csv or .jsonl."]),
        ("a.txt", "\n# nothing\n", ["a.txt has no prompts."]),
        ("a.txt", f"{'x' * 4001}\nA fox\n\x07\n", ["line 1: prompt: ", "line 3: prompt: "]),
        ("a.csv", "A red fox\nA blue fox\n", ["line 1: The first line has to name the columns"]),
        ("a.csv", "prompt,size\nA fox,1x1\n,\nA fox\n", ["line 2: size: ", "line 3: prompt: "]),
        ("a.csv", "prompt\nA fox, red\n", ["line 2: more columns: "]),
        ("a.csv", "prompt,enhance\nA fox,perhaps\n", ["line 2: enhance: "]),
        ("a.csv", 'prompt\n"A fox\n', ["a.csv can't be read: "]),
        ("a.txt", b"\xff\xfe", ["a.txt can't be read: "]),
        (
            "a.jsonl",
            '{"prompt": "A fox"}\nnot JSON\n["a"]\n{"prompt": 1}\n'
            '{"prompt": "a", "dry_run": true}\n{"prompt": "a", "color": 1}\n',
            ["line 2: This", "line 3: the line", "line 4: prompt", "line 5: dry_run", "line 6: co"],
        ),
    ],
)
def test_all_that_is_wrong_is_reported_at_once(
    tmp_path: Path, name: str, text: str | bytes, problems: list[str]
) -> None:
    """Each with its line, before anything is drawn."""
    with pytest.raises(UnusableFile) as caught:
        read(made(tmp_path, name, text))
    assert len(caught.value.problems) == len(problems), caught.value.problems
    for problem, reported in zip(problems, caught.value.problems, strict=True):
        assert problem in reported


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is told as a problem of the file."""
    with pytest.raises(UnusableFile):
        read(tmp_path / "nothing.txt")
