"""Clones: networks that learn what a device does to sound, from what went in and what came out.

May import: config_file, teach.
Runs on: the main thread, with torch.
"""
