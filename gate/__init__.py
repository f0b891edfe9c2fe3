"""A noise gate that learns by example: the runtime."""
