"""The domain model: frozen dataclasses without I/O."""

from app.models.api_key import ApiKey
from app.models.billing import (
    BudgetState,
    CostEstimate,
    EnhancedPrompt,
    InventedPrompts,
    OpenReservation,
    Spending,
    TokenUsage,
    UpstreamRequest,
    UsageReport,
)
from app.models.callers import ANONYMOUS, Budget, Caller, Scope
from app.models.generation import ImageRecord
from app.models.health import Finding, Level, PartHealth
from app.models.image_request import (
    ImageInput,
    ImageRequest,
    InputReference,
    InputRole,
    edited_subject,
    shown_subject,
)
from app.models.images import GeneratedImage, Original, ProcessedImage, StoredImage
from app.models.pages import Page, PageQuery, Position
from app.models.rate_limit import Rate, RateLimitStatus
from app.models.states import InvalidTransition, State

__all__ = [
    "ANONYMOUS",
    "ApiKey",
    "Budget",
    "BudgetState",
    "Caller",
    "CostEstimate",
    "EnhancedPrompt",
    "Finding",
    "GeneratedImage",
    "ImageInput",
    "ImageRecord",
    "ImageRequest",
    "InputReference",
    "InputRole",
    "InvalidTransition",
    "InventedPrompts",
    "Level",
    "OpenReservation",
    "Original",
    "Page",
    "PageQuery",
    "PartHealth",
    "Position",
    "ProcessedImage",
    "Rate",
    "RateLimitStatus",
    "Scope",
    "Spending",
    "State",
    "StoredImage",
    "TokenUsage",
    "UpstreamRequest",
    "UsageReport",
    "edited_subject",
    "shown_subject",
]
