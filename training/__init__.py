"""Teaching a gate: corpus, scenes, labels, networks, losses, the loop."""
