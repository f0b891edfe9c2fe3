"""A controller for tests: another JACK client with a MIDI output, through python-rtmidi."""

import sys

import pytest

WHEELS_UNTIL = (3, 12)
"""The newest Python that python-rtmidi 1.5.8 has wheels for (pyproject.toml)."""


def needs_rtmidi():
    """Skip where it is not installed; on a build server that is a failure where it could be (tests/plugin_no_skips.py)."""
    try:
        import rtmidi
    except ImportError:
        could = sys.version_info[:2] <= WHEELS_UNTIL
        pytest.skip(f"python-rtmidi {'is not installed' if could else 'has no wheel for this Python'}")
    return rtmidi


class Controller:
    """Ports that can be seen on the private server: "NAME:knobs"."""

    def __init__(self, name="desk"):
        self._rtmidi, self._name = needs_rtmidi(), name

    def __enter__(self):
        self.plug()
        return self

    def __exit__(self, *_):
        self.unplug()

    def plug(self):
        self._out = self._rtmidi.MidiOut(self._rtmidi.API_UNIX_JACK, self._name)
        self._out.open_virtual_port("knobs")

    def unplug(self):
        self._out.delete()

    def send(self, *data):
        """One message."""
        self._out.send_message(data)
