"""Checks of the setup, a module for each part; `flask images doctor` runs and prints them."""
