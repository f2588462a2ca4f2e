"""Shadows on the background: they are removed with it, or kept as partial opacity."""

from app.imaging.cutout.shadows.dark_shadow import find_dark_shadow
from app.imaging.cutout.shadows.shade import Shade, find_shade, may_have_shadow
from app.imaging.cutout.shadows.shadow_layer import add_shadow

__all__ = ["Shade", "add_shadow", "find_dark_shadow", "find_shade", "may_have_shadow"]
