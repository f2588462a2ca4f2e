"""Rewrite the assertions of the checks, so that their failures are explained."""

import pytest

pytest.register_assert_rewrite("tests.faults.checks")
