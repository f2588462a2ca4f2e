"""`flask images edit`."""

from pathlib import Path

from PIL import Image

from tests.support.service import CommandLine


def test_edit_makes_a_child(tmp_path: Path) -> None:
    """It prints the id of the new image; the same key returns it again."""
    target = CommandLine(tmp_path / "data")
    target("generate", "A fox", "A hat")
    hat, fox = (str(image["id"]) for image in target.listed())
    mask = tmp_path / "mask.png"
    Image.new("RGBA", (1024, 1024)).save(mask)
    options = ("--with", f"{hat}.png", "--mask", mask, "--key", "k", "--quality", "low")
    made = target("edit", fox, "With a hat", *options)
    assert made.exit_code == 0, made.output
    image_id = made.stdout.split()[-1]
    assert made.stdout == f"{fox} edited as {image_id}\n"
    again = target("edit", fox, "With a hat", *options)
    assert again.stdout == f"{fox} was edited before as {image_id}\n"
    newest = target.listed()[0]
    assert (newest["id"], newest["parents"]) == (image_id, [f"{fox}.png", f"{hat}.png"])
    assert target("edit", fox, "x", "--dry-run").stdout == "Maximum cost: 0.000000 USD\n"


def test_edit_reports_what_is_wrong(tmp_path: Path) -> None:
    """Invalid options are 2, and what can't be edited is 1."""
    target = CommandLine(tmp_path / "data")
    target("generate", "A fox")
    fox = str(target.listed()[0]["id"])
    assert target("edit", fox, " ").exit_code == 2
    assert target("edit", fox, "x", "--size", "1x1").exit_code == 2
    missing = target("edit", "00000000-0000-0000-0000-000000000000", "x")
    assert (missing.exit_code, "no image" in missing.stderr) == (1, True)
    small = tmp_path / "small.png"
    Image.new("RGBA", (8, 8)).save(small)
    refused = target("edit", fox, "x", "--mask", small)
    assert (refused.exit_code, "1024x1024" in refused.stderr) == (1, True)
