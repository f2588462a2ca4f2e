"""Which implementation each part gets, and why."""

import logging
from dataclasses import dataclass

from app.config import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which implementation a part has (`kind`), in words (`used`), and because of what."""

    part: str
    kind: str
    used: str
    why: str


def choose(settings: Settings) -> tuple[Selection, ...]:
    """Tell what the settings lead to, part by part."""
    data = settings.data_dir
    drawing, provider, given = _drawing(settings)
    store = ("s3", "S3") if settings.s3_bucket_name else ("files", f"files in {data / 'store'}")
    records = ("mongodb", "MongoDB") if settings.mongodb_uri else ("sqlite", f"SQLite in {data}")
    cache = (
        ("redis", "memory of each process, over Redis")
        if settings.redis_url
        else ("memory", "memory of each process")
    )
    return (
        _choice("drawing", drawing, provider, given),
        _choice("storage", store, "S3_BUCKET_NAME", settings.s3_bucket_name),
        _choice("records", records, "MONGODB_URI", settings.mongodb_uri),
        _choice("cache", cache, "REDIS_URL", settings.redis_url),
    )


def _drawing(settings: Settings) -> tuple[tuple[str, str], str, object]:
    """Return who draws, in words; the setting that decides; and its value."""
    model = settings.openai_image_model
    moderated = "" if settings.moderates_prompts else ", prompts are checked by no moderation model"
    words = {
        "openai": f"OpenAI {model}{moderated}",
        "azure": f"Azure OpenAI {model}{moderated}",
        "offline": "offline painter: images drawn by rules, not AI",
        "record": f"{settings.paid_provider} {model}, written down in {settings.cassettes_path}{moderated}",
        "replay": f"replays what is recorded in {settings.cassettes_path}, at no cost",
    }
    chosen = (settings.provider, words[settings.provider])
    if settings.image_provider:
        return chosen, "IMAGE_PROVIDER", settings.image_provider
    if settings.paid_provider == "azure":
        return chosen, "AZURE_OPENAI_ENDPOINT", settings.azure_openai_endpoint
    return chosen, "OPENAI_API_KEY", settings.openai_api_key


def _choice(part: str, chosen: tuple[str, str], setting: str, value: object) -> Selection:
    why = f"{setting} is set" if value else f"{setting} is not set"
    return Selection(part=part, kind=chosen[0], used=chosen[1], why=why)


def announce(settings: Settings) -> None:
    """Log one line a part: what was chosen and why."""
    for choice in choose(settings):
        _log.info("%s: %s (%s)", choice.part, choice.used, choice.why)
    if settings.paid_provider and not settings.auth_required:
        _log.warning(
            "anyone who can reach this server can draw images at your expense: "
            "set AUTH_REQUIRED=true and make keys with `flask keys create`, or keep it on a "
            "private address"
        )
