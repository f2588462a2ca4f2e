"""Tests of app/usecases/groups."""
