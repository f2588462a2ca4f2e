"""Tests of the training of the judgment of holes."""
