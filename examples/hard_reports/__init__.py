"""Invented fracture reports that are hard to read, with complete truth: what `fracto ingest` is measured on."""
