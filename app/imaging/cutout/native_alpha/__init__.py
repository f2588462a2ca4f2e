"""Transparency that image models draw themselves: checked, cleaned and reported."""

from app.imaging.cutout.native_alpha.pipeline import prepare, use_alpha, use_alpha_large

__all__ = ["prepare", "use_alpha", "use_alpha_large"]
