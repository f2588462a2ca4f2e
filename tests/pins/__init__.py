"""Tools for the pinned packages: `make pins` writes their hashes, `make audit` looks them up."""
