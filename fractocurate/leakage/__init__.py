"""Fingerprints -> pairs -> confirmation -> folds -> rates: which micrographs show one field, and where that leaks."""
