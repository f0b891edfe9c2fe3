"""How far other definitions of the label would disagree, drawn and counted."""
