"""The two ways in which a picture can be refused."""


class UnusableImage(ValueError):
    """The picture can't be used."""


class NotAnImage(UnusableImage):
    """The bytes are not a whole PNG, WEBP or JPEG."""


class TooLarge(UnusableImage):
    """The header promises more pixels than are ever decoded."""
