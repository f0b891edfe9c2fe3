"""Warnings of what a person should know though nothing failed; commands print them as notes."""


class GateNote(UserWarning):
    """Something worth knowing, in one sentence; ``gate.cli.ending.notes_said`` prints each once."""
