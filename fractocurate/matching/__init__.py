"""Names x instances -> candidates -> evidence -> decision. ``ladder.decide`` is the door; all of it is pure."""
