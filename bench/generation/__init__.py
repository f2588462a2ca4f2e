"""The cost of a generation, alone and among many."""
