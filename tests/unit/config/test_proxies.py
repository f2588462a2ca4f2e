"""Proxies in the environment, which the SDKs of OpenAI and S3 use."""

from pathlib import Path

import pytest

from app.config import ConfigError, Settings
from tests.support.tables import each_row

PROXIES = [f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL")]
NAMES = [*PROXIES, *map(str.lower, PROXIES)]


@pytest.fixture(autouse=True)
def no_proxies(nothing_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - reason: it clears the settings
    """Unset all proxies."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@each_row("name", NAMES)
@each_row(
    "value",
    [
        "socks://127.0.0.1:1080",
        "socks5h://127.0.0.1:1080",
        "ftp://proxy.example.com",
        "http://",
        "http://user:geheim#x@proxy:3128",
        "http://user:geheim/x@proxy:3128",
        "http://proxy:99999",
        " http://proxy:3128",
        '"http://proxy:3128"',
        "http://proxy:3128\u200b",
    ],
)
def test_unusable_proxy_stops_the_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a paid provider, an unusable proxy is an error with its name, without its value."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    with monkeypatch.context() as variables:
        variables.setenv(name, value)
        with pytest.raises(ConfigError, match=rf"(?m)^  {name}: ") as refused:
            Settings.load()
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    "value", ["http://proxy:3128", "proxy:3128", "https://user:p%40ss@proxy.example.com:3128/", ""]
)
def test_usable_proxy_is_accepted(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP proxies are accepted with and without a scheme."""
    monkeypatch.setenv("S3_BUCKET_NAME", "images")
    monkeypatch.setenv("HTTPS_PROXY", value)
    assert Settings.load().s3_bucket_name == "images"


def test_proxy_that_nothing_uses_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OpenAI, Azure and S3, nothing reads these variables."""
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1080")
    assert Settings.load().provider == "offline"
