"""Teaching a gate: losses, batches, features, the loop, validation."""
