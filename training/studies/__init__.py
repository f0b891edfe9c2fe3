"""Experiments that nothing else imports: labels, SwishNet's protocol, five architectures, the quick way's figures.

May import: config_file, detector, judging, labels, learn, networks, recordings, scenes, sounds, teach.
Runs on: the main thread, with torch.
"""
