"""What the service talks about, as frozen dataclasses without behavior of their own."""

from app.models.api_key import ApiKey
from app.models.billing import (
    BudgetState,
    CostEstimate,
    EnhancedPrompt,
    InventedPrompts,
    Spending,
    TokenUsage,
    UpstreamRequest,
    UsageReport,
)
from app.models.callers import ANONYMOUS, Budget, Caller, Scope
from app.models.generation import (
    GeneratedImage,
    ImageRecord,
    ImageRequest,
    Original,
    ProcessedImage,
    State,
    StoredImage,
)
from app.models.health import Finding, Level, PartHealth
from app.models.pages import Page, PageQuery, Position
from app.models.rate_limit import Rate, RateLimitStatus

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
    "ImageRecord",
    "ImageRequest",
    "InventedPrompts",
    "Level",
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
]
