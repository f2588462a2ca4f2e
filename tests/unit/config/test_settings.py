"""The settings: defaults, validation and derived values."""

from pathlib import Path

import pytest

from app.config import ConfigError, Settings
from tests.support.tables import each_row

NAMES = [name.upper() for name in Settings.model_fields]
WRONG = {
    "IMAGE_PROVIDER": "openai",
    "OPENAI_BASE_URL": "api.example.com",
    "OPENAI_IMAGE_QUALITY": "best",
    "OPENAI_BACKGROUND": "black",
    "OPENAI_TIMEOUT_SECONDS": "soon",
    "AWS_SECRET_ACCESS_KEY": "geheim-aws",
    "S3_BUCKET_NAME": "Under_Score",
    "S3_ENDPOINT_URL": "ftp://127.0.0.1",
    "MONGODB_URI": "http://user:geheim-mongo@127.0.0.1",
    "MONGODB_DATABASE": "a.b",
    "REDIS_URL": "geheim-redis",
    "PORT": "70000",
    "PUBLIC_URL": "https://",
    "CORS_ORIGINS": "app.example.com",
    "WEB_CONCURRENCY": "0",
    "MAX_CONCURRENT_GENERATIONS": "-1",
    "MAX_CONCURRENT_VARIANTS": "13",
    "VARIANT_SIGNING_KEYS": "geheim-but-too-short",
    "OPENAI_PRICES": "30 dollars",
    "SERVER_BUDGET": "20.00",
    "LOG_LEVEL": "LOUD",
}
pytestmark = pytest.mark.usefixtures("nothing_set")


def test_defaults_need_no_other_service() -> None:
    """Without settings the service draws offline, keeps local files and listens on loopback."""
    settings = Settings.load()
    assert settings.provider == "offline"
    assert (settings.s3_bucket_name, settings.mongodb_uri, settings.redis_url) == (None, None, None)
    assert settings.data_dir == Path("instance")
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert settings.allowed_origins == ["*"]
    assert settings.secrets == ()


@each_row("name", NAMES)
def test_empty_variable_counts_as_unset(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty environment variable leaves the setting at its default."""
    untouched = Settings.load()
    with monkeypatch.context() as variables:
        variables.setenv(name, "")
        assert Settings.load() == untouched


def test_empty_line_in_env_file_counts_as_unset(nothing_set: Path) -> None:
    """A `.env` file with empty values leaves all settings at their defaults."""
    untouched = Settings.load()
    (nothing_set / ".env").write_text("".join(f"{name}=\n" for name in NAMES))
    assert Settings.load() == untouched


def test_environment_overrides_env_file(nothing_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set overrides the `.env` file; an empty one does not."""
    (nothing_set / ".env").write_text("PORT=6001\nHOST=127.0.0.2\n")
    monkeypatch.setenv("PORT", "6002")
    monkeypatch.setenv("HOST", "")
    settings = Settings.load()
    assert (settings.port, settings.host) == (6002, "127.0.0.2")


def test_error_lists_all_problems_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names every invalid variable and quotes none of the values."""
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        Settings.load()
    lines = str(refused.value).splitlines()[1:]
    assert sorted(line.strip().partition(":")[0] for line in lines) == sorted(WRONG)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONGODB_URI", "mongodb://user:geheim@ex\u2100mple.com/"),
        ("MONGODB_URI", "mongodb://user:geheim@[::1/"),
        ("REDIS_URL", "redis://:geheim@ex\u2100mple.com/"),
    ],
)
def test_unparsable_url_is_not_quoted(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message contains no password, although Python's own error quotes the URL."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        Settings.load()
    assert name in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("key", "provider", "used"),
    [
        ("", "", "offline"),
        ("sk-x", "", "openai"),
        ("sk-x", "openai", "openai"),
        ("sk-x", "offline", "offline"),
        ("", "offline", "offline"),
    ],
)
def test_api_key_selects_openai_by_default(
    key: str, provider: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IMAGE_PROVIDER selects the provider; if it is unset, OPENAI_API_KEY selects `openai`."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("IMAGE_PROVIDER", provider)
    assert Settings.load().provider == used


@pytest.mark.parametrize("given", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_half_an_aws_key_pair_is_rejected(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting only one of the two AWS keys is an error that names both."""
    monkeypatch.setenv(given, "geheim")
    with pytest.raises(ConfigError, match="one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        Settings.load()


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("*", ["*"]),
        ("https://app.example.com", ["https://app.example.com"]),
        (
            " https://app.example.com/ ,http://localhost:3000,",
            ["https://app.example.com", "http://localhost:3000"],
        ),
        ("https://app.example.com, *", ["*"]),
    ],
)
def test_origins_are_parsed(
    value: str, origins: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spaces, trailing slashes and empty parts are dropped; `*` anywhere means all origins."""
    monkeypatch.setenv("CORS_ORIGINS", value)
    assert Settings.load().allowed_origins == origins


@pytest.mark.parametrize(
    "value", ["app.example.com", "https://app.example.com/path", "https://*", "https://", "null"]
)
def test_invalid_origin_is_rejected(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that no browser would send as an Origin header is an error."""
    monkeypatch.setenv("CORS_ORIGINS", value)
    with pytest.raises(ConfigError, match="CORS_ORIGINS"):
        Settings.load()


def test_secrets_include_passwords_inside_urls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`secrets` has keys, whole URLs, and their passwords both encoded and decoded."""
    values = {
        "OPENAI_API_KEY": "sk-one",
        "AWS_ACCESS_KEY_ID": "id-two",
        "AWS_SECRET_ACCESS_KEY": "three",
        "MONGODB_URI": "mongodb://user:p%40ss@one:27017,two:27017/?w=1",
        "REDIS_URL": "redis://:four@127.0.0.1/0",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert {*values.values(), "p%40ss", "p@ss", "four"} <= set(settings.secrets)
    assert not any(secret in repr(settings) for secret in settings.secrets)


def test_each_signing_key_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing keys are split at commas, kept verbatim, and each is one of the secrets."""
    new, old = "n" * 31 + "/", "o" * 40
    monkeypatch.setenv("VARIANT_SIGNING_KEYS", f" {new} , {old}, ")
    settings = Settings.load()
    assert settings.signing_keys == (new, old)
    assert {new, old} <= set(settings.secrets)
    assert new not in repr(settings)


@pytest.mark.parametrize("value", [",", "k" * 31, "k" * 32 + ",short"])
def test_short_signing_keys_are_rejected(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signing key has at least 32 characters, and a comma alone is no list."""
    monkeypatch.setenv("VARIANT_SIGNING_KEYS", value)
    with pytest.raises(ConfigError, match=r"VARIANT_SIGNING_KEYS: must be .* at least 32"):
        Settings.load()


def test_trailing_slash_of_urls_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """URLs are stored without a trailing slash, so that paths can be appended."""
    for name in ("OPENAI_BASE_URL", "S3_ENDPOINT_URL", "S3_PUBLIC_URL", "PUBLIC_URL"):
        monkeypatch.setenv(name, "https://example.com/base/")
        assert getattr(Settings.load(), name.lower()) == "https://example.com/base"


@pytest.mark.parametrize(
    "wrong",
    [
        '{"m": {"image_out": -1}}',
        '{"m": {"out": 1}}',
        '{"m": 30}',
        "[]",
        '{"m": {"text_in": "5"}}',
        '{"m": {"output_tokens": {"low": {"1024x1024": 1.5}}}}',
        '{"m": {"text_in": NaN}}',
        "{" * 9,
    ],
)
def test_invalid_prices_are_rejected(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any error in the prices is reported under the name of the setting."""
    monkeypatch.setenv("OPENAI_PRICES", wrong)
    with pytest.raises(ConfigError, match="OPENAI_PRICES"):
        Settings.load()


def test_price_table_has_only_the_given_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices that OPENAI_PRICES leaves out are missing, so that the shipped ones apply."""
    monkeypatch.setenv("OPENAI_PRICES", '{"m": {"image_out": 40}}')
    assert Settings.load().price_table == {"m": {"image_out": 40}}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "requires API keys: set AUTH_REQUIRED=true"),
        (
            {"AUTH_REQUIRED": "true", "S3_PUBLIC_URL": "https://cdn.example"},
            "contradicts S3_PUBLIC_URL",
        ),
    ],
)
def test_private_images_exclude_public_access(
    more: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PUBLIC_IMAGES=false is an error without AUTH_REQUIRED, and with S3_PUBLIC_URL."""
    for name, value in ({"PUBLIC_IMAGES": "false"} | more).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=why):
        Settings.load()
    monkeypatch.setenv("PUBLIC_IMAGES", "true")
    Settings.load()
