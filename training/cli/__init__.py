"""The command ``gate-eval``.

May import: judging, recordings, scenes.
Runs on: the main thread.
"""
