"""Soak test: customers order images from two servers while everything around them fails."""
