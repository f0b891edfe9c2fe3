"""JACK and PortAudio: devices, streams, and what opens them again. It knows no gate."""
