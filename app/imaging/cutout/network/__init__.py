"""A small neural network that classifies each pixel of an image on a background."""

from app.imaging.cutout.network.pixel_classes import CLASSES, PixelClasses, predict_classes

__all__ = ["CLASSES", "PixelClasses", "predict_classes"]
