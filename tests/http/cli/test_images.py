"""`flask images ...` on the embedded parts: what is printed, and what it leaves."""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from PIL import Image

from app import create_app
from app.container import build_ports
from app.errors import ImageNotFound
from app.models import ANONYMOUS, ImageRecord, State
from app.ports import Ports
from app.services.caching.caching_store import CachingStore
from app.usecases.generation.batch import rows_of
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.images.images import Images
from tests.support.builders import a_request
from tests.support.images.sample_images import encoded, owl
from tests.support.service import close, settings_for

PROMPTS = ("A red fox", "A castle", "Ein Bär")


class Shell:
    """A service of its own, and its commands."""

    def __init__(self, folder: Path) -> None:
        settings = settings_for(data_dir=folder)
        self.ports: Ports = build_ports(settings)
        self.app: Flask = create_app(settings, self.ports)

    def __call__(self, *arguments: str | Path, answer: str = "") -> Result:
        """Run `flask images ...`, and answer what it asks."""
        words = ["images", *map(str, arguments)]
        result = self.app.test_cli_runner().invoke(args=words, input=answer)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def listed(self) -> list[dict[str, object]]:
        """Return what `list --json` tells."""
        return [json.loads(line) for line in self("list", "--json").stdout.splitlines()]

    def image(self, image_id: object) -> bytes:
        """Return a stored image."""
        return self.ports.store.get(f"images/{image_id}.png").data


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Shell]:
    """Three images, drawn offline."""
    shell = Shell(tmp_path / "here")
    assert shell("generate", *PROMPTS).exit_code == 0
    yield shell
    close(shell.ports)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Shell]:
    """Another service, without images."""
    shell = Shell(tmp_path / "there")
    yield shell
    close(shell.ports)


def test_images_move_whole(here: Shell, there: Shell, tmp_path: Path) -> None:
    """Exported and imported they are the same: ids, prompts, times, originals; done twice too."""
    folder = tmp_path / "out"
    for copied in (6, 0):
        done = here("export", folder, "--originals")
        assert done.stdout == f"3 images in {folder}, {copied} files copied, 0 not.\n"
    for reported in ("3 images taken in, 0 were there", "0 images taken in, 3 were there"):
        assert there("import", folder).stdout == f"{reported}, 0 failed.\n"
    assert there.listed() == here.listed()
    for image in here.listed():
        assert there.image(image["id"]) == here.image(image["id"])
        for shell in (here, there):
            assert shell.ports.store.get(f"originals/{image['id']}.json")


def test_a_cut_off_export_is_finished(here: Shell, tmp_path: Path) -> None:
    """What is missing or half there is copied again, and nothing else."""
    here("export", tmp_path)
    first, second, _ = sorted(tmp_path.glob("*.png"))
    whole = first.read_bytes()
    first.write_bytes(whole[:100])
    second.unlink()
    assert "2 files copied" in here("export", tmp_path).stdout
    assert first.read_bytes() == whole
    assert not list(tmp_path.glob(".part-*"))


def test_bare_images_are_taken_in_once(there: Shell, tmp_path: Path) -> None:
    """A file's name is its prompt; bytes that are no image are told; nothing counts as drawn."""
    original = encoded(owl(300, 300), "JPEG", quality=90)
    (tmp_path / "a_small-owl.jpg").write_bytes(original)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (tmp_path / "notes.md").write_text("no image")
    for taken, known in ((1, 0), (0, 1)):
        done = there("import", tmp_path)
        reported = f"{taken} images taken in, {known} were there, 1 failed.\n"
        assert (done.exit_code, done.stdout) == (1, reported)
    (image,) = there.listed()
    assert (image["prompt"], image["provider"], image["charged"], image["cost_usd"]) == (
        *("a small owl", "import", "no"),
        0,
    )
    assert there.ports.store.get(f"originals/{image['id']}.jpeg").data == original
    with Image.open(io.BytesIO(there.image(image["id"]))) as cut:
        assert (cut.size, cut.getpixel((0, 0))[3]) == ((256, 256), 0)  # type: ignore[index]  # reason: RGBA


@pytest.mark.parametrize(
    "line",
    [
        '{"file": "../secret.png", "prompt": "a"}',
        '{"file": "/etc/passwd", "prompt": "a"}',
        '{"file": "nothing.png", "prompt": "a"}',
        '{"prompt": "a"}',
        '{"file": "a.png", "id": "../../x"}',
        '{"file": "a.png", "created_at": "yesterday"}',
        "[]",
        "no JSON",
    ],
)
def test_a_manifest_is_not_believed(there: Shell, tmp_path: Path, line: str) -> None:
    """A line that names what it shouldn't, or makes no sense, is told and takes nothing in."""
    (tmp_path / "secret.png").write_bytes(encoded(owl(64, 64)))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded(owl(64, 64)))
    (folder / "manifest.jsonl").write_text(f"{line}\n")
    done = there("import", folder)
    assert done.stdout == "0 images taken in, 0 were there, 1 failed.\n"
    assert there.listed() == []


def test_recutting_shows_first_and_then_replaces(here: Shell, tmp_path: Path) -> None:
    """--compare changes nothing and shows what would change; --in-place changes just that."""
    old = encoded(Image.new("RGBA", (256, 256), (200, 0, 0, 255)))
    changed, *others = (image["id"] for image in here.listed())
    right = here.image(changed)
    assert isinstance(here.ports.store, CachingStore)
    here.ports.store.store.put(f"images/{changed}.png", old, content_type="image/png")
    compared = here("recut", "--compare", tmp_path)
    assert compared.stdout.endswith("1 would change, 2 are the same, 0 failed.\n")
    assert (tmp_path / f"{changed}-before.png").read_bytes() == old
    assert (tmp_path / f"{changed}-after.png").read_bytes() == right
    with Image.open(tmp_path / "contact-sheet.png") as sheet:
        assert sheet.convert("RGB").getpixel((20, 60)) == (200, 0, 0)
    for reported in ("1 changed, 2 are the same", "0 changed, 3 are the same"):
        assert here("recut", "--in-place").stdout == f"{reported}, 0 failed.\n"
    assert here.image(changed) == right
    answer = here.app.test_client().get(f"/images/{changed}.png")
    assert answer.data == right
    assert len(others) == 2


def test_recutting_reports_what_it_can_not_do(here: Shell, tmp_path: Path) -> None:
    """An image whose original is lost stays as it is."""
    lost = here.listed()[0]["id"]
    here.ports.store.delete(f"originals/{lost}.png")
    done = here("recut", "--in-place")
    assert (done.exit_code, done.stdout) == (1, "0 changed, 2 are the same, 1 failed.\n")
    assert str(lost) in done.stderr
    assert here.image(lost)
    assert here("recut").exit_code == here("recut", "--in-place", "--compare", tmp_path).exit_code


def test_images_are_listed_and_reported(here: Shell) -> None:
    """The newest first, at most so many, by words; one whole; one that isn't there is status 2."""
    ids = [image["id"] for image in here.listed()]
    assert [line.split()[0] for line in here("list", "--limit", "2").stdout.splitlines()] == ids[:2]
    (bear,) = here("list", "--q", "bär").stdout.splitlines()
    reported = here("show", bear.split()[0] + ".png")
    assert (reported.exit_code, json.loads(reported.stdout)["prompt"]) == (0, "Ein Bär")
    assert here("show", "nothing").exit_code == 2


def test_deleting_asks_first(here: Shell) -> None:
    """No, or no answer, deletes nothing; --yes deletes all that is there, and tells what isn't."""
    ids = [str(image["id"]) for image in here.listed()]
    for answer in ("", "n\n"):
        assert here("delete", *ids, answer=answer).exit_code == 1
    assert len(here.listed()) == 3
    done = here("delete", "--yes", ids[0], "nothing", f"{ids[1]}.png")
    assert (done.exit_code, done.stdout) == (1, f"{ids[0]} deleted\n{ids[1]} deleted\n")
    assert [image["id"] for image in here.listed()] == ids[2:]


def test_nothing_is_drawn_by_surprise(here: Shell, tmp_path: Path) -> None:
    """A file that was begun needs --resume or another name; one that wasn't can't be resumed."""
    file = tmp_path / "a.txt"
    file.write_text("A hen\nA hen\n")
    assert here("generate", "--file", file, "--resume").exit_code == 2
    assert here("generate", "--file", file).exit_code == 0
    again = here("generate", "--file", file)
    assert again.exit_code == 2
    assert "2 of these 2 rows" in again.stderr
    file.write_text("A cow\nA hen\nA hen\n")
    report = json.loads(here("generate", "--file", file, "--resume", "--json").stdout)
    assert (report["drawn"], report["drawn_before"]) == (1, 2)
    assert (
        json.loads(here("generate", "--file", file, "--name", "b", "--json").stdout)["drawn"] == 3
    )
    assert len(here.listed()) == 3 + 3 + 3


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["A hen", "--file", __file__],
        ["--file", __file__],
        ["A hen", "--size", "1x1"],
        [" "],
        ["A hen", "--owner", "nobody"],
        ["A hen", "--concurrency", "0"],
    ],
)
def test_what_can_not_be_begun_is_status_2(there: Shell, arguments: list[str]) -> None:
    """It is said on standard error, and nothing is drawn."""
    done = there("generate", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr
    assert there.listed() == []


def test_images_may_be_a_keys(there: Shell) -> None:
    """With --owner they belong to that key, in lists and for its claims."""
    there.app.test_cli_runner().invoke(args=["keys", "create", "alice"])
    (key,) = there.ports.keys.list()
    assert there("generate", "A hen", "--owner", "alice").exit_code == 0
    assert there("generate", "A cow").exit_code == 0
    (line,) = there("list", "--owner", key.id).stdout.splitlines()
    assert "A hen" in line
    (row,) = rows_of("b", [a_request()], ANONYMOUS)
    assert row.claim != rows_of("b", [a_request()], key.caller)[0].claim


def test_commands_speak_for_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the start is on standard error, unless LOG_LEVEL asks for it."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for level, lines in ((None, 0), ("INFO", 1)):
        if level:
            monkeypatch.setenv("LOG_LEVEL", level)
        result = command_line("images", "list")
        assert (result.exit_code, result.stdout) == (0, "")
        assert min(1, len(result.stderr.splitlines())) == lines


def command_line(*arguments: str) -> Result:
    """Run `flask` as a shell does, with an app that is made by it."""
    from click.testing import CliRunner
    from flask.cli import FlaskGroup

    return CliRunner().invoke(FlaskGroup(create_app=create_app), arguments)


def test_an_image_that_is_deleted_meanwhile_stays_deleted(
    here: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What recutting stores for it is taken back."""
    gone = str(here.listed()[0]["id"])
    cut = ImageFinalizer.cut

    def deleting(self: ImageFinalizer, row: ImageRecord, data: bytes) -> tuple[ImageRecord, bytes]:
        new, png = cut(self, row, data)
        if row.id == gone:
            Images(self.ports.store, self.ports.records).delete(gone)
        return replace(new, model="another"), png

    monkeypatch.setattr(ImageFinalizer, "cut", deleting)
    assert here("recut", "--in-place").exit_code == 1
    with pytest.raises(ImageNotFound):
        here.image(gone)


def test_an_import_that_was_cut_off_is_done_again(
    here: Shell, there: Shell, tmp_path: Path
) -> None:
    """Whatever provider the manifest names; while another process is at it, it is told."""
    here("export", tmp_path, "--originals")
    first = here.listed()[0]
    now = there.ports.clock.now()
    row = ImageRecord(
        id=str(first["id"]),
        state=State.PENDING,
        requested_at=now,
        lease_until=now + timedelta(minutes=5),
        provider="openai",
    )
    assert there.ports.records.insert(row)
    assert there("import", tmp_path).stdout == "2 images taken in, 0 were there, 1 failed.\n"
    assert there.ports.records.compare_and_swap(row, replace(row, lease_until=now))
    assert there("import", tmp_path).stdout == "1 images taken in, 2 were there, 0 failed.\n"
    assert there.image(first["id"]) == here.image(first["id"])


def test_what_a_key_may_have_paid_for_is_no_import(here: Shell, tmp_path: Path) -> None:
    """A failed generation with a key keeps its row, whatever a manifest says."""
    here("export", tmp_path, "--originals")
    kept = replace(
        here.ports.records.scan(limit=1)[0],
        id="0f9b2d6c-4e1a-4f0f-8a54-000000000000",
        state=State.FAILED,
        claim="c",
    )
    assert here.ports.records.insert(kept)
    manifest = tmp_path / "manifest.jsonl"
    entry = json.loads(manifest.read_text().splitlines()[0])
    manifest.write_text(json.dumps(entry | {"id": kept.id}))
    assert "0 images taken in, 1 were there" in here("import", tmp_path).stdout
    assert here.ports.records.get(kept.id) == kept


def test_a_second_export_keeps_what_the_first_one_reported(here: Shell, tmp_path: Path) -> None:
    """The manifest names all images of the folder that are still there."""
    here("export", tmp_path, "--q", "fox")
    here("export", tmp_path, "--q", "castle")
    reported = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    assert {entry["prompt"] for entry in reported} == {"A red fox", "A castle"}
    (tmp_path / reported[0]["file"]).unlink()
    here("export", tmp_path, "--q", "bär")
    reported = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    assert {entry["prompt"] for entry in reported} == {"A castle", "Ein Bär"}


def test_names_that_are_no_unicode_are_read(there: Shell, tmp_path: Path) -> None:
    """As of an old archive; a folder that is called like an image is passed over."""
    name = os.fsencode(tmp_path) + b"/caf\xe9.png"
    with open(name, "wb") as file:  # noqa: PTH123 - reason: bytes are no Path
        file.write(encoded(owl(64, 64)))
    (tmp_path / "folder.png").mkdir()
    assert there("import", tmp_path).stdout == "1 images taken in, 0 were there, 0 failed.\n"
    assert there.listed()[0]["prompt"] == "caf?"


@pytest.mark.parametrize("command", ["generate", "import"])
def test_nothing_is_made_for_a_key_that_is_revoked(
    there: Shell, tmp_path: Path, command: str
) -> None:
    """Nobody could fetch it; what it has can still be listed."""
    keys = there.app.test_cli_runner()
    keys.invoke(args=["keys", "create", "alice"])
    keys.invoke(args=["keys", "revoke", "alice"])
    what = "A hen" if command == "generate" else tmp_path
    assert there(command, what, "--owner", "alice").exit_code == 2
    assert there("list", "--owner", "alice").exit_code == 0
    assert there.listed() == []
