"""What a Fracto catalog holds, and the only door to it."""
