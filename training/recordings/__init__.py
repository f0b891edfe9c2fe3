"""Recordings to learn from: folders, manifests, and which part each recording belongs to.

May import: nothing.
Runs on: the main thread and its workers.
"""
