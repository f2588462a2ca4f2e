"""The time of variants, and the images in the documents."""
