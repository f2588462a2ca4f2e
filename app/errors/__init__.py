"""Every failure the service answers with: a public half for callers, a private half for the log."""

from app.errors.base import AppError, Charged
from app.errors.parts import (
    NotReady,
    PictureWaits,
    RecordsUnavailable,
    ServiceBusy,
    ShuttingDown,
    StorageUnavailable,
)
from app.errors.provider import (
    PROVIDER_FAILURES,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)
from app.errors.repeats import (
    GenerationInProgress,
    IdempotencyKeyReused,
    ImageDeleted,
    OutcomeUnknown,
)
from app.errors.requests import (
    ImageNotFound,
    InvalidJson,
    InvalidRequest,
    PromptRejected,
    RequestTooLarge,
    UnsupportedMediaType,
)

__all__ = [
    "PROVIDER_FAILURES",
    "AppError",
    "Charged",
    "GenerationInProgress",
    "IdempotencyKeyReused",
    "ImageDeleted",
    "ImageNotFound",
    "InvalidJson",
    "InvalidRequest",
    "NotReady",
    "OutcomeUnknown",
    "PictureWaits",
    "PromptRejected",
    "ProviderBadResponse",
    "ProviderError",
    "ProviderMisconfigured",
    "ProviderQuota",
    "ProviderRateLimited",
    "ProviderTimeout",
    "ProviderUnreachable",
    "RecordsUnavailable",
    "RequestTooLarge",
    "ServiceBusy",
    "ShuttingDown",
    "StorageUnavailable",
    "UnsupportedMediaType",
]
