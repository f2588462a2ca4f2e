"""Soak test: customers order images from two servers while every other part fails at random."""
