"""Sound files in and out exactly, other files whole or not at all, and the inputs that a command line means.

May import: closing, constants, errors.
Runs on: the thread that calls it; never the audio thread.
"""
