"""A controller for tests: another JACK client with a MIDI output, through python-rtmidi."""

import pytest


def needs_rtmidi():
    """Skip where it is not installed; on a build server that is a failure (tests/plugin_no_skips.py)."""
    try:
        import rtmidi
    except ImportError:
        pytest.skip("python-rtmidi is not installed")
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
