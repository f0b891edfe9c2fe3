"""A third-party plugin in a slot: its process, what keeps that going, and the memory that both share."""
