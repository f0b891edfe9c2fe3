"""What a model file and a preset are: read, checked and written. Nothing of a model is run here.

May import: constants, errors, files, notes, parameters.
Runs on: the thread that calls it; never the audio thread.
"""
