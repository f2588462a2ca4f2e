"""Listens to the service's log, whoever has configured it."""

import contextlib
import logging
from collections.abc import Iterator


class _Book(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.lines.append(f"{record.levelname} {record.getMessage()}")


@contextlib.contextmanager
def log_lines(logger_name: str = "app") -> Iterator[list[str]]:
    """Collect `LEVEL message` of all that is logged within the block."""
    with _listening(logger_name) as record_spending:
        yield record_spending.lines


@contextlib.contextmanager
def log_records(logger_name: str = "app") -> Iterator[list[logging.LogRecord]]:
    """Collect the records of all that is logged within the block."""
    with _listening(logger_name) as record_spending:
        yield record_spending.records


@contextlib.contextmanager
def _listening(logger_name: str) -> Iterator[_Book]:
    logger, record_spending = logging.getLogger(logger_name), _Book()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(record_spending)
    try:
        yield record_spending
    finally:
        logger.removeHandler(record_spending)
        logger.setLevel(level)
