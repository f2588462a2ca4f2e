"""Opacity of soft parts: glows and feathered outlines, which are wider than an edge."""

from app.imaging.cutout.soft_parts.soft_alpha import soften

__all__ = ["soften"]
