"""The drawing part of the panel: the only one that knows Qt."""
