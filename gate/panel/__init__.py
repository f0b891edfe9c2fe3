"""The panel: a window over a running gate. What it knows and does is here; ``gate.panel.view`` draws it, with Qt.

May import: closing, engine, errors, files, levels, live, midi, modelfile, notes, parameters, plugins, render, session,
soundsystem.
Runs on: the window's thread, and the keeper's, which owns the gate.
"""
