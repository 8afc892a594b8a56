"""What a run's out-of-fold answers are worth: pure functions on arrays. Nothing here knows torch or the catalog."""
