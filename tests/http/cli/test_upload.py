"""`flask images upload`."""

from pathlib import Path

from PIL import Image

from tests.support.images.sample_images import encoded, owl
from tests.support.service import CommandLine


def test_files_are_stored_once(target: CommandLine, tmp_path: Path) -> None:
    """Each gets the prompt and the options; problems are named with their file."""
    owl_file, notes, large = tmp_path / "owl.png", tmp_path / "notes.png", tmp_path / "large.png"
    owl_file.write_bytes(encoded(owl(300, 300)))
    notes.write_text("no image")
    with large.open("wb") as file:
        file.truncate(20 * 1024 * 1024 + 1)
    options = ("--prompt", "An owl", "--holes", "keep")
    for stored, there in ((1, 0), (0, 1)):
        result = target("upload", owl_file, notes, large, *options)
        summary = f"{stored} stored, {there} already there, 2 failed.\n"
        assert (result.exit_code, result.stdout.endswith(summary)) == (1, True)
    assert f"{notes}: The request is not valid. file: Neither a PNG" in result.stderr
    assert f"{large}: The file is larger than 20 MiB." in result.stderr
    (image,) = target.listed()
    assert (image["prompt"], image["provider"]) == ("An owl", "upload")
    assert image["cutout_options"] == {"holes": "keep"}
    assert f"{owl_file}: {image['id']}\n" in result.stdout


def test_invalid_options_store_nothing(target: CommandLine, tmp_path: Path) -> None:
    """The exit status is 2, with the words of the API; so it is without a file."""
    file, mask = tmp_path / "owl.png", tmp_path / "mask.png"
    file.write_bytes(encoded(owl(300, 300)))
    mask.write_bytes(encoded(Image.new("L", (9, 9), 0)))
    result = target("upload", file, "--tolerance", "300")
    assert (result.exit_code, "--tolerance: " in result.stderr) == (2, True)
    assert target("upload", file, "--background", "red").exit_code == 2
    assert target("upload").exit_code == 2
    assert target.listed() == []
    assert target("upload", file, "--mask", mask).exit_code == 0
    assert target.listed()[0]["cutout_options"]["mask"]  # type: ignore[index]  # reason: any JSON
