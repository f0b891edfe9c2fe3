"""Everything that is compiled, or read by compiled code.

May import: constants, parameters.
Runs on: the audio thread; no allocation, lock, raise, print.
"""
