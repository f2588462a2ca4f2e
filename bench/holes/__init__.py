"""How the model that tells enclosed paint from holes is trained: see README.md."""
