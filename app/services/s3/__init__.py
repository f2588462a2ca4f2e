"""Images in Amazon S3 or a compatible store."""
