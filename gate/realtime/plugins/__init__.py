"""The compiled laws of slots: what each kind does to a buffer of sound."""
