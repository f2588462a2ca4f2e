"""The settings, with their types, defaults and validation."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from app.config.types import (
    AnyCase,
    ApiKey,
    ApiVersion,
    BucketName,
    BudgetText,
    CertificateFile,
    DatabaseName,
    Flag,
    Folder,
    HostList,
    Identifier,
    LogLevel,
    ModelAliases,
    ModelName,
    Number,
    PriceTable,
    ProxyList,
    RateText,
    Region,
    SigningKeys,
    StoreKey,
    Whole,
    split_list,
)
from app.config.urls import (
    AzureEndpoint,
    BaseUrl,
    ListenHost,
    MongoUri,
    PathPrefix,
    RedisUrl,
    WebUrl,
    contains_bucket,
    is_host,
    parse_azure_endpoint,
)

ProviderName = Literal["openai", "azure", "offline", "record", "replay"]
Background = Literal["auto", "transparent", "white"]

_AZURE = ("azure_openai_api_key", "azure_openai_endpoint")
_IMAGE_MODEL = "gpt-image-2.6-flare"


class SettingsFields(BaseModel):
    """The fields of the settings; `.env.example` describes each.

    Words such as `openai` are read in any case.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    openai_api_key: ApiKey | None = None
    openai_org_id: Identifier | None = None
    openai_project_id: Identifier | None = None
    openai_base_url: BaseUrl | None = None
    provider_image_hosts: HostList | None = None
    azure_openai_api_key: ApiKey | None = None
    azure_openai_endpoint: AzureEndpoint | None = None
    azure_openai_api_version: ApiVersion | None = None
    image_provider: Annotated[ProviderName | None, AnyCase] = Field(None, validate_default=True)
    openai_image_model: ModelName = Field(_IMAGE_MODEL, validate_default=True)
    openai_image_quality: Annotated[
        Literal["auto", "low", "medium", "high", "xhigh", "max"], AnyCase
    ] = "medium"
    openai_text_model: ModelName = "gpt-6-luna"
    v1_model_aliases: ModelAliases = "dall-e-2, dall-e-3, gpt-image-*"
    openai_background: Annotated[Background, AnyCase] = "auto"
    openai_moderation_model: ModelName | None = None
    openai_timeout_seconds: Number | None = Field(None, ge=1, le=900)
    openai_partial_images: Whole = Field(0, ge=0, le=3)
    cassettes_dir: Folder | None = None
    replay_speed: Number = Field(1, ge=0, le=1000)

    aws_access_key_id: StoreKey | None = None
    aws_secret_access_key: StoreKey | None = Field(None, validate_default=True)
    aws_session_token: StoreKey | None = None
    aws_region: Region = "us-east-1"
    s3_bucket_name: BucketName | None = None
    s3_endpoint_url: WebUrl | None = None
    s3_addressing_style: Annotated[Literal["auto", "path", "virtual"], AnyCase] = "auto"
    s3_public_url: WebUrl | None = None
    serve_mode: Annotated[Literal["proxy", "redirect"], AnyCase] = "proxy"

    mongodb_uri: MongoUri | None = None
    mongodb_database: DatabaseName | None = None
    redis_url: RedisUrl | None = None
    redis_timeout_seconds: Number = Field(0.04, ge=0.01, le=10)
    memory_cache_mb: Whole = Field(64, ge=0, le=65536)
    data_dir: Folder = Path("instance")
    idempotency_ttl_days: Number = Field(7, gt=0, le=365)
    trash_days: Number = Field(7, ge=0, le=365)

    upload_max_mb: Whole = Field(20, ge=1, le=64)
    upload_quota_images: Whole = Field(1000, ge=0, le=1_000_000)
    upload_quota_mb: Whole = Field(4096, ge=0, le=1_000_000)

    ssl_cert_file: CertificateFile | None = None
    host: ListenHost = "127.0.0.1"
    port: Whole = Field(5000, ge=1, le=65535)
    public_url: WebUrl | None = None
    script_name: PathPrefix | None = None
    cors_origins: str = "*"
    web_concurrency: Whole = Field(2, ge=1, le=64)
    max_concurrent_generations: Whole = Field(128, ge=1, le=1000)
    max_concurrent_variants: Whole = Field(8, ge=1, le=12)  # each holds a thread
    variant_signing_keys: SigningKeys | None = None
    auth_required: Flag = False
    public_images: Flag = True
    rate_limit_generate: RateText = "10/minute"
    rate_limit_prompts: RateText = "20/minute"
    rate_limit_variants: RateText = "300/minute"
    rate_limit_default: RateText = "300/minute"
    trusted_proxies: ProxyList | None = None
    openai_prices: PriceTable = None
    server_budget: BudgetText | None = None
    xmp_include_prompt: Flag = False
    log_level: LogLevel = "INFO"
    log_format: Annotated[Literal["auto", "json", "text"], AnyCase] = "auto"

    @field_validator("image_provider")
    @classmethod
    def _check_provider_keys(cls, value: str | None, info: ValidationInfo) -> str | None:
        openai = bool(info.data.get("openai_api_key"))
        base_url = info.data.get("openai_base_url")
        azure = [bool(info.data.get(name)) for name in _AZURE]
        if any(azure) and not all(azure):
            raise ValueError(
                "only one of AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT is set: "
                "set both, or neither"
            )
        if base_url and not openai and not all(azure) and value not in {"offline", "replay"}:
            _check_keyless(base_url)
        if value == "openai" and not (openai or base_url):
            raise ValueError(
                "openai requires an API key: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server "
                "without keys"
            )
        if value == "azure" and not all(azure):
            raise ValueError(
                "azure requires an API key: set AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT"
            )
        if value == "record" and not (openai or base_url or all(azure)):
            raise ValueError(
                "record requires the API key of the recorded provider: set OPENAI_API_KEY, or "
                "AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT"
            )
        return value

    @field_validator("openai_image_model")
    @classmethod
    def _use_azure_deployment(cls, value: str, info: ValidationInfo) -> str:
        """Replace the default model by the deployment in Azure's target URI."""
        endpoint = info.data.get("azure_openai_endpoint")
        if value != _IMAGE_MODEL or info.data.get("openai_api_key") or not endpoint:
            return value
        return parse_azure_endpoint(endpoint).deployment or value

    @field_validator("openai_moderation_model")
    @classmethod
    def _read_off(cls, value: str | None) -> str | None:
        return "off" if value and value.lower() == "off" else value

    @field_validator("aws_secret_access_key")
    @classmethod
    def _check_aws_key_pair(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("aws_access_key_id") is None):
            raise ValueError(
                "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: "
                "set both, or neither"
            )
        return value

    @field_validator("s3_endpoint_url")
    @classmethod
    def _check_endpoint(cls, value: str | None, info: ValidationInfo) -> str | None:
        bucket = info.data.get("s3_bucket_name")
        if value and bucket and contains_bucket(value, bucket):
            raise ValueError(
                "contains the bucket: set the store's own address, and the bucket in S3_BUCKET_NAME"
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

    @field_validator("public_url", "script_name")
    @classmethod
    def _check_mount(cls, value: str | None) -> str | None:
        path = urlsplit(value or "").path
        if path == "/static" or path.startswith("/static/"):
            raise ValueError("must not be below /static, where the service has its own files")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: str) -> str:
        for origin in split_origins(value):
            if origin != "*" and not _is_origin(origin):
                raise ValueError("must be * or a comma-separated list like https://app.example.com")
        return value


def split_origins(value: str) -> list[str]:
    """Split a list of origins; browsers send them in lower case."""
    return [origin.rstrip("/").lower() for origin in split_list(value)]


def _is_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        parts.port  # noqa: B018 - reason: it is checked when it is read
    except ValueError:
        return False
    is_exact = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in origin
    return is_exact and is_host(parts.hostname or "")


def _check_keyless(base_url: str) -> None:
    if (urlsplit(base_url).hostname or "").endswith(".openai.com"):
        raise ValueError("OPENAI_BASE_URL is OpenAI's own address: set OPENAI_API_KEY, too")
