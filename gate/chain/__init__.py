"""Plugins in a row, from Python: a whole sound at once, or block by block."""
