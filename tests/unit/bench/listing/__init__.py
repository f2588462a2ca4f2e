"""Tests of the million records."""
