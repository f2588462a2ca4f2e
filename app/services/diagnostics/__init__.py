"""The checks of `flask images doctor`, with a module for each part."""
