"""Document format, list counters and pages, for all record stores."""
