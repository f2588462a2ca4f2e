"""The settings, from the environment and `.env`."""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.config.types import (
    BudgetText,
    MongoUri,
    Prices,
    Proxies,
    RateText,
    RedisUrl,
    SigningKeys,
    WebAddress,
    split,
)

VERSION = "0.1.0"
"""The version of this service, as told by its OpenAPI document."""

UNUSABLE_SETTINGS = 2
"""The exit status of a start that fails because of the settings."""


Provider = Literal["openai", "azure", "offline", "record", "replay"]
"""Who draws, moderates and writes."""

_AZURE = ("azure_openai_api_key", "azure_openai_endpoint")


class ConfigError(Exception):
    """The settings can't be used; the text lists every problem and never a value."""


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
    azure_openai_api_key: SecretStr | None = None
    azure_openai_endpoint: WebAddress | None = None
    azure_openai_api_version: str = Field("2025-04-01-preview", pattern=r"^[\w.-]{1,40}$")
    image_provider: Provider | None = Field(None, validate_default=True)
    openai_base_url: WebAddress | None = None
    openai_image_model: str = "gpt-image-2.6-flare"
    openai_image_quality: Literal["auto", "low", "medium", "high", "xhigh", "max"] = "medium"
    openai_text_model: str = "gpt-6-luna"
    openai_native_transparency: bool = False
    openai_moderation_model: str = "omni-moderation-latest"
    openai_timeout_seconds: float = Field(120, ge=1, le=900)
    openai_partial_images: int = Field(0, ge=0, le=3)
    cassettes_dir: Path | None = None
    replay_speed: float = Field(1, ge=0, le=1000)

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
    idempotency_ttl_days: float = Field(7, gt=0, le=365)

    host: str = "127.0.0.1"
    port: int = Field(5000, ge=1, le=65535)
    public_url: WebAddress | None = None
    cors_origins: str = "*"
    web_concurrency: int = Field(2, ge=1, le=64)
    max_concurrent_generations: int = Field(128, ge=1, le=1000)
    max_concurrent_variants: int = Field(8, ge=1, le=12)  # each holds one of 16 spare threads
    variant_signing_keys: SigningKeys | None = None
    auth_required: bool = False
    public_images: bool = True
    rate_limit_generate: RateText = "10/minute"
    rate_limit_prompts: RateText = "20/minute"
    rate_limit_default: RateText = "300/minute"
    trusted_proxies: Proxies | None = None
    openai_prices: Prices = None
    server_budget: BudgetText | None = None
    xmp_include_prompt: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "text"] = "auto"

    @field_validator("image_provider")
    @classmethod
    def _who_is_paid_needs_a_key(cls, value: str | None, info: ValidationInfo) -> str | None:
        openai = bool(info.data.get("openai_api_key"))
        azure = [bool(info.data.get(name)) for name in _AZURE]
        if any(azure) and not all(azure):
            raise ValueError("set both AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT, or neither")
        if value == "openai" and not openai:
            raise ValueError("openai needs OPENAI_API_KEY")
        if value == "azure" and not all(azure):
            raise ValueError("azure needs AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT")
        if value == "record" and not (openai or all(azure)):
            raise ValueError("record needs the key of whom it records: OPENAI_API_KEY, or Azure's")
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

    @field_validator("public_images")
    @classmethod
    def _private_images_need_keys(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and not info.data.get("auth_required"):
            raise ValueError("false needs AUTH_REQUIRED=true: who else could look at them?")
        if not value and info.data.get("s3_public_url"):
            raise ValueError(
                "false forbids S3_PUBLIC_URL, where anyone can read them: leave it out"
            )
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
    def draws_with(self) -> Provider:
        """The image provider in use: who there is a key for, unless set otherwise."""
        return self.image_provider or self._paid or "offline"

    @cached_property
    def pays(self) -> Literal["openai", "azure"] | None:
        """Who is paid for images; None if nobody is."""
        if self.draws_with == "record":
            return self._paid
        return self.draws_with if self.draws_with in {"openai", "azure"} else None

    @property
    def _paid(self) -> Literal["openai", "azure"] | None:
        if self.openai_api_key:
            return "openai"
        return "azure" if self.azure_openai_endpoint else None

    @property
    def moderates(self) -> bool:
        """Whether a model looks at prompts first. Azure has none for it; it filters by itself."""
        return self.pays == "openai" and self.openai_moderation_model != "off"

    @cached_property
    def recordings(self) -> Path:
        """The folder of what is recorded and replayed."""
        return self.cassettes_dir or self.data_dir / "recordings"

    @cached_property
    def allowed_origins(self) -> list[str]:
        """Origins that browsers may call from; `["*"]` for all."""
        origins = _origins(self.cors_origins)
        return ["*"] if "*" in origins else origins

    @cached_property
    def trusted(self) -> tuple[str, ...]:
        """The proxies whose word on the client is taken: addresses, networks, `unix`."""
        return tuple(split(self.trusted_proxies or ""))

    @cached_property
    def signing_keys(self) -> tuple[str, ...]:
        """The keys that signatures of variants may have, the one for new ones first."""
        keys = self.variant_signing_keys
        return tuple(split(keys.get_secret_value())) if keys else ()

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


def _origins(value: str) -> list[str]:
    return [origin.rstrip("/") for origin in split(value)]


def _explain(error: ValidationError) -> str:
    """List the problems by variable name, without the values: they may be secrets."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    lines = [
        f"  {'.'.join(str(part) for part in problem['loc']).upper()}: "
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    ]
    return "\n".join(["The settings can't be used:", *lines])
