"""Health, diagnostics, metrics and background maintenance."""
