"""List, serve, render variants of, import and delete images; invent prompts."""
