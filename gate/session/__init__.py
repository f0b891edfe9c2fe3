"""All that is set on a gate, as one value: in memory, in a file, and in the words of a person.

May import: constants, errors, files, midi, parameters, plugins.
Runs on: the thread that calls it; never the audio thread.
"""
