"""`python -m tests.attacks` makes all attacks and writes docs/attacks.md."""

import sys

import pytest

from tests.attacks.page import PATH, page
from tests.attacks.summary import rows_of


class _Writer:
    """Writes the page when the run has ended."""

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        PATH.write_text(page(rows_of(terminalreporter)), encoding="utf-8")


sys.exit(pytest.main(["-m", "attack", "-q", *sys.argv[1:]], plugins=[_Writer()]))
