"""What recordings hold, as segments of speech, music and noise.

May import: closing, constants, engine, errors, files, modelfile, pictures.
Runs on: the main thread.
"""
