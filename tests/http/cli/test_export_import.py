"""`flask images export` and `flask images import`."""

import io
import json
import os
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from app.models import ImageRecord, State
from tests.support.images.sample_images import encoded, owl
from tests.support.service import CommandLine


def test_export_and_import_copy_images_completely(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    """Imported images equal the exported ones, also after a second export and import."""
    folder = tmp_path / "out"
    for copied in (6, 0):
        result = source("export", folder, "--originals")
        assert result.stdout == f"3 images in {folder}, {copied} files copied, 0 images failed.\n"
    for summary in ("3 images imported, 0 already there", "0 images imported, 3 already there"):
        assert target("import", folder).stdout == f"{summary}, 0 failed.\n"
    assert target.listed() == source.listed()
    for image in source.listed():
        assert target.image(image["id"]) == source.image(image["id"])
        for commands in (source, target):
            assert commands.ports.store.get(f"originals/{image['id']}.json")


def test_interrupted_export_is_completed(source: CommandLine, tmp_path: Path) -> None:
    """A repeated export copies missing and partial files only."""
    source("export", tmp_path)
    first, second, _ = sorted(tmp_path.glob("*.png"))
    content = first.read_bytes()
    first.write_bytes(content[:100])
    second.unlink()
    assert "2 files copied" in source("export", tmp_path).stdout
    assert first.read_bytes() == content
    assert not list(tmp_path.glob(".part-*"))


def test_images_without_a_manifest_are_imported_once(target: CommandLine, tmp_path: Path) -> None:
    """The file name becomes the prompt; invalid files are reported; nothing is charged."""
    original = encoded(owl(300, 300), "JPEG", quality=90)
    (tmp_path / "a_small-owl.jpg").write_bytes(original)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (tmp_path / "notes.md").write_text("no image")
    for imported, existing in ((1, 0), (0, 1)):
        result = target("import", tmp_path)
        summary = f"{imported} images imported, {existing} already there, 1 failed.\n"
        assert (result.exit_code, result.stdout) == (1, summary)
    (image,) = target.listed()
    assert (image["prompt"], image["provider"], image["charged"], image["cost_usd"]) == (
        *("a small owl", "import", "no"),
        0,
    )
    assert target.ports.store.get(f"originals/{image['id']}.jpeg").data == original
    with Image.open(io.BytesIO(target.image(image["id"]))) as cut:
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
def test_invalid_manifest_entries_are_rejected(
    target: CommandLine, tmp_path: Path, line: str
) -> None:
    """An entry with a foreign path or invalid values is reported and imports nothing."""
    (tmp_path / "secret.png").write_bytes(encoded(owl(64, 64)))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded(owl(64, 64)))
    (folder / "manifest.jsonl").write_text(f"{line}\n")
    result = target("import", folder)
    assert result.stdout == "0 images imported, 0 already there, 1 failed.\n"
    assert target.listed() == []


def test_interrupted_import_is_completed(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    """A repeated import completes an expired record; while its lease runs, it is reported."""
    source("export", tmp_path, "--originals")
    first = source.listed()[0]
    now = target.ports.clock.now()
    record = ImageRecord(
        id=str(first["id"]),
        state=State.PENDING,
        requested_at=now,
        lease_until=now + timedelta(minutes=5),
        provider="openai",
    )
    assert target.ports.records.insert(record)
    assert target("import", tmp_path).stdout == "2 images imported, 0 already there, 1 failed.\n"
    assert target.ports.records.compare_and_swap(record, replace(record, lease_until=now))
    assert target("import", tmp_path).stdout == "1 images imported, 2 already there, 0 failed.\n"
    assert target.image(first["id"]) == source.image(first["id"])


def test_import_keeps_records_with_an_idempotency_key(source: CommandLine, tmp_path: Path) -> None:
    """A failed generation with an idempotency key keeps its record."""
    source("export", tmp_path, "--originals")
    record = replace(
        source.ports.records.scan(limit=1)[0],
        id="0f9b2d6c-4e1a-4f0f-8a54-000000000000",
        state=State.FAILED,
        claim="c",
    )
    assert source.ports.records.insert(record)
    manifest = tmp_path / "manifest.jsonl"
    entry = json.loads(manifest.read_text().splitlines()[0])
    manifest.write_text(json.dumps(entry | {"id": record.id}))
    assert "0 images imported, 1 already there" in source("import", tmp_path).stdout
    assert source.ports.records.get(record.id) == record


def test_second_export_extends_the_manifest(source: CommandLine, tmp_path: Path) -> None:
    """The manifest lists all images that are still in the folder."""
    source("export", tmp_path, "--q", "fox")
    source("export", tmp_path, "--q", "castle")
    summary = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    assert {entry["prompt"] for entry in summary} == {"A red fox", "A castle"}
    (tmp_path / summary[0]["file"]).unlink()
    source("export", tmp_path, "--q", "bär")
    summary = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    assert {entry["prompt"] for entry in summary} == {"A castle", "Ein Bär"}


SEPARATED = [
    "A red\u2028fox",
    "Two\u2029hens",
    "Three\x85owls",
    "A\ncat\r\nand a\rdog",
    "A\x0bfern\x0cand \x1cmoss",
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_prompts_with_line_separators_survive(
    target: CommandLine, tmp_path: Path, line_end: str
) -> None:
    """Import, export, another export and another import keep each prompt as it is."""
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded(owl(64, 64)))
    entries = [{"id": str(uuid.uuid4()), "file": "a.png", "prompt": prompt} for prompt in SEPARATED]
    lines = [json.dumps(entry, ensure_ascii=False) for entry in entries]
    manifest = "\ufeff" + "".join(f"{line}{line_end}" for line in lines)
    (folder / "manifest.jsonl").write_bytes(manifest.encode())
    assert "5 images imported, 0 already there, 0 failed." in target("import", folder).stdout
    assert {image["prompt"] for image in target.listed()} == set(SEPARATED)

    copies = tmp_path / "copies"
    assert "5 images in" in target("export", copies).stdout
    assert "5 images in" in target("export", copies).stdout  # reads the first one's manifest
    for image in target.listed():
        target("delete", "--yes", str(image["id"]))
    assert "5 images imported, 0 already there, 0 failed." in target("import", copies).stdout
    assert {image["prompt"] for image in target.listed()} == set(SEPARATED)


def test_batch_keeps_line_separators(target: CommandLine, tmp_path: Path) -> None:
    """A prompt of a text file is generated once, as one prompt."""
    prompts = SEPARATED[:3]
    file = tmp_path / "prompts.txt"
    file.write_bytes("\r\n".join(prompts).encode())
    assert target("generate", "--file", file).exit_code == 0
    assert {image["prompt"] for image in target.listed()} == set(prompts)


def test_import_accepts_file_names_that_are_not_unicode(
    target: CommandLine, tmp_path: Path
) -> None:
    """A name in another encoding is imported; a folder named like an image is ignored."""
    name = os.fsencode(tmp_path) + b"/caf\xe9.png"
    with open(name, "wb") as file:  # noqa: PTH123 - reason: bytes are no Path
        file.write(encoded(owl(64, 64)))
    (tmp_path / "folder.png").mkdir()
    assert target("import", tmp_path).stdout == "1 images imported, 0 already there, 0 failed.\n"
    assert target.listed()[0]["prompt"] == "caf?"


def test_folder_that_cannot_be_read_ends_the_command(target: CommandLine, tmp_path: Path) -> None:
    """A pipe as the manifest is refused by import and export, with the status 2."""
    os.mkfifo(tmp_path / "manifest.jsonl")
    for command in ("import", "export"):
        result = target(command, tmp_path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == "Error: manifest.jsonl: not a regular file.\n"


def test_links_out_of_the_folder_are_not_followed(source: CommandLine, tmp_path: Path) -> None:
    """An import reads nothing outside the folder, and an export writes nothing there."""
    folder, outside = tmp_path / "in", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "a.png").write_bytes(encoded(owl(64, 64)))
    (folder / "a.png").symlink_to(outside / "a.png")
    result = source("import", folder)
    assert result.stdout == "0 images imported, 0 already there, 1 failed.\n"
    assert result.stderr.endswith("a.png: outside the folder.\n")

    (folder / "originals").symlink_to(outside)
    assert "3 images failed." in source("export", folder, "--originals").stdout
    assert [path.name for path in outside.iterdir()] == ["a.png"]
