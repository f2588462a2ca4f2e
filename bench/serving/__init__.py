"""The cost of a request for an image or a page, compared with bare Flask."""
