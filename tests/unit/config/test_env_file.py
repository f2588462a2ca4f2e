"""The file `.env`: encodings, unreadable lines."""

import codecs
from pathlib import Path

import pytest

from app.config import ConfigError, Settings

TEXT = "# Größe\nPORT=6001\nMONGODB_DATABASE='grün'\n".replace("grün", "gruen")
pytestmark = pytest.mark.usefixtures("nothing_set")


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        codecs.BOM_UTF16_LE + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
        TEXT.replace("PORT=", " export PORT = ").encode(),
        TEXT.replace("6001", "\u201c6001\u201d").encode(),
    ],
)
def test_unicode_encodings_are_read(data: bytes, nothing_set: Path) -> None:
    """UTF-8 and, with a byte order mark, UTF-16 and UTF-32 are read, with any line ends."""
    (nothing_set / ".env").write_bytes(data)
    settings = Settings.load()
    assert (settings.port, settings.database) == (6001, "gruen")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (TEXT.encode("latin-1"), "line 1 is not UTF-8"),
        (b"PORT=6001\nOPENAI_API_KEY=geheim\xa0\n", "line 2 is not UTF-8"),
        (codecs.BOM_UTF16_LE + b"PORT=6001", "not UTF-8"),
        (TEXT.encode("utf-16-le").replace("ö".encode("utf-16-le"), b"o\0"), "not UTF-8"),
        (b"PORT=6001\n\nOPENAI_API_KEY: geheim\n", "line 3 can't be read"),
        (b"OPENAI_API_KEY geheim\n", "line 1 can't be read"),
        (b'PORT=6001\nOPENAI_API_KEY="geheim\n', "line 2 can't be read"),
        (b"= geheim\n", "line 1 can't be read"),
    ],
)
def test_unreadable_file_is_one_clear_line(data: bytes, problem: str, nothing_set: Path) -> None:
    """Another encoding or an unreadable line stops the start; nothing of the file is quoted."""
    (nothing_set / ".env").write_bytes(data)
    with pytest.raises(ConfigError) as refused:
        Settings.load()
    (line,) = str(refused.value).splitlines()[1:]
    assert line.strip().startswith(".env: ")
    assert problem in line
    assert "geheim" not in line


def test_folder_instead_of_the_file_is_an_error(nothing_set: Path) -> None:
    """A folder, which Docker creates for a missing file, is not taken for a missing file."""
    (nothing_set / ".env").mkdir()
    with pytest.raises(ConfigError, match=r"\.env: can't be read \(IsADirectoryError\)"):
        Settings.load()


def test_dirty_value_in_the_file_does_not_matter_if_overridden(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the value that counts is checked; an empty one does not count."""
    (nothing_set / ".env").write_text("PORT=60\u200b01\nHOST=127.0.0.2\n")
    monkeypatch.setenv("PORT", "6002")
    monkeypatch.setenv("HOST", '" "')
    settings = Settings.load()
    assert (settings.port, settings.host) == (6002, "127.0.0.2")


def test_values_refer_to_other_variables(nothing_set: Path) -> None:
    """`${NAME}` is replaced, so that a password stands in one place."""
    text = "REDIS_PASSWORD=geheim12\nREDIS_URL=redis://:${REDIS_PASSWORD}@127.0.0.1/0\n"
    (nothing_set / ".env").write_text(text)
    url = Settings.load().redis_url
    assert url is not None
    assert url.get_secret_value() == "redis://:geheim12@127.0.0.1/0"
