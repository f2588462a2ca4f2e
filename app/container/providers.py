"""Build the adapters of the image provider from the settings."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from app.config import Settings
from app.container.certificates import trusted_certificates
from app.ports import ImageGenerator, Moderator, PromptWriter
from app.ports.providers import OnLimits
from app.usecases.billing.model_table import draws_transparent
from app.usecases.generation.deadlines import Deadlines

if TYPE_CHECKING:
    from openai import OpenAI

    from app.services.runtime.lazy_client import LazyClient


@dataclass(frozen=True, kw_only=True)
class ProviderAdapters:
    """The adapters of the three ports that a provider implements."""

    generator: ImageGenerator
    moderator: Moderator
    writer: PromptWriter


def build_provider(settings: Settings, on_limits: OnLimits) -> ProviderAdapters:
    """Build the provider's adapters, which connect when first used.

    Args:
        settings: the settings.
        on_limits: receives what remains of the image model's rate limits.
    """
    if settings.provider == "offline":
        return _with_fault_injection(_offline(settings))
    if settings.provider == "replay":
        return _with_fault_injection(_replay(settings))
    paid = _paid(settings, on_limits)
    return _with_recording(paid, settings) if settings.provider == "record" else paid


def _offline(settings: Settings) -> ProviderAdapters:
    from app.services.offline import provider

    return ProviderAdapters(
        generator=provider.OfflineGenerator(
            transparent=settings.openai_background == "transparent"
        ),
        moderator=provider.OfflineModerator(),
        writer=provider.OfflinePromptWriter(rng=random.SystemRandom()),
    )


def _replay(settings: Settings) -> ProviderAdapters:
    from app.services.replay.cassettes import Cassettes
    from app.services.replay.player import (
        CassettePlayer,
        ReplayGenerator,
        ReplayModerator,
        ReplayWriter,
    )

    player = CassettePlayer(Cassettes(settings.cassettes_path), speed=settings.replay_speed)
    return ProviderAdapters(
        generator=ReplayGenerator(
            player, model=settings.openai_image_model, transparent=_is_transparent(settings)
        ),
        moderator=ReplayModerator(player),
        writer=ReplayWriter(player, model=settings.openai_text_model),
    )


def _with_fault_injection(provider: ProviderAdapters) -> ProviderAdapters:
    from app.services.replay.fault_injection import FaultInjectingGenerator, FaultInjectingModerator

    return ProviderAdapters(
        generator=FaultInjectingGenerator(provider.generator),
        moderator=FaultInjectingModerator(provider.moderator),
        writer=provider.writer,
    )


def _with_recording(paid: ProviderAdapters, settings: Settings) -> ProviderAdapters:
    from app.services.replay.cassettes import Cassettes
    from app.services.replay.recorder import RecordingGenerator, RecordingModerator, RecordingWriter

    cassettes = Cassettes(settings.cassettes_path)
    return ProviderAdapters(
        generator=RecordingGenerator(paid.generator, cassettes),
        moderator=RecordingModerator(paid.moderator, cassettes),
        writer=RecordingWriter(paid.writer, cassettes),
    )


def build_client(settings: Settings, on_limits: OnLimits | None = None) -> "LazyClient[OpenAI]":
    """Build the client of the paid provider."""
    from app.services.openai.client import lazy_azure_client, lazy_client

    if settings.paid_provider == "azure":
        return lazy_azure_client(
            api_key=_value_of(settings.azure_openai_api_key) or "",
            endpoint=settings.azure_target.endpoint,
            api_version=settings.azure_target.api_version,
            on_limits=on_limits,
            ca_bundle=trusted_certificates(settings),
        )
    return lazy_client(
        api_key=_value_of(settings.openai_api_key),
        base_url=settings.openai_base_url,
        organization=settings.openai_org_id,
        project=settings.openai_project_id,
        on_limits=on_limits,
        ca_bundle=trusted_certificates(settings),
    )


def _paid(settings: Settings, on_limits: OnLimits) -> ProviderAdapters:
    from app.services.openai.image_generator import OpenAIGenerator
    from app.services.openai.moderator import NoModerator, OpenAIModerator
    from app.services.openai.prompt_writer import OpenAIPromptWriter

    client = build_client(settings, on_limits)
    deadlines = Deadlines(settings.openai_image_model, settings.openai_timeout_seconds)
    moderator: Moderator = NoModerator()
    if settings.moderation_model:
        moderator = OpenAIModerator(client, model=settings.moderation_model)
    return ProviderAdapters(
        generator=OpenAIGenerator(
            client,
            model=settings.openai_image_model,
            timeout_seconds=deadlines.longest_seconds,
            provider=settings.paid_provider or "openai",
            transparent=_is_transparent(settings),
            image_hosts=settings.image_hosts,
        ),
        moderator=moderator,
        writer=OpenAIPromptWriter(
            client, model=settings.openai_text_model, rng=random.SystemRandom()
        ),
    )


def _is_transparent(settings: Settings) -> bool:
    """Return whether to request a transparent background from the model."""
    if settings.openai_background == "auto":
        return draws_transparent(settings.openai_image_model)
    return settings.openai_background == "transparent"


def _value_of(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
