"""Opacity of what is finer or wider than an edge: strands, glows and feathered outlines."""

from app.imaging.cutout.soft_parts.soft_alpha import soften
from app.imaging.cutout.soft_parts.strands import resolve_strands

__all__ = ["resolve_strands", "soften"]
