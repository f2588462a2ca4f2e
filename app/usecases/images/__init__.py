"""List, serve, vary, import and delete images; invent prompts."""
