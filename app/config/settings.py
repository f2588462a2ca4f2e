"""The settings of the service."""

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

from app.config.environment import ConfigError, explain, find_replaced
from app.config.types import (
    BudgetText,
    MongoUri,
    PriceTable,
    ProxyList,
    RateText,
    RedisUrl,
    SigningKeys,
    WebUrl,
    split_list,
)

VERSION = "0.1.0"
"""The version of the service, as stated in its OpenAPI document."""

UNUSABLE_SETTINGS = 2
"""The exit status if the settings are invalid."""

ProviderName = Literal["openai", "azure", "offline", "record", "replay"]
PaidProvider = Literal["openai", "azure"]
Background = Literal["auto", "transparent", "white"]

_AZURE = ("azure_openai_api_key", "azure_openai_endpoint")


class Settings(BaseSettings):
    """Settings of the service; `.env.example` describes each field.

    An empty value counts as unset. All values are validated once, at start.
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
    azure_openai_endpoint: WebUrl | None = None
    azure_openai_api_version: str = Field("2025-04-01-preview", pattern=r"^[\w.-]{1,40}$")
    image_provider: ProviderName | None = Field(None, validate_default=True)
    openai_base_url: WebUrl | None = None
    openai_image_model: str = "gpt-image-2.6-flare"
    openai_image_quality: Literal["auto", "low", "medium", "high", "xhigh", "max"] = "medium"
    openai_text_model: str = "gpt-6-luna"
    openai_background: Background = "auto"
    openai_moderation_model: str = "omni-moderation-latest"
    openai_timeout_seconds: float = Field(120, ge=1, le=900)
    openai_partial_images: int = Field(0, ge=0, le=3)
    cassettes_dir: Path | None = None
    replay_speed: float = Field(1, ge=0, le=1000)

    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = Field(None, validate_default=True)
    aws_region: str = "us-east-1"
    s3_bucket_name: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    s3_endpoint_url: WebUrl | None = None
    s3_public_url: WebUrl | None = None
    serve_mode: Literal["proxy", "redirect"] = "proxy"

    mongodb_uri: MongoUri | None = None
    mongodb_database: str = Field("image_generator", pattern=r"^[\w-]{1,63}$")
    redis_url: RedisUrl | None = None
    memory_cache_mb: int = Field(64, ge=0, le=65536)
    data_dir: Path = Path("instance")
    idempotency_ttl_days: float = Field(7, gt=0, le=365)

    host: str = "127.0.0.1"
    port: int = Field(5000, ge=1, le=65535)
    public_url: WebUrl | None = None
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
    trusted_proxies: ProxyList | None = None
    openai_prices: PriceTable = None
    server_budget: BudgetText | None = None
    xmp_include_prompt: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "text"] = "auto"

    @field_validator("image_provider")
    @classmethod
    def _check_provider_keys(cls, value: str | None, info: ValidationInfo) -> str | None:
        openai = bool(info.data.get("openai_api_key"))
        azure = [bool(info.data.get(name)) for name in _AZURE]
        if any(azure) and not all(azure):
            raise ValueError(
                "only one of AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT is set: "
                "set both, or neither"
            )
        if value == "openai" and not openai:
            raise ValueError("openai requires an API key: set OPENAI_API_KEY")
        if value == "azure" and not all(azure):
            raise ValueError(
                "azure requires an API key: set AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT"
            )
        if value == "record" and not (openai or all(azure)):
            raise ValueError(
                "record requires the API key of the recorded provider: set OPENAI_API_KEY, or "
                "AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT"
            )
        return value

    @field_validator("aws_secret_access_key")
    @classmethod
    def _check_aws_key_pair(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("aws_access_key_id") is None):
            raise ValueError(
                "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: "
                "set both, or neither"
            )
        return value

    @field_validator("serve_mode")
    @classmethod
    def _check_redirect(cls, value: str, info: ValidationInfo) -> str:
        if value == "redirect" and not info.data.get("s3_bucket_name"):
            raise ValueError("redirect requires a bucket: set S3_BUCKET_NAME")
        return value

    @field_validator("public_images")
    @classmethod
    def _check_private_images(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and not info.data.get("auth_required"):
            raise ValueError("false requires API keys: set AUTH_REQUIRED=true")
        if not value and info.data.get("s3_public_url"):
            raise ValueError(
                "false contradicts S3_PUBLIC_URL, where anyone can read the images: "
                "unset S3_PUBLIC_URL"
            )
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: str) -> str:
        for origin in _origins(value):
            parts = urlsplit(origin)
            exact = origin == f"{parts.scheme}://{parts.netloc}" and "*" not in origin
            if not exact and origin != "*":
                raise ValueError("must be * or a comma-separated list like https://app.example.com")
        return value

    @cached_property
    def provider(self) -> ProviderName:
        """The provider: IMAGE_PROVIDER, else by API key, else `offline`."""
        return self.image_provider or self._provider_with_key or "offline"

    @cached_property
    def paid_provider(self) -> PaidProvider | None:
        """The provider that charges for images, or None if images are free."""
        if self.provider == "record":
            return self._provider_with_key
        return self.provider if self.provider in {"openai", "azure"} else None

    @property
    def _provider_with_key(self) -> PaidProvider | None:
        if self.openai_api_key:
            return "openai"
        return "azure" if self.azure_openai_endpoint else None

    @property
    def moderates_prompts(self) -> bool:
        """Whether a moderation model checks prompts; Azure filters itself."""
        return self.paid_provider == "openai" and self.openai_moderation_model != "off"

    @cached_property
    def cassettes_path(self) -> Path:
        """The folder of the cassettes."""
        return self.cassettes_dir or self.data_dir / "cassettes"

    @cached_property
    def allowed_origins(self) -> list[str]:
        """The origins that browsers may call from; `["*"]` for all."""
        origins = _origins(self.cors_origins)
        return ["*"] if "*" in origins else origins

    @cached_property
    def trusted_networks(self) -> tuple[str, ...]:
        """The proxies whose forwarded headers are trusted."""
        return tuple(split_list(self.trusted_proxies or ""))

    @cached_property
    def signing_keys(self) -> tuple[str, ...]:
        """The keys of variant signatures; the first one signs."""
        keys = self.variant_signing_keys
        return tuple(split_list(keys.get_secret_value())) if keys else ()

    @cached_property
    def price_table(self) -> dict[str, dict[str, Any]]:
        """The prices of OPENAI_PRICES by model, without unset fields."""
        return {
            model: prices.model_dump(exclude_none=True, exclude_unset=True)
            for model, prices in (self.openai_prices or {}).items()
        }

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, which the log formatter redacts."""
        values = (getattr(self, name) for name in type(self).model_fields)
        secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        passwords = [urlsplit(secret).password for secret in secrets if "://" in secret]
        plain = [unquote(password) for password in passwords if password]
        return (*secrets, *filter(None, passwords), *plain, *self.signing_keys)

    @classmethod
    def load(cls) -> Self:
        """Read the environment and `.env`.

        Raises:
            ConfigError: settings are invalid; its message lists all problems.
        """
        replaced = find_replaced(".env")
        try:
            settings = cls()
        except ValidationError as error:
            raise ConfigError([*replaced, *explain(error)]) from None
        if replaced:
            raise ConfigError(replaced)
        return settings


def _origins(value: str) -> list[str]:
    return [origin.rstrip("/") for origin in split_list(value)]
