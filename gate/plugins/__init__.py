"""What can stand in a slot of a chain (``gate.chain.chain``): gates, learned and classic, a high-pass, model files."""
