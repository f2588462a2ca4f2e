"""`flask images recut` with names: other cutouts of images, as the API makes them."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.support.images.sample_images import encoded, pixels
from tests.support.service import CommandLine


def first_of(source: CommandLine) -> str:
    """Return the id of the newest image."""
    return str(source.listed()[0]["id"])


def test_named_images_get_another_cutout(source: CommandLine) -> None:
    """A line names the new image, which can be made again without effect."""
    ids = [str(image["id"]) for image in source.listed()]
    arguments = ("recut", "--holes", "keep", "--tolerance", "20", ids[0], f"{ids[1]}.png")
    result = source(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    *lines, summary = result.stdout.splitlines()
    assert summary == "2 made, 0 already there, 0 failed."
    for line, parent in zip(lines, ids, strict=False):
        old, *_, new = line.split()
        assert (old, line) == (parent, f"{parent} cut out as {new}")
        shown = json.loads(source("show", new).stdout)
        assert shown["parent"] == f"{parent}.png"
        assert shown["cutout_options"] == {"holes": "keep", "tolerance": 20}
    assert source(*arguments).stdout.splitlines()[-1] == "0 made, 2 already there, 0 failed."
    assert len(source.listed()) == len(ids) + 2


def test_replaced_images_leave_the_list(source: CommandLine) -> None:
    """With `--replace` each takes the place of its parent, and `show` names it."""
    parent, count = first_of(source), len(source.listed())
    result = source("recut", "--replace", "--holes", "keep", parent)
    new = result.stdout.split()[3]
    assert result.stdout.splitlines()[0] == f"{parent} replaced by {new}"
    assert len(source.listed()) == count
    assert json.loads(source("show", parent).stdout)["replaced_by"] == f"{new}.png"
    assert source("reconcile").exit_code == 0


def test_mask_is_read_from_a_file(source: CommandLine, tmp_path: Path) -> None:
    """A black mask erases everything."""
    file = tmp_path / "mask.png"
    file.write_bytes(encoded(Image.new("L", (32, 32))))
    result = source("recut", "--mask", file, first_of(source))
    new = result.stdout.split()[4]
    assert pixels(source.image(new))[..., 3].max() == 0


def test_failures_are_reported_and_the_rest_is_made(source: CommandLine) -> None:
    """An absent image and an absent area are status 1, and name the image."""
    parent = first_of(source)
    result = source("recut", "--holes", "keep", "nothing", parent)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        1,
        "1 made, 0 already there, 1 failed.",
    )
    assert result.stderr.startswith("nothing: ")
    result = source("recut", "--holes", "keep:24", parent)
    assert (result.exit_code, result.stderr.startswith(f"{parent}: ")) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--holes", "all", "ID"],
        ["--holes", "keep:0", "ID"],
        ["--shadow", "auto", "ID"],
        ["--background", "white", "ID"],
        ["--tolerance", "101", "ID"],
        ["--mask", "missing.png", "ID"],
        ["--in-place", "ID"],
        ["--holes", "keep"],
        ["--replace", "--in-place"],
        [],
    ],
)
def test_invalid_arguments_change_nothing(source: CommandLine, arguments: list[str]) -> None:
    """They are status 2, and no image is made."""
    count = len(source.listed())
    named = [first_of(source) if word == "ID" else word for word in arguments]
    result = source("recut", *named)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert len(source.listed()) == count


def test_exports_keep_parent_and_options(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    """An import from originals cuts out with the same options; one from images does not."""
    file = tmp_path / "mask.png"
    file.write_bytes(encoded(Image.new("L", (32, 32))))
    parent = first_of(source)
    new = source("recut", "--mask", file, "--replace", parent).stdout.split()[3]
    assert source("export", tmp_path / "out", "--originals").exit_code == 0
    result = target("import", tmp_path / "out")
    assert result.exit_code == 0, result.output
    (shown,) = [image for image in target.listed() if image["id"] == new]
    assert shown["parent"] == f"{parent}.png"
    assert shown["cutout_options"].keys() == {"mask"}  # type: ignore[attr-defined]  # reason: JSON
    assert pixels(target.image(new))[..., 3].max() == 0
