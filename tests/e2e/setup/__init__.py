"""The setup of the service: entry points and `flask images doctor`."""
