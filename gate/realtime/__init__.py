"""Everything that is compiled, or read by compiled code. Runs on the audio thread; no allocation, lock, raise, print."""
