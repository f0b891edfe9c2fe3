"""The panel: a window over a running gate. What it knows and does is here; what draws it is in ``gate.panel.view``."""
