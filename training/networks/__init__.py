"""The networks: the gate, the frame detector, and what both hear.

May import: nothing.
Runs on: the main thread, with torch.
"""
