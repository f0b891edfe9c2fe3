"""Gates, ours and others', judged on the same scenes in the same run; ``gate-eval`` is the command.

May import: labels, recordings, scenes.
Runs on: the main thread.
"""
