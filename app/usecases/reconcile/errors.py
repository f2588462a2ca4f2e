"""What keeps a single repair from being made."""

from app.errors import AppError


class RepairFailed(AppError):
    """This one can't be mended; its text says why."""

    code = "not_mended"
