"""What is done to sounds: changes, rooms, made-up sounds, phrases, bleed.

May import: recordings.
Runs on: the main thread and its workers.
"""
