"""What our own parts fail with."""

from app.errors.base import AppError, Charged


class ServiceBusy(AppError):
    """As many generations run as this process may hold."""

    status, code, retry_after, charged = 503, "busy", 5, Charged.NO
    message = "Too many images are being drawn right now. Please try again shortly."


class ShuttingDown(AppError):
    """The server finishes what it has begun and takes on nothing new."""

    status, code, retry_after, charged = 503, "shutting_down", 5, Charged.NO
    message = "The server is being stopped or restarted. Nothing was paid; please try again."


class NotReady(AppError):
    """A part that the service can't work without is down."""

    status, code, retry_after = 503, "not_ready", 5
    message = "The service is not ready."


class StorageUnavailable(AppError):
    """The image store can't be reached or refuses us."""

    status, code = 503, "storage_unavailable"
    retry_after: int | None = 5
    message = "The image storage is not available right now."


class ImagePendingUpload(StorageUnavailable):
    """An image was bought and its bytes are safe, but the store can't take all of it now."""

    message = (
        "The image was drawn and kept safely, but the image storage is not available right now. "
        "It will be finished without being paid for again."
    )


class RecordsUnavailable(AppError):
    """The records store can't be reached or refuses us."""

    status, code, retry_after = 503, "records_unavailable", 5
    message = "The image records are not available right now."
