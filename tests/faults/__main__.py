"""`python -m tests.faults` writes docs/faults.md."""

from tests.faults.page import PATH, page

PATH.write_text(page(), encoding="utf-8")
