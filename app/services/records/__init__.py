"""What the record stores share: the document format and list counters."""
