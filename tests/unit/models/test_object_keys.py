"""Object keys and file names: they derive from the id, and give it back."""

import uuid

import pytest

from app.models import object_keys
from tests.support.tables import each_row

ID = "0b8f2f0e-2f6b-4a30-9a4e-5f0c9a3d1e77"
KEYS = (
    *object_keys.original_keys(ID),
    object_keys.evidence_key(ID),
    object_keys.sidecar_key(ID),
    object_keys.trash_key(ID),
    object_keys.image_key(ID),
)


@each_row("key", KEYS)
def test_every_key_contains_its_id(key: str) -> None:
    """Each key of an image gives back the id, and begins with one of the image's prefixes."""
    assert object_keys.id_of_key(key) == ID
    assert object_keys.split_key(key)[1] == ID
    assert key.startswith(object_keys.key_prefixes(ID))


def test_keys_differ() -> None:
    """No two objects of an image share a key."""
    assert len(set(KEYS)) == len(KEYS) == len(object_keys.STORED_EXTENSIONS) + 1


@each_row(
    "key",
    [
        "",
        ID,
        f"images/{ID}",
        f"images/{ID}.webp",
        f"images/{ID}.png\n",
        f"images/{ID.upper()}.png",
        f"originals/{ID}.gif",
        f"originals/../{ID}.png",
        f"other/{ID}.png",
        f"originals/.{ID}.png",
    ],
)
def test_foreign_keys_have_no_id(key: str) -> None:
    """A bucket may hold other objects, which are not the service's own."""
    assert object_keys.id_of_key(key) is None


@pytest.mark.parametrize(("text", "valid"), [(ID, True), (f"{ID}.png", False), ("x", False)])
def test_an_id_is_a_uuid_in_lower_case(text: str, valid: bool) -> None:
    """New ids are valid, and nothing else is."""
    assert object_keys.is_id(text) is valid
    assert object_keys.is_id(str(uuid.uuid4()))


def test_the_original_is_found_among_keys() -> None:
    """Notes, evidence and the cut-out image are no originals."""
    others = {object_keys.evidence_key(ID), object_keys.sidecar_key(ID), object_keys.image_key(ID)}
    assert object_keys.original_among(others) is None
    for key in object_keys.original_keys(ID):
        assert object_keys.original_among({*others, key}) == key


def test_names_and_ids_convert_into_each_other() -> None:
    """A file name without its extension is the id; a bare id stays as it is."""
    name = object_keys.image_name(ID)
    assert object_keys.id_of_name(name) == object_keys.id_of_name(ID) == ID
    assert object_keys.image_path(ID) == f"/images/{name}"


@each_row(
    "key, content_type",
    [
        ("originals/x.jpeg", "image/jpeg"),
        ("originals/x.json", "application/json"),
        ("originals/x.bin", "application/octet-stream"),
        ("images/x.png", "image/png"),
        ("images/x.exe", "application/octet-stream"),
        ("images/x", "application/octet-stream"),
    ],
)
def test_the_content_type_follows_from_the_extension(key: str, content_type: str) -> None:
    """An unknown extension has the type of arbitrary bytes."""
    assert object_keys.content_type_of(key) == content_type


@pytest.mark.parametrize(
    ("content_type", "extension"),
    [
        ("image/png", "png"),
        ("image/avif", "avif"),
        ("image/vnd.microsoft.icon", "ico"),
        ("text/html", "bin"),
        ("", "bin"),
    ],
)
def test_the_extension_follows_from_the_content_type(content_type: str, extension: str) -> None:
    """A file that is downloaded gets the extension of its type."""
    assert object_keys.extension_of(content_type) == extension
