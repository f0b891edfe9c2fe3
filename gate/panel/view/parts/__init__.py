"""Widgets that know no gate: knobs, meters, plots, menus."""
