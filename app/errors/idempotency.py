"""Errors for requests whose idempotency key was used before."""

from app.errors.base import AppError, Charged


class GenerationInProgress(AppError):
    """The first request with this idempotency key is still running.

    It may be charged.
    """

    status, code, retry_after = 409, "generation_in_progress", 5
    charged = Charged.UNKNOWN
    message = "The image for this Idempotency-Key is being generated. Try again with the same key."


class OutcomeUnknown(AppError):
    """The first request may have been charged, so it is not repeated."""

    status, code, charged = 409, "outcome_unknown", Charged.UNKNOWN
    message = (
        "The image for this Idempotency-Key may have been charged, but was never received. "
        "To generate it again, with another charge, use a new key."
    )


class IdempotencyKeyReused(AppError):
    """The idempotency key was used with another request body."""

    status, code, charged = 422, "idempotency_key_reused", Charged.NO
    message = "This Idempotency-Key was used for another request. Use a new one."


class ImageDeleted(AppError):
    """The image of this idempotency key was deleted.

    It is not generated again.
    """

    status, code, charged = 410, "image_deleted", Charged.NO
    message = (
        "The image for this Idempotency-Key was deleted. To generate a new one, use a new key."
    )


class ImageTrashed(AppError):
    """The image of this idempotency key is in the trash."""

    status, code, charged = 410, "image_trashed", Charged.NO
    message = (
        "The image for this Idempotency-Key is in the trash. Restore it, or use a new key to "
        "generate a new one."
    )
