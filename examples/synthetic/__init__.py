"""An invented archive of fracture reports and SEM frames, with complete truth."""
