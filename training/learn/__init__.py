"""Learning by example on a user's machine: what is heard of their recordings, and the quick way."""
