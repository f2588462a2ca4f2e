"""Turns rows into answers."""

from dataclasses import asdict

from flask import request

from app.blueprints.dependencies import Dependencies
from app.blueprints.schemas import Image, ImageAnswer, OriginalAnswer
from app.models import Generation


def image_answer(generation: Generation, deps: Dependencies) -> ImageAnswer:
    """Answer with one picture."""
    return ImageAnswer(**dict(image(generation, deps)))


def image(generation: Generation, deps: Dependencies) -> Image:
    """Describe a ready picture, with absolute addresses."""
    filename = f"{generation.id}.png"
    url = f"{_base(deps)}/images/{filename}"
    original, rendition = generation.original, generation.image
    return Image(
        filename=filename,
        url=url,
        image_url=deps.store.public_url(f"images/{filename}") or url,
        prompt=generation.prompt,
        first_prompt=generation.first_prompt,
        new_prompt=generation.new_prompt,
        created_at=generation.created_at or generation.requested_at,
        width=rendition.width if rendition else 0,
        height=rendition.height if rendition else 0,
        model=generation.model,
        provider=generation.provider,
        charged=generation.charged,
        cutout=rendition.report if rendition else {},
        original=OriginalAnswer.model_validate(asdict(original)) if original else None,
    )


def _base(deps: Dependencies) -> str:
    """The service's own address: as the operator says, else as the caller reached it."""
    return deps.defaults.public_url or request.url_root.rstrip("/")
