"""What keeps a single repair from being made."""

from app.errors import AppError


class RepairFailed(AppError):
    """A discrepancy can't be repaired; the text says why."""

    code = "not_mended"
