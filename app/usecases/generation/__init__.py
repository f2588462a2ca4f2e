"""Generate an image: pay once, store the original first, recover."""
