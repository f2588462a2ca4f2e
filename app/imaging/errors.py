"""The two ways in which a picture can be refused."""


class UnusablePicture(ValueError):
    """The picture can't be used."""


class NotAPicture(UnusablePicture):
    """The bytes are not a whole PNG, WEBP or JPEG."""


class TooLarge(UnusablePicture):
    """The header promises more pixels than are ever decoded."""
