"""Explains failures inside of the checks too."""

import pytest

pytest.register_assert_rewrite("tests.faults.checks")
