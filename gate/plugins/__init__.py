"""Plugins for the slots of a chain: gates, learned and classic, a high-pass, models, amplifiers, cabinets, third parties'.

May import: closing, constants, engine, errors, files, modelfile, parameters, realtime.
Runs on: the thread that owns the chain; the audio thread calls their compiled functions.
"""
