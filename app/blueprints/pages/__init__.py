"""Pages for people: the studio, and what browsers show instead of JSON."""
