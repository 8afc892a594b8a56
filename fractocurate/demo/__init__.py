"""`fracto demo`: an invented archive of fracture reports and SEM frames, with complete truth, and a tour of it."""
