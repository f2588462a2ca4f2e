"""Settings: the only place that reads the environment and `.env`."""

import json
import os
import re
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

VERSION = "0.1.0"
"""The version of this service, as told by its OpenAPI document."""

UNUSABLE_SETTINGS = 2
"""The exit status of a start that fails because of the settings."""

_RATE = re.compile(r"[1-9][0-9]{0,5}/(second|minute|hour|day)|off")
_SIGNING_KEY_CHARS = 32  # a random text of that length can't be guessed


class ConfigError(Exception):
    """The settings can't be used; the text lists every problem and never a value."""


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address that starts with http:// or https://")
    return value.rstrip("/")


def _secret_with_scheme(*schemes: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        try:
            scheme = urlsplit(value.get_secret_value()).scheme
        except ValueError:  # whose text can quote the address, password and all
            scheme = ""
        if scheme not in schemes:
            raise ValueError("must start with " + " or ".join(f"{name}://" for name in schemes))
        return value

    return AfterValidator(check)


def _signing_keys(value: SecretStr) -> SecretStr:
    keys = _split(value.get_secret_value())
    if not keys or any(len(key) < _SIGNING_KEY_CHARS for key in keys):
        raise ValueError(
            f"must be secrets of at least {_SIGNING_KEY_CHARS} characters, with commas"
        )
    return value


def _rate(value: str) -> str:
    if not _RATE.fullmatch(value):
        raise ValueError("must be like 10/minute (second, minute, hour or day), or off")
    return value


def _proxies(value: str) -> str:
    for proxy in _split(value):
        try:
            proxy == "unix" or ip_network(proxy)
        except ValueError:  # whose text quotes the value
            raise ValueError("must be addresses and networks, or unix, with commas") from None
    return value


Dollars = Annotated[float | None, Field(ge=0, le=100_000, allow_inf_nan=False)]


class ModelPrices(BaseModel, extra="forbid", strict=True):
    """What a model costs, in dollars per million tokens; and how many make a picture.

    Only what is given counts; the rest stays as shipped.
    """

    text_in: Dollars = None
    image_in: Dollars = None
    image_out: Dollars = None
    text_out: Dollars = None
    output_tokens: dict[str, dict[str, Annotated[int, Field(ge=0, le=10_000_000)]]] = {}


def _parsed(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ValueError('must be JSON like {"gpt-image-2": {"image_out": 30}}') from None


def _budget(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?/(day|month)", value):
        raise ValueError("must be like 20.00/day or 300/month, in dollars")
    return value


BudgetText = Annotated[str, AfterValidator(_budget)]
Prices = Annotated[dict[str, ModelPrices] | None, NoDecode, BeforeValidator(_parsed)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
MongoUri = Annotated[SecretStr, _secret_with_scheme("mongodb", "mongodb+srv")]
RedisUrl = Annotated[SecretStr, _secret_with_scheme("redis", "rediss", "unix")]
RateText = Annotated[str, AfterValidator(_rate)]
Proxies = Annotated[str, AfterValidator(_proxies)]
SigningKeys = Annotated[SecretStr, AfterValidator(_signing_keys)]


class Settings(BaseSettings):
    """Everything an operator can set; `.env.example` explains each field.

    An empty value counts as unset. Values are checked once, at start.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    openai_api_key: SecretStr | None = None
    image_provider: Literal["openai", "offline"] | None = Field(None, validate_default=True)
    openai_base_url: WebAddress | None = None
    openai_image_model: str = "gpt-image-2.6-flare"
    openai_image_quality: Literal["auto", "low", "medium", "high", "xhigh", "max"] = "medium"
    openai_text_model: str = "gpt-6-luna"
    openai_moderation_model: str = "omni-moderation-latest"
    openai_timeout_seconds: float = Field(120, ge=1, le=900)

    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = Field(None, validate_default=True)
    aws_region: str = "us-east-1"
    s3_bucket_name: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    s3_endpoint_url: WebAddress | None = None
    s3_public_url: WebAddress | None = None
    serve_mode: Literal["proxy", "redirect"] = "proxy"

    mongodb_uri: MongoUri | None = None
    mongodb_database: str = Field("image_generator", pattern=r"^[\w-]{1,63}$")
    redis_url: RedisUrl | None = None
    memory_cache_mb: int = Field(64, ge=0, le=65536)
    data_dir: Path = Path("instance")
    idempotency_key_days: float = Field(7, gt=0, le=365)

    host: str = "127.0.0.1"
    port: int = Field(5000, ge=1, le=65535)
    public_url: WebAddress | None = None
    cors_origins: str = "*"
    web_concurrency: int = Field(2, ge=1, le=64)
    max_generations_in_flight: int = Field(128, ge=1, le=1000)
    max_variants_in_flight: int = Field(8, ge=1, le=12)  # each holds one of 16 spare threads
    variant_signing_keys: SigningKeys | None = None
    auth_required: bool = False
    public_pictures: bool = True
    rate_limit_generate: RateText = "10/minute"
    rate_limit_prompts: RateText = "20/minute"
    rate_limit_default: RateText = "300/minute"
    trusted_proxies: Proxies | None = None
    openai_prices: Prices = None
    budget: BudgetText | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "text"] = "auto"

    @field_validator("image_provider")
    @classmethod
    def _openai_needs_a_key(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value == "openai" and not info.data.get("openai_api_key"):
            raise ValueError("openai needs OPENAI_API_KEY")
        return value

    @field_validator("aws_secret_access_key")
    @classmethod
    def _keys_come_in_pairs(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("aws_access_key_id") is None):
            raise ValueError("set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither")
        return value

    @field_validator("serve_mode")
    @classmethod
    def _redirects_need_a_bucket(cls, value: str, info: ValidationInfo) -> str:
        if value == "redirect" and not info.data.get("s3_bucket_name"):
            raise ValueError("redirect needs S3_BUCKET_NAME")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, value: str) -> str:
        for origin in _origins(value):
            parts = urlsplit(origin)
            exact = origin == f"{parts.scheme}://{parts.netloc}" and "*" not in origin
            if not exact and origin != "*":
                raise ValueError("must be * or a comma-separated list like https://app.example.com")
        return value

    @cached_property
    def draws_with(self) -> Literal["openai", "offline"]:
        """The image provider in use: OpenAI if it has a key, unless set otherwise."""
        return self.image_provider or ("openai" if self.openai_api_key else "offline")

    @cached_property
    def allowed_origins(self) -> list[str]:
        """Origins that browsers may call from; `["*"]` for all."""
        origins = _origins(self.cors_origins)
        return ["*"] if "*" in origins else origins

    @cached_property
    def trusted(self) -> tuple[str, ...]:
        """The proxies whose word on the client is taken: addresses, networks, `unix`."""
        return tuple(_split(self.trusted_proxies or ""))

    @cached_property
    def signing_keys(self) -> tuple[str, ...]:
        """The keys that signatures of variants may have, the one for new ones first."""
        keys = self.variant_signing_keys
        return tuple(_split(keys.get_secret_value())) if keys else ()

    @cached_property
    def price_table(self) -> dict[str, dict[str, Any]]:
        """The prices that are set, by model: only what is given."""
        return {
            model: prices.model_dump(exclude_none=True, exclude_unset=True)
            for model, prices in (self.openai_prices or {}).items()
        }

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the log formatter to black out."""
        values = (getattr(self, name) for name in type(self).model_fields)
        secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        passwords = [urlsplit(secret).password for secret in secrets if "://" in secret]
        plain = [unquote(password) for password in passwords if password]
        return (*secrets, *filter(None, passwords), *plain, *self.signing_keys)

    @classmethod
    def load(cls) -> Self:
        """Read the environment and `.env`.

        Raises:
            ConfigError: with every problem at once.
        """
        try:
            return cls()
        except ValidationError as error:
            raise ConfigError(_explain(error)) from None


def traces_exporter() -> str | None:
    """Return where OpenTelemetry's own variables want traces: `otlp`, `console`, or None.

    They are none of our Settings: OpenTelemetry reads the rest of them itself.
    """
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return None
    if exporter:
        return "console" if exporter == "console" else "otlp"
    return "otlp" if any(os.environ.get(name) for name in endpoints) else None


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _origins(value: str) -> list[str]:
    return [origin.rstrip("/") for origin in _split(value)]


def _explain(error: ValidationError) -> str:
    """List the problems by variable name, without the values: they may be secrets."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    lines = [
        f"  {'.'.join(str(part) for part in problem['loc']).upper()}: "
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    ]
    return "\n".join(["The settings can't be used:", *lines])
