"""Select an implementation for each part, and preload modules."""

import gc
import logging
from dataclasses import dataclass
from importlib import import_module

from pydantic import SecretStr

from app.config import Settings

_log = logging.getLogger(__name__)

_IMAGING = (
    "app.imaging.cutout.pipeline",
    "app.imaging.variants.render",
    "numpy.ma",
    "PIL.ImageOps",
)
"""What the first cutout or variant would import; a tenth of a second that holds Python's lock."""

_MODULES = {
    "offline": ("app.painter",),
    "openai": ("openai.resources.images", "openai.resources.moderations", "httpcore2"),
    "s3": ("app.services.s3.session", "botocore.endpoint"),
    "mongodb": ("app.services.rate_limiting.mongodb_storage",),
    "redis": ("redis",),
}
"""The modules that an implementation would import when it is first used."""


@dataclass(frozen=True, kw_only=True)
class SelectedAdapter:
    """The implementation of a part, and the setting that selected it.

    Attributes:
        part: `provider`, `storage`, `records` or `cache`.
        kind: identifies the implementation, such as `s3`.
        description: describes the implementation to people.
        reason: the setting that selected it, and whether it is set.
    """

    part: str
    kind: str
    description: str
    reason: str


def select_adapters(settings: Settings) -> tuple[SelectedAdapter, ...]:
    """Return the implementation of each part."""
    data = settings.data_dir
    provider, provider_setting, value = _provider(settings)
    store = ("s3", "S3") if settings.s3_bucket_name else ("files", f"files in {data / 'store'}")
    records = ("mongodb", "MongoDB") if settings.mongodb_uri else ("sqlite", f"SQLite in {data}")
    cache = (
        ("redis", "memory of each process, in front of Redis")
        if settings.redis_url
        else ("memory", "memory of each process")
    )
    return (
        _selected("provider", provider, provider_setting, value),
        _selected("storage", store, "S3_BUCKET_NAME", settings.s3_bucket_name),
        _selected("records", records, "MONGODB_URI", settings.mongodb_uri),
        _selected("cache", cache, "REDIS_URL", settings.redis_url),
    )


def _provider(settings: Settings) -> tuple[tuple[str, str], str, object]:
    """Return kind and description, the deciding setting, and its value."""
    model = settings.openai_image_model
    moderation = "" if settings.moderation_model else ", without a moderation model"
    descriptions = {
        "openai": f"OpenAI {model}{moderation}",
        "azure": f"Azure OpenAI {model}{moderation}",
        "offline": "offline painter, which draws by fixed rules, not AI",
        "record": f"{settings.paid_provider} {model}, "
        f"recorded in {settings.cassettes_path}{moderation}",
        "replay": f"replay of the cassettes in {settings.cassettes_path}, free of charge",
    }
    selected = (settings.provider, descriptions[settings.provider])
    if settings.image_provider:
        return selected, "IMAGE_PROVIDER", settings.image_provider
    if settings.paid_provider == "azure":
        return selected, "AZURE_OPENAI_ENDPOINT", settings.azure_openai_endpoint
    if settings.paid_provider and not settings.openai_api_key:
        return selected, "OPENAI_BASE_URL", settings.openai_base_url
    return selected, "OPENAI_API_KEY", settings.openai_api_key


def _selected(part: str, selected: tuple[str, str], setting: str, value: object) -> SelectedAdapter:
    reason = f"{setting} is set" if value else f"{setting} is not set"
    return SelectedAdapter(part=part, kind=selected[0], description=selected[1], reason=reason)


def log_selection(settings: Settings) -> None:
    """Log each part's implementation; warn if anyone can incur costs."""
    for selected in select_adapters(settings):
        _log.info("%s: %s (%s)", selected.part, selected.description, selected.reason)
    if settings.mongodb_uri and (names := _overridden(settings.mongodb_uri)):
        _log.warning(
            "MONGODB_URI: %s: overridden, because a write or read of less than a majority could "
            "lose the record of a paid image",
            names,
        )
    if settings.paid_provider and not settings.auth_required:
        _log.warning(
            "anyone who can reach this server can generate images at your expense: "
            "set AUTH_REQUIRED=true and create API keys with `flask keys create`, or serve it on "
            "a private address only"
        )


def _overridden(uri: SecretStr) -> str:
    from app.services.mongodb.client import overridden_options

    return ", ".join(overridden_options(uri.get_secret_value()))


def preload(settings: Settings) -> None:
    """Import the modules that the settings need, before a server forks.

    It also loads the S3 API description. It creates no clients; each worker creates its own.

    The loaded objects are frozen, which excludes them from garbage collection. They are never
    freed, and a collection would make each worker copy the memory pages shared with the others.
    """
    for name in _IMAGING:
        import_module(name)
    import_module("PIL.Image").init()  # its plugins, which the first AVIF file would import
    import_module("app.services.observability.metrics")
    import_module("app.services.rate_limiting.sqlite_storage")
    for selected in select_adapters(settings):
        for name in _MODULES.get(selected.kind, ()):
            import_module(name)
        if selected.kind == "s3":
            import_module("app.services.s3.session").load()
    gc.collect()
    gc.freeze()
