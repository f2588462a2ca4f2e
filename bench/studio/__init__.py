"""Measurements of the studio in a browser."""
