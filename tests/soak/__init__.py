"""A soak: customers buy images from two servers while everything around them breaks."""
