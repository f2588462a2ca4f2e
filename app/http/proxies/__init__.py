"""Clients behind proxies: their address, and the path that they see."""
