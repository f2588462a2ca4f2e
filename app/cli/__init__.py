"""Command groups for operators: `flask images`, `flask keys` and `flask spec`."""
