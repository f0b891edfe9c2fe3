"""Scenes to learn from and to judge by: a target, its bleed, and what the gate should do.

May import: instruments, labels, recordings, sounds.
Runs on: the main thread and its workers.
"""
