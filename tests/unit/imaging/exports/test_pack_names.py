"""The name of a web app in the texts of its pack."""

import io
import json
import zipfile

import numpy as np
import pytest

from app.imaging.exports.export import Export
from app.imaging.exports.pack import DEFAULT_NAME, make_pack
from app.imaging.exports.rules import pack_rule


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("", "My app"),
        ("An owl", "An owl"),
        ("An owl reading a book", "An owl"),
        ("Twelve chars", "Twelve chars"),
        ("Donaudampfschifffahrt", "Donaudampfsc"),
        ('"{short_name}" \\ {background}', '"{short_name'),
    ],
)
def test_a_web_app_has_a_name(name: str, short: str) -> None:
    """It is text in the manifest, whatever it contains; its first words are the short name."""
    rule = pack_rule("pwa")
    (text,) = (each for each in rule.texts if each.path == "site.webmanifest")
    manifest = json.loads(text.text((255, 255, 255), name or DEFAULT_NAME))
    assert (manifest["name"], manifest["short_name"]) == (name or "My app", short)


def test_a_name_is_part_of_the_pack() -> None:
    """It is in the manifest, and in the text that caches and signatures know the pack by."""
    export = Export("pwa", (18, 52, 86), "Owl & co.")
    assert export.canonical() == "background=123456&name=Owl%20%26%20co.&export=pwa"
    pack = make_pack(np.full((64, 64, 4), 255, np.uint8), export, b"")
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        manifest = json.loads(archive.read("site.webmanifest"))
    assert (manifest["theme_color"], manifest["name"]) == ("#123456", "Owl & co.")
