"""Data beside the sound in a file: chunks, tags, pictures; carried over, or named where there is no place for them."""
