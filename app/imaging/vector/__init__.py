"""Vector graphics of flat art."""
