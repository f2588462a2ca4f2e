"""The fit of the cutout's confidence, and the data that it is fitted to: see README.md."""
