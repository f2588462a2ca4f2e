"""A soak: customers buy pictures from two servers while everything around them breaks."""
