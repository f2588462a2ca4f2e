"""Errors of variants."""

from typing import Self

from app.errors.base import AppError

_ADVICE = "Use PNG or WEBP, or an image in flat colors."


class SignatureRequired(AppError):
    """The variant requires a signature and has none."""

    status, code = 403, "signature_required"
    message = "Variants require a signature. Add the parameters `expires` and `sig`."


class SignatureInvalid(AppError):
    """The signature doesn't match the image, parameters, expiry or key."""

    status, code = 403, "signature_invalid"
    message = "The signature doesn't match this URL. Sign it again."


class SignatureExpired(AppError):
    """The signature is correct, but has expired."""

    status, code = 403, "signature_expired"
    message = "The signature of this URL has expired. Sign it again."


class VariantsBusy(AppError):
    """The process has reached its limit of concurrent variants."""

    status, code, retry_after = 503, "busy", 2
    message = "Too many variants are being computed. Try again in a few seconds."


class OriginalMissing(AppError):
    """The variant requires the original image, which is missing."""

    status, code = 404, "original_missing"
    message = "The original of this image is missing. Only the image and smaller variants are left."


class ImageDamaged(AppError):
    """The stored image can't be decoded."""

    status, code = 500, "image_damaged"
    message = "The stored image is damaged. The operator must check it."


class ImageNotVectorizable(AppError):
    """An SVG file of the image would be large, or look different."""

    status, code = 422, "not_vectorizable"
    message = f"This image has too much detail for an SVG file. {_ADVICE}"

    @classmethod
    def of(cls, fidelity: float, problem: str) -> Self:
        """Return the error with the fidelity that the file would have, in dB."""
        figure = round(fidelity, 1)
        message = f"The image {problem}: as SVG it reaches {figure} dB. {_ADVICE}"
        return cls(message=message, facts={"fidelity": figure})
