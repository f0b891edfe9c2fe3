"""What can stand in a slot of a chain: the learned gate, a high-pass, a classifier (``gate.chain`` plays them)."""
