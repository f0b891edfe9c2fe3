"""Drums and guitars that are played for a scene: recorded hits and notes, made-up ones, and who plays them.

May import: recordings, sounds.
Runs on: the main thread and its workers.
"""
