"""`flask images verify` and `reconcile --deep`, on files that are damaged on the disk."""

from pathlib import Path

import pytest

from tests.support.service import CommandLine


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """Return a service with two images."""
    made = CommandLine(tmp_path)
    for prompt in ("A red fox", "A blue owl"):
        assert made("generate", prompt).exit_code == 0
    return made


def test_damage_is_found_and_repaired(cli: CommandLine, tmp_path: Path) -> None:
    """Half an image is damaged; it is cut out again from its original, byte for byte."""
    image_id = str(cli.listed()[0]["id"])
    file = tmp_path / "store" / "images" / f"{image_id}.png"
    right = file.read_bytes()
    assert cli("verify", image_id).exit_code == 0
    file.write_bytes(right[: len(right) // 2])
    result = cli("verify", f"{image_id}.png")
    assert (result.exit_code, result.stdout.count("ok "), "damaged" in result.stdout) == (
        1,
        2,
        True,
    )
    result = cli("reconcile", "--deep")
    assert (result.exit_code, f"damaged  images/{image_id}.png" in result.stdout) == (1, True)
    result = cli("reconcile", "--deep", "--fix", "--mb-per-second", "1000")
    assert (result.exit_code, "2 images read" in result.stdout) == (0, True)
    assert file.read_bytes() == right
    assert cli("verify", image_id).exit_code == 0


def test_place_of_an_interrupted_check_is_read(cli: CommandLine, tmp_path: Path) -> None:
    """The next check continues after the image in the file, which it removes at the end."""
    ids = sorted(str(image["id"]) for image in cli.listed())
    place = tmp_path / "deep-check"
    place.write_text(ids[0])
    assert f"1 images read, continued after {ids[0]}" in cli("reconcile", "--deep").stdout
    assert not place.exists()
    place.write_bytes(b"\xff")
    assert "2 images read." in cli("reconcile", "--deep").stdout


def test_image_that_does_not_exist(cli: CommandLine) -> None:
    """It is an error with status 2."""
    assert cli("verify", "0b1f6e9c-8f57-4b55-9a9b-3d1f7d0b7a10").exit_code == 2
