"""Files of prompts, and reports on the images that are generated from them."""
