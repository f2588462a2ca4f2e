"""How good the cutout is, and how fast, beside what else can be installed: see README.md."""
