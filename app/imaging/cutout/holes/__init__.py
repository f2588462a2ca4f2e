"""Classify enclosed regions of background color as hole or subject."""

from app.imaging.cutout.holes.classify import HoleDecisions, classify_holes, visibility

__all__ = ["HoleDecisions", "classify_holes", "visibility"]
