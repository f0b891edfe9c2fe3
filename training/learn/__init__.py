"""Learning by example on a user's machine: what is heard of the user's recordings, and the quick way.

May import: config_file, judging, networks, recordings, scenes, sounds, teach.
Runs on: the main thread, with torch.
"""
