"""What a request gets whose Idempotency-Key was used before."""

from app.errors.base import AppError, Charged


class GenerationInProgress(AppError):
    """The first request with this key is still being worked on, and may be paying."""

    status, code, retry_after = 409, "generation_in_progress", 5
    charged = Charged.UNKNOWN
    message = "The image for this Idempotency-Key is being drawn. Ask again with the same key."


class OutcomeUnknown(AppError):
    """Nobody knows whether the image of this key was drawn; it will not be bought again."""

    status, code, charged = 409, "outcome_unknown", Charged.UNKNOWN
    message = (
        "The image for this Idempotency-Key may have been paid for, but never arrived. "
        "A new key draws it anew, and may pay a second time."
    )


class IdempotencyKeyReused(AppError):
    """The key belongs to another request."""

    status, code, charged = 422, "idempotency_key_reused", Charged.NO
    message = "This Idempotency-Key was used for another request. Take a new one."


class ImageDeleted(AppError):
    """The image of this key was made and deleted; it is not drawn again by itself."""

    status, code, charged = 410, "image_deleted", Charged.NO
    message = "The image for this Idempotency-Key was deleted. A new key draws a new one."
