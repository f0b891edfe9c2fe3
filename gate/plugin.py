"""The front door for those who write plugins; docs/python.md has a whole plugin with its tests, docs/lifecycle.md its life.

    from gate.plugin import Field, Format, Knob, Parameter, Plugin, Running, aligned, layout, user_fields

A plugin is a subclass of ``Plugin`` with a ``Knob`` (or a ``Choice``) for each ``Parameter``, a flat record (``layout`` of
``Field`` rows, memory by ``aligned``), and a compiled function that works on it. ``_open`` makes a ``Running`` of these for
a ``Format``. A knob is written once: its row is the attribute, the keyword, the field of the record (``user_fields``), the
key in a session file, the target of a MIDI map, and the control in the panel.

Those who only use the program import from ``gate``. Every other module is private, and may change with any version.
"""

from gate.parameters import Choice, Knob, Parameter
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format, Running
from gate.realtime.record import Field, aligned, layout, user_fields

__all__ = [
    "Choice",
    "Field",
    "Format",
    "Knob",
    "Parameter",
    "Plugin",
    "Running",
    "aligned",
    "layout",
    "user_fields",
]
