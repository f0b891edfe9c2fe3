"""JACK and PortAudio: devices, streams, and what opens them again. It knows no gate.

May import: closing, constants, errors, realtime.
Runs on: the supervisor's and the sound system's threads; the audio thread calls ``gate.realtime.stream``.
"""
