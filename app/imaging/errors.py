"""Reasons why an image is refused."""


class UnusableImage(ValueError):
    """The image can't be used."""


class NotAnImage(UnusableImage):
    """The bytes are not a complete PNG, WEBP or JPEG."""


class TooLarge(UnusableImage):
    """The header states more pixels than the decoder accepts."""


class TracingTimeout(RuntimeError):
    """An image wasn't traced in time."""


class NotVectorizable(ValueError):
    """An SVG file of the image would be large, or look different.

    Attributes:
        fidelity: the PSNR that the file, or the image in flat colors, would have, in dB.
    """

    def __init__(self, fidelity: float, problem: str) -> None:
        super().__init__(problem)
        self.fidelity = fidelity
