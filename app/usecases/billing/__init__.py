"""Prices, budgets and usage reports."""
