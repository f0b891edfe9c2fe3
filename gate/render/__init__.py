"""A file, or a folder of files, through the gate.

May import: closing, constants, engine, errors, files, levels, modelfile, parameters, pictures, realtime.
Runs on: the main thread of a process for each file.
"""
