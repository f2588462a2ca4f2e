"""How numbers, words, URLs, hosts and limits may be written."""

import pytest

from app.config import ConfigError, Settings
from tests.support.tables import each_row

pytestmark = pytest.mark.usefixtures("nothing_set")


@each_row(
    "name, text, value",
    [
        ("PORT", "05001", 5001),
        ("REPLAY_SPEED", "1.50", 1.5),
        ("AUTH_REQUIRED", "TRUE", True),
        ("AUTH_REQUIRED", "Yes", True),
        ("AUTH_REQUIRED", "on", True),
        ("AUTH_REQUIRED", "1", True),
        ("XMP_INCLUDE_PROMPT", "No", False),
        ("XMP_INCLUDE_PROMPT", "OFF", False),
        ("IMAGE_PROVIDER", "Offline", "offline"),
        ("OPENAI_IMAGE_QUALITY", "HIGH", "high"),
        ("OPENAI_BACKGROUND", "White", "white"),
        ("OPENAI_MODERATION_MODEL", "OFF", "off"),
        ("SERVE_MODE", "Proxy", "proxy"),
        ("LOG_LEVEL", "warn", "WARNING"),
        ("LOG_LEVEL", "Warning", "WARNING"),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("LOG_LEVEL", "fatal", "CRITICAL"),
        ("LOG_FORMAT", "JSON", "json"),
        ("AWS_REGION", "EU-West-1", "eu-west-1"),
        ("RATE_LIMIT_GENERATE", "10 / Minute", "10/minute"),
        ("RATE_LIMIT_DEFAULT", "OFF", "off"),
        ("RATE_LIMIT_DEFAULT", "999999/day", "999999/day"),
        ("SERVER_BUDGET", "20.00 / Day", "20.00/day"),
        ("TRUSTED_PROXIES", "'10.0.0.0/8', UNIX", "'10.0.0.0/8', unix"),
        (
            "PROVIDER_IMAGE_HOSTS",
            "https://Images.example.com/, '10.0.0.7:9000'",
            "images.example.com,10.0.0.7:9000",
        ),
        ("HOST", "::", "::"),
        ("HOST", "[::]", "::"),
        ("HOST", "::1", "::1"),
        ("HOST", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - reason: nothing listens
        ("HOST", "image_api", "image_api"),
        ("HOST", "fe80::1%eth0", "fe80::1%eth0"),
        ("SCRIPT_NAME", "images/", "/images"),
        ("SCRIPT_NAME", "/", None),
        ("PUBLIC_URL", "HTTPS://Images.example.com/a/", "https://Images.example.com/a"),
        ("OPENAI_BASE_URL", "http://[::1]:8080/v1/", "http://[::1]:8080/v1"),
        ("OPENAI_BASE_URL", "http://h/v1/images/generations", "http://h/v1"),
        ("OPENAI_BASE_URL", "http://h/v1/chat/completions", "http://h/v1"),
        ("S3_ENDPOINT_URL", "http://minio_1:9000", "http://minio_1:9000"),
    ],
)
def test_usual_spellings_are_read(
    name: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words are read in any case; spaces beside / and slashes at the end don't matter."""
    with monkeypatch.context() as variables:
        variables.setenv(name, text)
        assert getattr(Settings.load(), name.lower()) == value


DOUBTFUL = {
    "PORT": "5_001 +5001 5001.0 5e3 0x1389 \uff15001 \u0665 5,001 5001/tcp tcp://h:5000 -1 0 65536",
    "OPENAI_TIMEOUT_SECONDS": "1e2 inf nan 120s 12,5 1_0 +5 .5 5. 0.5",
    "AUTH_REQUIRED": "ja 2 enabled none true! truth",
    "LOG_LEVEL": "LOUD 20 NOTSET TRACE",
    "RATE_LIMIT_GENERATE": "1000000/day 0/day 10 10/week -1 1.5/second ten/minute \uff11/day",
    "SERVER_BUDGET": "$20/day 20,00/day 20 1e3/day -1/day 20/year",
    "HOST": "* 0.0.0.0:5000 [::]:5000 http://h [:: unix:/run/api.sock ::: -h h\u00f6",
    "PUBLIC_URL": "http://x/static example.com //x https:// ftp://x http:/x https://x/?a=1 "
    "https://x/#a https://u:p@x https://x:99999 https://https://x https://\u00fc.de https://[::1 https://x:abc",
    "S3_ENDPOINT_URL": "minio:9000 s3://images http://h?nonsense=1",
    "S3_BUCKET_NAME": "s3://images images/ Images a a_b arn:aws:s3:::images",
    "AWS_REGION": "eu-west-1/ eu_west_1 \u0435u-west-1",
    "SCRIPT_NAME": "/static static/a https://x/api /a//b /a?b /\u00e4 /a/../b?",
    "OPENAI_API_KEY": 'sk-\u00e4 sk-a, <key> sk-a"b sk-a\\b',
    "OPENAI_IMAGE_MODEL": "gpt\u2014image a,b 'a ~",
    "V1_MODEL_ALIASES": "gpt*image a,,b [a] a;b \u00e4 ,",
    "CORS_ORIGINS": '["https://a"] https://\u00fc.de https://a:99999 https://u@a',
    "PROVIDER_IMAGE_HOSTS": "* *.example.com example.com/x user@example.com example.com:0 a..b:x",
    "TRUSTED_PROXIES": "* nginx 10.0.0.1/8 127.0.0.1:80",
    "DATA_DIR": "/dev/null /dev/null/data ~no-such-user/x",
}


@each_row(
    "name, text",
    [
        *((name, text) for name, texts in DOUBTFUL.items() for text in texts.split()),
        ("OPENAI_API_KEY", "Bearer sk-a"),
        ("AWS_REGION", "Europe (Ireland)"),
        ("CORS_ORIGINS", "https://a https://b"),
        ("HOST", "a b"),
    ],
)
def test_doubtful_spellings_are_refused(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other spellings stop the start with the setting's name."""
    with monkeypatch.context() as variables:
        variables.setenv(name, text)
        with pytest.raises(ConfigError, match=name):
            Settings.load()


def test_refused_rate_limit_states_the_largest_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a rate limit says which numbers are allowed."""
    monkeypatch.setenv("RATE_LIMIT_DEFAULT", "1000000/day")
    with pytest.raises(ConfigError, match=r"RATE_LIMIT_DEFAULT: .* from 1 to 999999"):
        Settings.load()


@each_row(
    "name, uri",
    [
        ("MONGODB_URI", "mongodb://user:12/geheim@host"),
        ("MONGODB_URI", "mongodb://user:geheim/wort@host/db"),
        ("MONGODB_URI", "mongodb://user:geheim#wort@host/db"),
        ("MONGODB_URI", "mongodb://user:geheim?wort@host/db"),
        ("MONGODB_URI", "mongodb://user:geheim[wort@host/db"),
        ("MONGODB_URI", "mongodb://user:geheim wort@host/db"),
        ("MONGODB_URI", "mongodb://user:gehëim@host/db"),
        ("MONGODB_URI", "mongodb://user:<geheim>@host/db"),
        ("MONGODB_URI", "mongodb://host/geheim.db"),
        ("MONGODB_URI", "user:geheim@host"),
        ("REDIS_URL", "redis://:12/geheim@host:6379/0"),
        ("REDIS_URL", "redis://:geheim/wort@host:6379/0"),
        ("REDIS_URL", "redis://:geheim#wort@host"),
        ("REDIS_URL", "redis://:geheim?wort@host"),
        ("REDIS_URL", "redis://:geheim]wort@host"),
        ("REDIS_URL", "redis://:geheim"),
        ("REDIS_URL", "redis://host:99999/0"),
        ("REDIS_URL", "redis://host/geheim"),
        ("REDIS_URL", "redis://ho,st/0"),
        ("REDIS_URL", "host:6379"),
    ],
)
def test_unescaped_passwords_are_refused(
    name: str, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reserved characters in a password stop the start, without any part of it in the error."""
    with monkeypatch.context() as variables:
        variables.setenv(name, uri)
        with pytest.raises(ConfigError, match=name) as refused:
            Settings.load()
    text = str(refused.value)
    assert not [part for part in ("geheim", "gehëim", "wort") if part in text]
    assert "%40" in text
