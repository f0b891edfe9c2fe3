"""Scenes to learn from and to judge by: a target, its bleed, and what the gate should do."""
