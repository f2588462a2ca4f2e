"""The fault matrix: what can break, what is answered then, and what is paid and kept."""
