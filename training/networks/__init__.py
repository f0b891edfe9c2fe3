"""The networks: the gate, the frame detector, and what both hear."""
