"""Drums and guitars that are played for a scene: recorded hits and notes, made-up ones, and who plays them."""
