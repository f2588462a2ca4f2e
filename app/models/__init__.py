"""What the service talks about, as frozen dataclasses without behaviour of their own."""

from app.models.callers import ANYONE, Budget, Caller, Scope
from app.models.generations import (
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
from app.models.keys import ApiKey
from app.models.rates import Rate, Standing

__all__ = [
    "ANYONE",
    "ApiKey",
    "Budget",
    "Caller",
    "Drawing",
    "Finding",
    "Generation",
    "GenerationRequest",
    "ImageFormat",
    "Level",
    "Original",
    "Page",
    "PartHealth",
    "Position",
    "Rate",
    "Rendition",
    "Scope",
    "Standing",
    "State",
    "StoredImage",
]
