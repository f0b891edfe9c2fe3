"""A model with its memory and its runtime: what ``gate.realtime`` works on is opened, set and closed here.

May import: closing, constants, errors, files, modelfile, parameters, realtime.
Runs on: the thread that opened it; the audio thread only calls what was compiled.
"""
