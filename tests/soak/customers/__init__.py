"""Customers, their orders, and what they know of each image."""
