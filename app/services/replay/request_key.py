"""What a provider is asked, as it is recorded and found again.

The model is no part of it, so that a page that was made with one model is replayed without naming
it; nor is how many partial images are asked for.
"""

from typing import Any

from app.models import ImageRequest


def draw(request: ImageRequest) -> dict[str, Any]:
    """Ask for an image."""
    return {
        "call": "draw",
        "prompt": request.new_prompt,
        "size": request.size,
        "quality": request.quality,
    }


def check(prompt: str) -> dict[str, Any]:
    """Ask whether a prompt is decent."""
    return {"call": "check", "prompt": prompt}


def enhance(prompt: str) -> dict[str, Any]:
    """Ask for a richer prompt."""
    return {"call": "enhance", "prompt": prompt}


def invent(count: int, theme: str) -> dict[str, Any]:
    """Ask for prompts."""
    return {"call": "invent", "count": count, "theme": theme}
