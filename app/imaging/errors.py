"""The two ways in which an image can be refused."""


class UnusableImage(ValueError):
    """The image can't be used."""


class NotAnImage(UnusableImage):
    """The bytes are not a whole PNG, WEBP or JPEG."""


class TooLarge(UnusableImage):
    """The header promises more pixels than are ever decoded."""
