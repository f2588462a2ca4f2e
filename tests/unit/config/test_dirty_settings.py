"""Each setting with each kind of dirt: it is cleaned, or refused by name and without its value."""

from pathlib import Path

import botocore
import pytest

from app.config import ConfigError, Settings
from tests.support.tables import each_row

PASSWORD = "geheimes-wort"
VALUES = {
    "OPENAI_API_KEY": f"sk-{PASSWORD}",
    "OPENAI_ORG_ID": "org-abc123",
    "OPENAI_PROJECT_ID": "proj_abc123",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "AZURE_OPENAI_API_KEY": PASSWORD,
    "AZURE_OPENAI_ENDPOINT": "https://name.openai.azure.com",
    "AZURE_OPENAI_API_VERSION": "2024-10-21",
    "IMAGE_PROVIDER": "offline",
    "OPENAI_IMAGE_MODEL": "gpt-image-2",
    "OPENAI_IMAGE_QUALITY": "low",
    "OPENAI_TEXT_MODEL": "gpt-6-nova",
    "V1_MODEL_ALIASES": "dall-e-3, sdxl*",
    "OPENAI_BACKGROUND": "white",
    "OPENAI_MODERATION_MODEL": "off",
    "OPENAI_TIMEOUT_SECONDS": "60.5",
    "OPENAI_PARTIAL_IMAGES": "2",
    "CASSETTES_DIR": "recordings",
    "REPLAY_SPEED": "0",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": f"ab/c+{PASSWORD}",
    "AWS_SESSION_TOKEN": f"FwoGZX//{PASSWORD}==",
    "AWS_REGION": "eu-west-1",
    "S3_BUCKET_NAME": "images",
    "S3_ENDPOINT_URL": "http://127.0.0.1:8333",
    "S3_ADDRESSING_STYLE": "virtual",
    "S3_PUBLIC_URL": "https://cdn.example.com/images",
    "SERVE_MODE": "proxy",
    "SSL_CERT_FILE": str(Path(botocore.__file__).with_name("cacert.pem")),
    "MONGODB_URI": f"mongodb://user:{PASSWORD}@127.0.0.1:27017/images?w=1",
    "MONGODB_DATABASE": "images",
    "REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:6379/0",
    "REDIS_TIMEOUT_SECONDS": "0.2",
    "MEMORY_CACHE_MB": "16",
    "DATA_DIR": "data",
    "IDEMPOTENCY_TTL_DAYS": "0.5",
    "TRASH_DAYS": "0.5",
    "UPLOAD_MAX_MB": "5",
    "UPLOAD_QUOTA_IMAGES": "0",
    "UPLOAD_QUOTA_MB": "100",
    "HOST": "0.0.0.0",  # noqa: S104 - reason: nothing listens
    "PORT": "6001",
    "PUBLIC_URL": "https://images.example.com/api",
    "SCRIPT_NAME": "/api",
    "CORS_ORIGINS": "https://app.example.com",
    "WEB_CONCURRENCY": "3",
    "MAX_CONCURRENT_GENERATIONS": "12",
    "MAX_CONCURRENT_VARIANTS": "4",
    "VARIANT_SIGNING_KEYS": f"{PASSWORD}-{PASSWORD}-{PASSWORD}",
    "AUTH_REQUIRED": "true",
    "PUBLIC_IMAGES": "true",
    "RATE_LIMIT_GENERATE": "5/minute",
    "RATE_LIMIT_PROMPTS": "off",
    "RATE_LIMIT_VARIANTS": "off",
    "RATE_LIMIT_DEFAULT": "7/hour",
    "TRUSTED_PROXIES": "127.0.0.1",
    "PROVIDER_IMAGE_HOSTS": "images.example.com,10.0.0.7:9000",
    "OPENAI_PRICES": '{"m": {"image_out": 40}}',
    "SERVER_BUDGET": "1.50/day",
    "XMP_INCLUDE_PROMPT": "false",
    "LOG_LEVEL": "ERROR",
    "LOG_FORMAT": "json",
}
PAIRS = (
    {"AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_VERSION"},
    {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
)
CLEANED = {
    "line feed": "{}\n",
    "carriage return": "{}\r\n",
    "spaces": "  {} ",
    "tab": "\t{}",
    "no-break space": "\u00a0{}\u00a0",
    "ideographic space": "{}\u3000",
    "double quotes": '"{}"',
    "single quotes": "'{}'",
    "backticks": "`{}`",
    "curly quotes": "\u201c{}\u201d",
    "curly single quotes": "\u2018{}\u2019",
    "low quotes": "\u201e{}\u201c",
    "guillemets": "\u00ab{}\u00bb",
    "zero-width space": "{}\u200b",
    "zero-width non-joiner": "\u200c{}",
    "zero-width joiner": "{}\u200d",
    "word joiner": "{}\u2060",
    "byte order mark": "\ufeff{}",
    "direction mark": "{}\u200e",
    "soft hyphen": "{}\u00ad",
    "quotes within quotes": "'\"{}\"' \n",
}
REFUSED = {
    "written line feed": "{}\\n",
    "written line end": "{}\\r\\n",
    "own name": "NAME={}",
}
# Folders can have any name, so a quote in it is taken for a part of it.
FOLDERS = {"CASSETTES_DIR", "DATA_DIR"}
REFUSED_UNLESS_FOLDER = {
    "lone quote": '"{}',
    "lone curly quote": "{}\u201d",
    "lone apostrophe": "{}'",
    "separator": "{};",
    "comma and quote": '{}",',
}
pytestmark = pytest.mark.usefixtures("nothing_set")
LISTS = {
    *("CORS_ORIGINS", "OPENAI_PRICES", "PROVIDER_IMAGE_HOSTS", "TRUSTED_PROXIES"),
    "VARIANT_SIGNING_KEYS",
}


def set_required(name: str, variables: pytest.MonkeyPatch) -> None:
    """Set the settings that this one requires."""
    for names in PAIRS:
        for other in names if name in names else ():
            variables.setenv(other, VALUES[other])


def test_every_setting_is_in_the_table() -> None:
    """A new setting needs a value in this table."""
    assert {name.upper() for name in Settings.model_fields} == set(VALUES)


@each_row("name", VALUES)
def test_what_surrounds_a_value_is_ignored(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting with dirt around it has the same value as without."""
    with monkeypatch.context() as variables:
        set_required(name, variables)
        variables.setenv(name, VALUES[name])
        expected = Settings.load()
        for kind, form in CLEANED.items():
            variables.setenv(name, form.format(VALUES[name]))
            assert Settings.load() == expected, kind
    assert getattr(expected, name.lower()) != getattr(Settings(), name.lower()) or name in {
        "PUBLIC_IMAGES",
        "SERVE_MODE",
        "XMP_INCLUDE_PROMPT",
    }


@each_row("name", VALUES)
def test_dirt_within_a_value_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be cleaned stops the start with the setting's name, and without its value."""
    value = VALUES[name]
    middle = (len(value) + 1) // 2
    characters = "\u200b\u00a0\ufeff\u2028\udcff" + ("" if name in LISTS else "\n\t")
    within = {
        f"within: U+{ord(character):04X}": value[:middle] + character + value[middle:]
        for character in characters * (len(value) > 1)
    }
    forms = REFUSED | ({} if name in FOLDERS else REFUSED_UNLESS_FOLDER)
    after = {kind: form.format(value).replace("NAME", name) for kind, form in forms.items()}
    for kind, dirty in (within | after).items():
        with monkeypatch.context() as variables:
            set_required(name, variables)
            variables.setenv(name, dirty)
            with pytest.raises(ConfigError) as refused:
                Settings.load()
        problems = str(refused.value).splitlines()[1:]
        assert any(problem.strip().startswith(name) for problem in problems), kind
        assert PASSWORD[:6] not in str(refused.value), kind
