"""What a person should know though nothing failed: warnings, which commands print as notes."""


class GateNote(UserWarning):
    """Something worth knowing, in one sentence; ``gate.cli.ending.notes_said`` prints each once."""
