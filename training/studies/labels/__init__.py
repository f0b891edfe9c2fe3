"""Other definitions of the label: how far they would disagree, drawn and counted."""
