"""List, serve, import and delete images; render variants; prompts."""
