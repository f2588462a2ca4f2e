"""`flask images` commands on embedded parts: their output and effects."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image

from app import create_app
from app.errors import ImageNotFound
from app.models import ANONYMOUS, ImageRecord
from app.services.caching.caching_store import CachingStore
from app.usecases.generation.batch import batch_items
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.images.images import Images
from tests.support.builders import a_request
from tests.support.images.sample_images import encoded
from tests.support.service import CommandLine


def test_recut_compares_and_replaces(source: CommandLine, tmp_path: Path) -> None:
    """`--compare` shows the changes without applying them; `--in-place` applies them."""
    old = encoded(Image.new("RGBA", (256, 256), (200, 0, 0, 255)))
    changed, *others = (image["id"] for image in source.listed())
    right = source.image(changed)
    assert isinstance(source.ports.store, CachingStore)
    source.ports.store.store.put(f"images/{changed}.png", old, content_type="image/png")
    result = source("recut", "--compare", tmp_path)
    assert result.stdout.endswith("1 would change, 2 unchanged, 0 failed.\n")
    assert (tmp_path / f"{changed}-before.png").read_bytes() == old
    assert (tmp_path / f"{changed}-after.png").read_bytes() == right
    with Image.open(tmp_path / "contact-sheet.png") as sheet:
        assert sheet.convert("RGB").getpixel((20, 60)) == (200, 0, 0)
    for summary in ("1 changed, 2 unchanged", "0 changed, 3 unchanged"):
        assert source("recut", "--in-place").stdout == f"{summary}, 0 failed.\n"
    assert source.image(changed) == right
    answer = source.app.test_client().get(f"/images/{changed}.png")
    assert answer.data == right
    assert len(others) == 2


def test_recut_reports_missing_originals(source: CommandLine, tmp_path: Path) -> None:
    """An image without an original is reported and unchanged."""
    without_original = source.listed()[0]["id"]
    source.ports.store.delete(f"originals/{without_original}.png")
    result = source("recut", "--in-place")
    assert (result.exit_code, result.stdout) == (1, "0 changed, 2 unchanged, 1 failed.\n")
    assert str(without_original) in result.stderr
    assert source.image(without_original)
    assert (
        source("recut").exit_code == source("recut", "--in-place", "--compare", tmp_path).exit_code
    )


def test_images_are_listed_and_shown(source: CommandLine) -> None:
    """`list` is newest first, with a limit and a search; `show` of an absent image is status 2."""
    ids = [image["id"] for image in source.listed()]
    assert [line.split()[0] for line in source("list", "--limit", "2").stdout.splitlines()] == ids[
        :2
    ]
    (bear,) = source("list", "--q", "bär").stdout.splitlines()
    summary = source("show", bear.split()[0] + ".png")
    assert (summary.exit_code, json.loads(summary.stdout)["prompt"]) == (0, "Ein Bär")
    assert source("show", "nothing").exit_code == 2


def test_areas_are_shown_as_a_table(source: CommandLine) -> None:
    """`show --areas` has a line for each area of the report, with its number and decision."""
    for image in source.listed():
        cutout: Any = image["cutout"]
        head, *lines = source("show", str(image["id"]), "--areas").stdout.splitlines()
        columns = [tuple(line.split()[:2]) for line in lines]
        assert columns == [(str(each["number"]), each["decision"]) for each in cutout["areas"]]
        assert head.startswith("area  decision" if lines else "The report lists no enclosed areas.")


def test_delete_asks_for_confirmation(source: CommandLine) -> None:
    """Without confirmation nothing is deleted; `--yes` deletes, and absent ids are reported."""
    ids = [str(image["id"]) for image in source.listed()]
    for answer in ("", "n\n"):
        assert source("delete", *ids, stdin=answer).exit_code == 1
    assert len(source.listed()) == 3
    result = source("delete", "--yes", ids[0], "nothing", f"{ids[1]}.png")
    assert (result.exit_code, result.stdout) == (1, f"{ids[0]} deleted\n{ids[1]} deleted\n")
    assert [image["id"] for image in source.listed()] == ids[2:]


def test_generate_resumes_a_file_only_on_request(source: CommandLine, tmp_path: Path) -> None:
    """A file that was started needs `--resume` or another name; a new one can't be resumed."""
    file = tmp_path / "a.txt"
    file.write_text("A hen\nA hen\n")
    assert source("generate", "--file", file, "--resume").exit_code == 2
    assert source("generate", "--file", file).exit_code == 0
    second = source("generate", "--file", file)
    assert second.exit_code == 2
    assert "2 of these 2 images" in second.stderr
    file.write_text("A cow\nA hen\nA hen\n")
    report = json.loads(source("generate", "--file", file, "--resume", "--json").stdout)
    assert (report["generated"], report["already_generated"]) == (1, 2)
    assert (
        json.loads(source("generate", "--file", file, "--name", "b", "--json").stdout)["generated"]
        == 3
    )
    assert len(source.listed()) == 3 + 3 + 3


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["A hen", "--file", __file__],
        ["--file", __file__],
        ["A hen", "--size", "1x1"],
        [" "],
        ["A hen", "--owner", "unknown"],
        ["A hen", "--concurrency", "0"],
    ],
)
def test_invalid_arguments_are_status_2(target: CommandLine, arguments: list[str]) -> None:
    """Invalid arguments are reported on standard error, and nothing is generated."""
    result = target("generate", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert target.listed() == []


def test_owner_option_assigns_images_to_a_key(target: CommandLine) -> None:
    """With `--owner` images belong to that API key, in lists and for idempotency."""
    target.app.test_cli_runner().invoke(args=["keys", "create", "alice"])
    (key,) = target.ports.api_keys.list()
    assert target("generate", "A hen", "--owner", "alice").exit_code == 0
    assert target("generate", "A cow").exit_code == 0
    (line,) = target("list", "--owner", key.id).stdout.splitlines()
    assert "A hen" in line
    (item,) = batch_items("b", [a_request()], ANONYMOUS)
    assert item.claim != batch_items("b", [a_request()], key.caller)[0].claim


def test_commands_log_only_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands write no start-up lines to standard error unless LOG_LEVEL is set."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for level, lines in ((None, 0), ("INFO", 1)):
        if level:
            monkeypatch.setenv("LOG_LEVEL", level)
        result = command_line("images", "list")
        assert (result.exit_code, result.stdout) == (0, "")
        assert min(1, len(result.stderr.splitlines())) == lines


def command_line(*arguments: str) -> Result:
    """Run the `flask` command, which creates the app itself."""
    from click.testing import CliRunner
    from flask.cli import FlaskGroup

    return CliRunner().invoke(FlaskGroup(create_app=create_app), arguments)


def test_recut_does_not_restore_a_deleted_image(
    source: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If an image is deleted while it is recut, the new files are removed."""
    deleted = str(source.listed()[0]["id"])
    cut_out = ImageFinalizer.cut_out

    def deleting(
        self: ImageFinalizer, record: ImageRecord, data: bytes
    ) -> tuple[ImageRecord, bytes]:
        new, png = cut_out(self, record, data)
        if record.id == deleted:
            Images(self.store, self.records.records, self.clock).delete(deleted)
        return replace(new, model="another"), png

    monkeypatch.setattr(ImageFinalizer, "cut_out", deleting)
    assert source("recut", "--in-place").exit_code == 1
    with pytest.raises(ImageNotFound):
        source.image(deleted)


@pytest.mark.parametrize("command", ["generate", "import"])
def test_revoked_key_can_not_own_new_images(
    target: CommandLine, tmp_path: Path, command: str
) -> None:
    """A revoked key can't own new images; its existing ones can be listed."""
    keys = target.app.test_cli_runner()
    keys.invoke(args=["keys", "create", "alice"])
    keys.invoke(args=["keys", "revoke", "alice"])
    argument = "A hen" if command == "generate" else tmp_path
    assert target(command, argument, "--owner", "alice").exit_code == 2
    assert target("list", "--owner", "alice").exit_code == 0
    assert target.listed() == []
