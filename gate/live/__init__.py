"""The gate on a sound card: devices, streams, and what keeps them going."""
