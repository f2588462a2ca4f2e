"""Capture the service's log, however it is configured."""

import contextlib
import logging
from collections.abc import Iterator


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.lines.append(f"{record.levelname} {record.getMessage()}")


@contextlib.contextmanager
def log_lines(logger_name: str = "app") -> Iterator[list[str]]:
    """Collect `LEVEL message` of everything that is logged within the block."""
    with _collecting(logger_name) as collector:
        yield collector.lines


@contextlib.contextmanager
def log_records(logger_name: str = "app") -> Iterator[list[logging.LogRecord]]:
    """Collect the log records of everything that is logged within the block."""
    with _collecting(logger_name) as collector:
        yield collector.records


@contextlib.contextmanager
def _collecting(logger_name: str) -> Iterator[_Collector]:
    logger, collector = logging.getLogger(logger_name), _Collector()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(collector)
    try:
        yield collector
    finally:
        logger.removeHandler(collector)
        logger.setLevel(level)
