"""Prompt files: formats, and the errors that are reported."""

import json
from pathlib import Path

import pytest

from app.cli.images.batch.prompt_files import PromptFileError, read_prompt_file
from app.models import ImageRequest

FOX = ImageRequest(first_prompt="A red fox", prompt="A red fox", size="1024x1024")


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file and return its path."""
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
def test_all_formats_give_equal_requests(tmp_path: Path, name: str, text: str) -> None:
    """Text, CSV and JSON lines are read, also with BOM, CRLF line ends and empty lines."""
    assert read_prompt_file(write(tmp_path, name, text)) == [FOX, FOX]


def test_csv_has_the_fields_of_the_api(tmp_path: Path) -> None:
    """A CSV has prompts of several lines, and `enhance`, `quality` and `size` as in a body."""
    text = 'prompt,enhance,quality,size\n"A fox,\nand a hen",Yes,low,1536x1024\n'
    (request,) = read_prompt_file(write(tmp_path, "a.csv", text))
    assert (request.prompt, request.enhance) == ("A fox,\nand a hen", True)
    assert (request.quality, request.size) == ("low", "1536x1024")


@pytest.mark.parametrize(
    ("name", "text", "problems"),
    [
        ("a.json", "[]", ["a.json: unknown file type. Use .txt, .csv or .jsonl."]),
        ("a.txt", "\n# nothing\n", ["a.txt: the file contains no prompts."]),
        ("a.txt", f"{'x' * 4001}\nA fox\n\x07\n", ["line 1: prompt: ", "line 3: prompt: "]),
        ("a.csv", "A red fox\nA blue fox\n", ["line 1: The header has no column `prompt`."]),
        ("a.csv", "prompt,size\nA fox,1x1\n,\nA fox\n", ["line 2: size: ", "line 3: prompt: "]),
        ("a.csv", "prompt\nA fox, red\n", ["line 2: more columns: "]),
        ("a.csv", "prompt,enhance\nA fox,perhaps\n", ["line 2: enhance: "]),
        ("a.csv", 'prompt\n"A fox\n', ["a.csv: the file can't be read: "]),
        ("a.txt", b"\xff\xfe", ["a.txt: the file can't be read: "]),
        (
            "a.jsonl",
            '{"prompt": "A fox"}\nnot JSON\n["a"]\n{"prompt": 1}\n'
            '{"prompt": "a", "dry_run": true}\n{"prompt": "a", "color": 1}\n'
            '{"prompt": "a", "prompt": "b"}\n' + "[" * 100_000 + "\n",
            [
                "line 2: The line",
                "line 3: the line",
                "line 4: prompt",
                "line 5: dry_run",
                "line 6: co",
                "line 7: The line",
                "line 8: The line",
            ],
        ),
    ],
)
def test_all_errors_of_a_file_are_reported_together(
    tmp_path: Path, name: str, text: str | bytes, problems: list[str]
) -> None:
    """Each error is reported with its line number."""
    with pytest.raises(PromptFileError) as caught:
        read_prompt_file(write(tmp_path, name, text))
    assert len(caught.value.problems) == len(problems), caught.value.problems
    for problem, reported in zip(problems, caught.value.problems, strict=True):
        assert problem in reported


def test_missing_file_is_reported(tmp_path: Path) -> None:
    """A file that doesn't exist is an error of the prompt file."""
    with pytest.raises(PromptFileError):
        read_prompt_file(tmp_path / "nothing.txt")


SEPARATED = ["A red\u2028fox", "Two\u2029hens", "Three\x85owls", "A\rcat", "\u2028A\tdog \xa0"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("suffix", [".txt", ".csv", ".jsonl"])
def test_lines_end_at_line_feeds_only(tmp_path: Path, suffix: str, line_end: str) -> None:
    """Prompts that contain other line separators are read as they are."""
    lines = {
        ".txt": SEPARATED,
        ".csv": ["prompt", *(f'"{prompt}"' for prompt in SEPARATED)],
        ".jsonl": [json.dumps({"prompt": prompt}, ensure_ascii=False) for prompt in SEPARATED],
    }[suffix]
    file = write(tmp_path, f"a{suffix}", line_end.join([*lines, ""]))
    assert [request.first_prompt for request in read_prompt_file(file)] == SEPARATED


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
@pytest.mark.parametrize("suffix", [".txt", ".csv", ".jsonl"])
def test_control_characters_do_not_end_lines(tmp_path: Path, suffix: str, separator: str) -> None:
    """A prompt with one is refused whole, under the number of its line."""
    prompt = f"A fox{separator}A hen"
    lines = {
        ".txt": ["A fox", prompt],
        ".csv": ["prompt", prompt],
        ".jsonl": ['{"prompt": "A fox"}', json.dumps({"prompt": prompt})],
    }[suffix]
    with pytest.raises(PromptFileError) as refused:
        read_prompt_file(write(tmp_path, f"a{suffix}", "\n".join(lines)))
    (problem,) = refused.value.problems
    assert problem.startswith(f"a{suffix}, line 2: prompt: ")


def test_csv_without_quotes_keeps_separators(tmp_path: Path) -> None:
    """A cell needs no quotes for a separator that ends no line."""
    file = write(tmp_path, "a.csv", "size,prompt\r\n1024x1024,A red\u2028fox\x85\r\n")
    assert [request.first_prompt for request in read_prompt_file(file)] == ["A red\u2028fox\x85"]
