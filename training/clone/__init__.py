"""Cloning a device from a dry and a wet recording: look at the pair, say what kind of box it is, fit its model.

May import: config_file, learn, recordings, teach.
Runs on: the main thread, with torch only where a network is fitted.
"""
