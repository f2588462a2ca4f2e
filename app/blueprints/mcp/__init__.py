"""The Model Context Protocol: tools for AI agents, over HTTP and standard input."""
