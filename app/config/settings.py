"""The settings of the service, and the values that follow from them."""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr, ValidationError

from app.config.environment import ConfigError, find_unusable_proxies, read_variables
from app.config.fields import ProviderName, SettingsFields, split_origins
from app.config.types import split_list
from app.config.urls import AzureTarget, database_in, parse_azure_endpoint

VERSION = "0.1.0"
"""The version of the service, as stated in its OpenAPI document."""

UNUSABLE_SETTINGS = 2
"""The exit status if the settings are invalid."""

PaidProvider = Literal["openai", "azure"]

_DATABASE = "image_generator"
_AZURE_API_VERSION = "2025-04-01-preview"
_MODERATION_MODEL = "omni-moderation-latest"


class Settings(SettingsFields):
    """Settings of the service, with derived values.

    An empty value counts as unset. All values are validated once, at start.
    """

    @cached_property
    def provider(self) -> ProviderName:
        """The provider: IMAGE_PROVIDER, else by API key or base URL, else `offline`."""
        return self.image_provider or self._configured_provider or "offline"

    @cached_property
    def paid_provider(self) -> PaidProvider | None:
        """The provider that charges for images, or None if images are free."""
        if self.provider == "record":
            return self._configured_provider
        return self.provider if self.provider in {"openai", "azure"} else None

    @property
    def _configured_provider(self) -> PaidProvider | None:
        if self.openai_api_key:
            return "openai"
        if self.azure_openai_endpoint:
            return "azure"
        return "openai" if self.openai_base_url else None

    @cached_property
    def moderation_model(self) -> str | None:
        """The model that checks prompts, or None.

        Azure filters itself, and servers without API keys rarely have such a model.
        """
        if self.paid_provider != "openai" or self.openai_moderation_model == "off":
            return None
        return self.openai_moderation_model or (_MODERATION_MODEL if self.openai_api_key else None)

    @cached_property
    def azure_target(self) -> AzureTarget:
        """The endpoint of Azure, and the version of its API."""
        target = parse_azure_endpoint(self.azure_openai_endpoint or "")
        in_endpoint = target.api_version if target.deployment else ""
        version = self.azure_openai_api_version or in_endpoint or _AZURE_API_VERSION
        return target._replace(api_version=version)

    @cached_property
    def database(self) -> str:
        """The MongoDB database: MONGODB_DATABASE, else the one in MONGODB_URI."""
        return self.mongodb_database or database_in(self.mongodb_uri) or _DATABASE

    @cached_property
    def bind_address(self) -> str:
        """Host and port to listen on, with an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @cached_property
    def public_base_url(self) -> str | None:
        """The service's own URL: PUBLIC_URL, with SCRIPT_NAME unless it has a path."""
        if self.public_url is None or urlsplit(self.public_url).path:
            return self.public_url
        return self.public_url + (self.script_name or "")

    @cached_property
    def path_prefixes(self) -> tuple[str, ...]:
        """The paths below which the service is reached; URLs have the first one."""
        public_path = unquote(urlsplit(self.public_base_url or "").path)
        return tuple(dict.fromkeys(filter(None, (public_path, self.script_name))))

    @cached_property
    def cassettes_path(self) -> Path:
        """The folder of the cassettes."""
        return self.cassettes_dir or self.data_dir / "cassettes"

    @cached_property
    def allowed_origins(self) -> list[str]:
        """The origins that browsers may call from; `["*"]` for all."""
        origins = split_origins(self.cors_origins)
        return ["*"] if "*" in origins else origins

    @cached_property
    def trusted_networks(self) -> tuple[str, ...]:
        """The proxies whose forwarded headers are trusted."""
        return tuple(split_list(self.trusted_proxies or ""))

    @cached_property
    def image_hosts(self) -> tuple[str, ...]:
        """The hosts beside the provider's own from which images may be fetched."""
        return tuple(split_list(self.provider_image_hosts or ""))

    @cached_property
    def model_aliases(self) -> tuple[str, ...]:
        """Further names of the image model under /v1; one may end with `*`."""
        aliases = tuple(split_list(self.v1_model_aliases))
        return () if aliases in {("off",), ("OFF",)} else aliases

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
    def load(cls, env_file: Path | str = ".env") -> Self:
        """Read the environment and `env_file`.

        Raises:
            ConfigError: settings are invalid; its message lists all problems.
        """
        variables = read_variables(cls.model_fields, Path(env_file))
        problems = list(variables.problems)
        try:
            settings = cls.model_validate(variables.values)
        except ValidationError as error:
            raise ConfigError([*problems, *variables.explain(error)]) from None
        if settings.paid_provider or settings.s3_bucket_name:
            problems += find_unusable_proxies()
        if problems:
            raise ConfigError(problems)
        return settings
