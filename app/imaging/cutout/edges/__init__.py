"""Alpha and shading of the edges of a subject."""
