"""Client of the Flask Image Generator API."""

from .client import ImageClient
from .errors import ApiError, DeadlineExceeded, ImageClientError
from .models import Candidates, Estimate, Image, Lineage, Page, StreamEvent, Usage

__all__ = [
    "ApiError",
    "Candidates",
    "DeadlineExceeded",
    "Estimate",
    "Image",
    "ImageClient",
    "ImageClientError",
    "Lineage",
    "Page",
    "StreamEvent",
    "Usage",
]
__version__ = "0.1.0"
