"""Commands for operators: `flask images`, `flask keys`, `flask spec`."""
