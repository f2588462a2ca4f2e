"""Read and write PNG, WEBP and JPEG files and their metadata."""
