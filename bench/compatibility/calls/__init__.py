"""Scripts that call one client each; they run in the environment of the clients."""
