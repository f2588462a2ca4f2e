"""Makes who draws, moderates and writes."""

import random
from dataclasses import dataclass

from pydantic import SecretStr

from app.config import Settings
from app.ports import ImageGenerator, Moderator, PromptWriter


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The three ports that one provider implements."""

    generator: ImageGenerator
    moderator: Moderator
    writer: PromptWriter


def build_drawing(settings: Settings) -> Drawing:
    """Make the three ports; they connect when they are first needed."""
    if settings.draws_with == "offline":
        return _simulating(_offline())
    if settings.draws_with == "replay":
        return _simulating(_replaying(settings))
    paid = _paid(settings)
    return _recording(paid, settings) if settings.draws_with == "record" else paid


def _offline() -> Drawing:
    from app.services.offline import provider

    return Drawing(
        generator=provider.OfflineGenerator(),
        moderator=provider.OfflineModerator(),
        writer=provider.OfflinePromptWriter(rng=random.SystemRandom()),
    )


def _replaying(settings: Settings) -> Drawing:
    from app.services.replay.cassettes import Recordings
    from app.services.replay.player import Replay, ReplayGenerator, ReplayModerator, ReplayWriter

    replay = Replay(Recordings(settings.recordings), speed=settings.replay_speed)
    return Drawing(
        generator=ReplayGenerator(
            replay,
            model=settings.openai_image_model,
            transparent=settings.openai_native_transparency,
        ),
        moderator=ReplayModerator(replay),
        writer=ReplayWriter(replay, model=settings.openai_text_model),
    )


def _simulating(free: Drawing) -> Drawing:
    from app.services.replay.fault_injection import SimulatingGenerator, SimulatingModerator

    return Drawing(
        generator=SimulatingGenerator(free.generator),
        moderator=SimulatingModerator(free.moderator),
        writer=free.writer,
    )


def _recording(paid: Drawing, settings: Settings) -> Drawing:
    from app.services.replay.cassettes import Recordings
    from app.services.replay.recorder import RecordingGenerator, RecordingModerator, RecordingWriter

    recordings = Recordings(settings.recordings)
    return Drawing(
        generator=RecordingGenerator(paid.generator, recordings),
        moderator=RecordingModerator(paid.moderator, recordings),
        writer=RecordingWriter(paid.writer, recordings),
    )


def _paid(settings: Settings) -> Drawing:
    from app.services.openai.client import lazy_azure_client, lazy_client
    from app.services.openai.image_generator import OpenAIGenerator
    from app.services.openai.moderator import NoModerator, OpenAIModerator
    from app.services.openai.prompt_writer import OpenAIPromptWriter

    if settings.pays == "azure":
        client = lazy_azure_client(
            api_key=_plain(settings.azure_openai_api_key),
            endpoint=settings.azure_openai_endpoint or "",
            api_version=settings.azure_openai_api_version,
        )
    else:
        client = lazy_client(
            api_key=_plain(settings.openai_api_key), base_url=settings.openai_base_url
        )
    moderator: Moderator = NoModerator()
    if settings.moderates:
        moderator = OpenAIModerator(client, model=settings.openai_moderation_model)
    return Drawing(
        generator=OpenAIGenerator(
            client,
            model=settings.openai_image_model,
            timeout_seconds=settings.openai_timeout_seconds,
            provider=settings.pays or "openai",
            transparent=settings.openai_native_transparency,
        ),
        moderator=moderator,
        writer=OpenAIPromptWriter(
            client, model=settings.openai_text_model, rng=random.SystemRandom()
        ),
    )


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
