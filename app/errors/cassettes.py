"""What a service fails with that only replays."""

from app.errors.base import AppError, Charged


class CassetteMissing(AppError):
    """Replaying found no recording of the request."""

    status, code, charged = 501, "recording_missing", Charged.NO
    message = (
        "This server only replays what was recorded, and this request never was. Record it with "
        "IMAGE_PROVIDER=record, or ask for something that is recorded."
    )
