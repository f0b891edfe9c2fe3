"""Teaching a gate: losses, batches, features, the loop, validation.

May import: config_file, judging, labels, networks, recordings, scenes, sounds.
Runs on: the main thread, with torch; workers compose scenes.
"""
