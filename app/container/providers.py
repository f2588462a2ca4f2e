"""Makes who draws, moderates and writes."""

import random
from dataclasses import dataclass

from pydantic import SecretStr

from app.config import Settings
from app.ports import ImageGenerator, Moderator, PromptWriter


@dataclass(frozen=True, kw_only=True)
class ProviderPorts:
    """The three ports that one provider implements."""

    generator: ImageGenerator
    moderator: Moderator
    writer: PromptWriter


def build_drawing(settings: Settings) -> ProviderPorts:
    """Make the three ports; they connect when they are first needed."""
    if settings.provider == "offline":
        return _simulating(_offline())
    if settings.provider == "replay":
        return _simulating(_replaying(settings))
    paid = _paid(settings)
    return _recording(paid, settings) if settings.provider == "record" else paid


def _offline() -> ProviderPorts:
    from app.services.offline import provider

    return ProviderPorts(
        generator=provider.OfflineGenerator(),
        moderator=provider.OfflineModerator(),
        writer=provider.OfflinePromptWriter(rng=random.SystemRandom()),
    )


def _replaying(settings: Settings) -> ProviderPorts:
    from app.services.replay.cassettes import Cassettes
    from app.services.replay.player import Replay, ReplayGenerator, ReplayModerator, ReplayWriter

    replay = Replay(Cassettes(settings.cassettes_path), speed=settings.replay_speed)
    return ProviderPorts(
        generator=ReplayGenerator(
            replay,
            model=settings.openai_image_model,
            transparent=settings.openai_native_transparency,
        ),
        moderator=ReplayModerator(replay),
        writer=ReplayWriter(replay, model=settings.openai_text_model),
    )


def _simulating(free: ProviderPorts) -> ProviderPorts:
    from app.services.replay.fault_injection import FaultInjectingGenerator, FaultInjectingModerator

    return ProviderPorts(
        generator=FaultInjectingGenerator(free.generator),
        moderator=FaultInjectingModerator(free.moderator),
        writer=free.writer,
    )


def _recording(paid: ProviderPorts, settings: Settings) -> ProviderPorts:
    from app.services.replay.cassettes import Cassettes
    from app.services.replay.recorder import RecordingGenerator, RecordingModerator, RecordingWriter

    recordings = Cassettes(settings.cassettes_path)
    return ProviderPorts(
        generator=RecordingGenerator(paid.generator, recordings),
        moderator=RecordingModerator(paid.moderator, recordings),
        writer=RecordingWriter(paid.writer, recordings),
    )


def _paid(settings: Settings) -> ProviderPorts:
    from app.services.openai.client import lazy_azure_client, lazy_client
    from app.services.openai.image_generator import OpenAIGenerator
    from app.services.openai.moderator import NoModerator, OpenAIModerator
    from app.services.openai.prompt_writer import OpenAIPromptWriter

    if settings.paid_provider == "azure":
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
    if settings.moderates_prompts:
        moderator = OpenAIModerator(client, model=settings.openai_moderation_model)
    return ProviderPorts(
        generator=OpenAIGenerator(
            client,
            model=settings.openai_image_model,
            timeout_seconds=settings.openai_timeout_seconds,
            provider=settings.paid_provider or "openai",
            transparent=settings.openai_native_transparency,
        ),
        moderator=moderator,
        writer=OpenAIPromptWriter(
            client, model=settings.openai_text_model, rng=random.SystemRandom()
        ),
    )


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
