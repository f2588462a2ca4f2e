"""Reasons why an image is refused."""


class UnusableImage(ValueError):
    """The image can't be used."""


class NotAnImage(UnusableImage):
    """The bytes are not a complete PNG, WEBP or JPEG."""


class TooLarge(UnusableImage):
    """The header states more pixels than the decoder accepts."""
