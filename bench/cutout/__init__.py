"""Quality and speed of the cutout, compared with other methods: see README.md."""
