"""The tools of the MCP server, over the same use cases as the REST API."""
