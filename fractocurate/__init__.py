"""From an archive of fracture reports and SEM micrographs to an audited catalog."""
