"""Why a variant of an image is not served."""

from app.errors.base import AppError


class SignatureRequired(AppError):
    """The variant needs a signature and has none."""

    status, code = 403, "signature_required"
    message = "Variants of images have to be signed here: `expires` and `sig` are missing."


class SignatureInvalid(AppError):
    """The signature belongs to another image, other parameters, another time or another key."""

    status, code = 403, "signature_invalid"
    message = "The signature does not fit this address."


class SignatureExpired(AppError):
    """The signature is ours, and its time is over."""

    status, code = 403, "signature_expired"
    message = "The signature of this address has expired."


class VariantsBusy(AppError):
    """As many variants wait to be computed as this process may hold."""

    status, code, retry_after = 503, "busy", 2
    message = "Too many variants are being computed right now. Please try again shortly."


class OriginalMissing(AppError):
    """The image is there, but the original, from which this variant would be cut, is gone."""

    status, code = 404, "original_missing"
    message = "The original of this image is gone; only variants up to its own size can be made."


class ImageDamaged(AppError):
    """What the store has can't be decoded, so nothing can be computed from it."""

    status, code = 500, "image_damaged"
    message = "The stored image can't be read. The operator has to look at it."
