"""Recordings to learn from: folders, manifests, and which part each recording belongs to."""
