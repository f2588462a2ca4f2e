"""Shared by the record stores: the document format, list counters and pages."""
