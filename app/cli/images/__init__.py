"""`flask images`: commands for stored images and for the upkeep of the service."""
