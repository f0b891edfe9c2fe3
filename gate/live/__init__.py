"""A gate at work: sources of sound, the rack of plugins, recording, status.

May import: chain, closing, constants, engine, errors, files, midi, modelfile, notes, parameters, plugins, realtime,
session, soundsystem.
Runs on: the thread that owns the gate, and a file stream's; the audio thread calls ``gate.realtime.stream``.
"""
