"""Errors of capacity, storage and records."""

from app.errors.base import AppError, Charged


class ServiceBusy(AppError):
    """The process has reached its limit of concurrent generations."""

    status, code, retry_after, charged = 503, "busy", 5, Charged.NO
    message = "Too many images are being generated. Try again in a few seconds."


class Overloaded(AppError):
    """The process has no room for further requests of this kind."""

    status, code, retry_after = 503, "busy", 2
    message = "The server is busy. Try again in a few seconds."


class ShuttingDown(AppError):
    """The server is shutting down and starts no new generations."""

    status, code, retry_after, charged = 503, "shutting_down", 5, Charged.NO
    message = "The server is shutting down or restarting. Nothing was charged. Try again."


class NotReady(AppError):
    """A required part is down."""

    status, code, retry_after = 503, "not_ready", 5
    message = "The service is not ready."


class StorageUnavailable(AppError):
    """The image store is unreachable or rejects the request."""

    status, code = 503, "storage_unavailable"
    retry_after: int | None = 5
    message = "The image storage is unavailable. Try again later."


class ObjectDamaged(StorageUnavailable):
    """The image store returned something else than the object, or a part of it."""

    message = "The image storage returned a wrong response. Try again later."


class ImagePendingUpload(StorageUnavailable):
    """A charged image is kept on this server until it can be stored."""

    message = (
        "The image was generated and is kept safely, but the image storage is unavailable. It will "
        "be completed without another charge. Try again later with the same Idempotency-Key."
    )


class RecordsUnavailable(AppError):
    """The record store is unreachable or rejects the request."""

    status, code, retry_after = 503, "records_unavailable", 5
    message = "The image records are unavailable. Try again later."
