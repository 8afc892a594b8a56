"""The stages: what is pending is computed by pure functions in workers and recorded by this one process."""
