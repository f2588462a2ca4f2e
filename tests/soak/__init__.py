"""Soak test: customers order images from two servers while every other part fails at random."""

import sys

from tests.support.client_packages import PYTHON_CLIENT

sys.path.append(str(PYTHON_CLIENT))
