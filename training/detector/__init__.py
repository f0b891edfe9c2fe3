"""Teaching the frame detector: speech, music or noise every 10 ms, from mixtures whose sides are known.

May import: config_file, judging, networks, recordings, scenes, sounds, teach.
Runs on: the main thread, with torch.
"""
