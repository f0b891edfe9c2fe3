"""The commands, one file each.

May import: chain, closing, constants, engine, errors, files, label, levels, live, midi, modelfile, notes, panel,
parameters, plugins, render, session, soundsystem.
Runs on: the main thread.
"""
