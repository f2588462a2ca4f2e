"""Listens to the service's log, whoever has configured it."""

import contextlib
import logging
from collections.abc import Iterator


class _Book(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.getMessage()}")


@contextlib.contextmanager
def log_lines(logger_name: str = "app") -> Iterator[list[str]]:
    """Collect `LEVEL message` of all that is logged within the block."""
    logger, book = logging.getLogger(logger_name), _Book()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(book)
    try:
        yield book.lines
    finally:
        logger.removeHandler(book)
        logger.setLevel(level)
