"""What the cutout's confidence was fitted to, and how."""
