"""From an audited catalog to a cross-validated classifier."""
