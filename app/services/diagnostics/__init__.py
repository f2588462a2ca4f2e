"""Checks of the set-up, a module for each part: `flask images doctor` runs and prints them."""
