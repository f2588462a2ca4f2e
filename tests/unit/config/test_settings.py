from pathlib import Path

import pytest

from app.config import ConfigError, Settings

NAMES = [name.upper() for name in Settings.model_fields]
WRONG = {
    "IMAGE_PROVIDER": "openai",
    "OPENAI_BASE_URL": "api.example.com",
    "OPENAI_IMAGE_QUALITY": "best",
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


def test_everything_has_a_default_that_needs_nobody() -> None:
    """With nothing set the service draws offline, keeps files here and listens to itself only."""
    settings = Settings.load()
    assert settings.draws_with == "offline"
    assert (settings.s3_bucket_name, settings.mongodb_uri, settings.redis_url) == (None, None, None)
    assert settings.data_dir == Path("instance")
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert settings.allowed_origins == ["*"]
    assert settings.secrets == ()


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_variable_counts_as_unset(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting falls back to its default if its variable is empty."""
    untouched = Settings.load()
    monkeypatch.setenv(name, "")
    assert Settings.load() == untouched


def test_an_empty_line_in_the_env_file_counts_as_unset(nothing_set: Path) -> None:
    """A copied example with nothing filled in leaves every default in place."""
    untouched = Settings.load()
    (nothing_set / ".env").write_text("".join(f"{name}=\n" for name in NAMES))
    assert Settings.load() == untouched


def test_the_environment_wins_over_the_env_file(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set variable overrides the file, an empty one lets the file's value through."""
    (nothing_set / ".env").write_text("PORT=6001\nHOST=127.0.0.2\n")
    monkeypatch.setenv("PORT", "6002")
    monkeypatch.setenv("HOST", "")
    settings = Settings.load()
    assert (settings.port, settings.host) == (6002, "127.0.0.2")


def test_all_problems_are_listed_at_once_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start tells every wrong variable by name, and repeats none of the values."""
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
def test_an_address_that_no_parser_takes_is_not_repeated(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password stays out of the text even where Python's own message would quote the address."""
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
def test_a_key_chooses_openai_unless_reported_otherwise(
    key: str, provider: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IMAGE_PROVIDER decides, and where it is unset the presence of a key does."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("IMAGE_PROVIDER", provider)
    assert Settings.load().draws_with == used


@pytest.mark.parametrize("given", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_half_a_key_pair_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS keys come in pairs."""
    monkeypatch.setenv(given, "geheim")
    with pytest.raises(ConfigError, match="both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
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
def test_origins_are_a_list_or_a_star(
    value: str, origins: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spaces, final slashes and empty parts do no harm, and a star stands for all."""
    monkeypatch.setenv("CORS_ORIGINS", value)
    assert Settings.load().allowed_origins == origins


@pytest.mark.parametrize(
    "value", ["app.example.com", "https://app.example.com/path", "https://*", "https://", "null"]
)
def test_what_is_no_origin_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that no browser would ever send is a mistake, not an origin."""
    monkeypatch.setenv("CORS_ORIGINS", value)
    with pytest.raises(ConfigError, match="CORS_ORIGINS"):
        Settings.load()


def test_secrets_include_keys_and_passwords_within_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The log can black out whole addresses, and their passwords as written and as meant."""
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


def test_every_signing_key_is_a_secret_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are parted by commas and kept to the letter, and the log can black out each of them."""
    new, old = "n" * 31 + "/", "o" * 40
    monkeypatch.setenv("VARIANT_SIGNING_KEYS", f" {new} , {old}, ")
    settings = Settings.load()
    assert settings.signing_keys == (new, old)
    assert {new, old} <= set(settings.secrets)
    assert new not in repr(settings)


@pytest.mark.parametrize("value", [",", "k" * 31, "k" * 32 + ",short"])
def test_signing_keys_that_could_be_guessed_are_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each key has at least 32 characters, and there is one if there is a comma."""
    monkeypatch.setenv("VARIANT_SIGNING_KEYS", value)
    with pytest.raises(ConfigError, match="VARIANT_SIGNING_KEYS: must be secrets of at least 32"):
        Settings.load()


def test_addresses_lose_their_final_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses can be put together with a path whether or not they were given with a slash."""
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
def test_prices_that_make_no_sense_stop_the_start(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with the prices, the text names the setting."""
    monkeypatch.setenv("OPENAI_PRICES", wrong)
    with pytest.raises(ConfigError, match="OPENAI_PRICES"):
        Settings.load()


def test_only_prices_that_are_given_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a price setting leaves out is not there, so that the shipped price stays."""
    monkeypatch.setenv("OPENAI_PRICES", '{"m": {"image_out": 40}}')
    assert Settings.load().price_table == {"m": {"image_out": 40}}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "needs AUTH_REQUIRED"),
        (
            {"AUTH_REQUIRED": "true", "S3_PUBLIC_URL": "https://cdn.example"},
            "forbids S3_PUBLIC_URL",
        ),
    ],
)
def test_private_images_are_nowhere_open(
    more: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without keys, or with an address where anyone reads the objects, the start is refused."""
    for name, value in ({"PUBLIC_IMAGES": "false"} | more).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=why):
        Settings.load()
    monkeypatch.setenv("PUBLIC_IMAGES", "true")
    Settings.load()
