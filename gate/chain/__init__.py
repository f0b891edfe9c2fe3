"""Plugins in a row, from Python: a whole sound at once, or block by block.

May import: closing, constants, errors, parameters, plugins, realtime, session.
Runs on: the thread that owns the chain; the audio thread calls ``gate.realtime.chain``.
"""
