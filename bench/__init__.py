"""Measurements of speed and quality: see docs/performance.md and the README of each folder."""
