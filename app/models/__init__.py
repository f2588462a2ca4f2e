"""What the service talks about, as frozen dataclasses without behaviour of their own."""

from app.models.api_key import ApiKey
from app.models.billing import (
    BudgetState,
    Enhanced,
    Invented,
    Rehearsal,
    Spent,
    Statement,
    TokenUsage,
    UpstreamRequest,
)
from app.models.callers import ANYONE, Budget, Caller, Scope
from app.models.generation import (
    Drawing,
    Generation,
    GenerationRequest,
    ImageFormat,
    Original,
    Page,
    Position,
    Rendition,
    State,
    StoredImage,
)
from app.models.health import Finding, Level, PartHealth
from app.models.rate_limit import Rate, Standing

__all__ = [
    "ANYONE",
    "ApiKey",
    "Budget",
    "BudgetState",
    "Caller",
    "Drawing",
    "Enhanced",
    "Finding",
    "Generation",
    "GenerationRequest",
    "ImageFormat",
    "Invented",
    "Level",
    "Original",
    "Page",
    "PartHealth",
    "Position",
    "Rate",
    "Rehearsal",
    "Rendition",
    "Scope",
    "Spent",
    "Standing",
    "State",
    "Statement",
    "StoredImage",
    "TokenUsage",
    "UpstreamRequest",
]
