"""`python -m tests.attacks`: run all attacks and write docs/attacks.md."""

import sys

import pytest

from tests.attacks.page import PATH, page
from tests.attacks.summary import rows_of


class _Writer:
    """Write the page at the end of the run."""

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        PATH.write_text(page(rows_of(terminalreporter)), encoding="utf-8")


sys.exit(pytest.main(["-m", "attack", "-q", *sys.argv[1:]], plugins=[_Writer()]))
