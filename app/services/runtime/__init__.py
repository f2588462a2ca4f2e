"""Lazy clients, classified failures, the clock and a semaphore."""
