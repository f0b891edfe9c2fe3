"""What draws the panel: the only part of it that knows Qt."""
