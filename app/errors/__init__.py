"""Every failure the service answers with: a public half for callers, a private half for the log."""

from app.errors.access import (
    BudgetExceeded,
    Forbidden,
    PriceUnknown,
    RateLimited,
    Unauthorized,
)
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
from app.errors.recordings import RecordingMissing
from app.errors.repeats import (
    GenerationInProgress,
    IdempotencyKeyReused,
    ImageDeleted,
    OutcomeUnknown,
)
from app.errors.requests import (
    AddressTooLong,
    HeadersTooLarge,
    ImageNotFound,
    InvalidJson,
    InvalidRequest,
    PromptRejected,
    RequestTimeout,
    RequestTooLarge,
    UnsupportedMediaType,
)
from app.errors.variants import (
    ImageDamaged,
    OriginalMissing,
    SignatureExpired,
    SignatureInvalid,
    SignatureRequired,
    VariantsBusy,
)

__all__ = [
    "PROVIDER_FAILURES",
    "AddressTooLong",
    "AppError",
    "BudgetExceeded",
    "Charged",
    "Forbidden",
    "GenerationInProgress",
    "HeadersTooLarge",
    "IdempotencyKeyReused",
    "ImageDamaged",
    "ImageDeleted",
    "ImageNotFound",
    "InvalidJson",
    "InvalidRequest",
    "NotReady",
    "OriginalMissing",
    "OutcomeUnknown",
    "PictureWaits",
    "PriceUnknown",
    "PromptRejected",
    "ProviderBadResponse",
    "ProviderError",
    "ProviderMisconfigured",
    "ProviderQuota",
    "ProviderRateLimited",
    "ProviderTimeout",
    "ProviderUnreachable",
    "RateLimited",
    "RecordingMissing",
    "RecordsUnavailable",
    "RequestTimeout",
    "RequestTooLarge",
    "ServiceBusy",
    "ShuttingDown",
    "SignatureExpired",
    "SignatureInvalid",
    "SignatureRequired",
    "StorageUnavailable",
    "Unauthorized",
    "UnsupportedMediaType",
    "VariantsBusy",
]
