"""Addresses with passwords, which would be shown to callers."""

import pytest

from app.config import ConfigError, Settings


@pytest.mark.parametrize("name", ["S3_ENDPOINT_URL", "OPENAI_BASE_URL", "S3_PUBLIC_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret@host:9000",
        "http://user:se%40cret@host",
        "http://secret@host",
        "http://:@host",
        "http://user:12/secret@host:9000",
        "http://user:1?secret@host",
        "http://user:1#secret@host",
        "http://user:secret%40host",
        "http://host/?password=secret",
    ],
)
def test_passwords_in_addresses_are_refused(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would be shown in `image_url`; the error names the setting and quotes nothing."""
    monkeypatch.setenv(name, url)
    with pytest.raises(ConfigError, match=f"{name}: must") as caught:
        Settings.load()
    assert "secret" not in str(caught.value)
