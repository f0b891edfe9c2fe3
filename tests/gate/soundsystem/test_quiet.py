"""What C libraries say of themselves goes nowhere, from whatever thread they say it."""

import ctypes
import time

import pytest

from gate.soundsystem import jack_library
from gate.soundsystem import quiet as port_quiet

ENOUGH_S = 10.0
"""A C function that waits for the interpreter waits longer than this, as the test holds it; any other is done at once."""


class Told:
    """Takes the functions that a library is given for its messages."""

    def __init__(self):
        self.functions = []
        self.jack_set_error_function = self.jack_set_info_function = self.functions.append


class _Time(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def ends_on_its_own(function):
    """Does a C function end on a thread of its own while this one holds the interpreter?"""
    libc = ctypes.PyDLL(None)  # holds the interpreter during calls
    thread, text = ctypes.c_ulong(), ctypes.create_string_buffer(b"a message")
    assert libc.pthread_create(ctypes.byref(thread), None, function, text) == 0
    until = _Time(int(time.time() + ENOUGH_S), 0)
    ended = libc.pthread_timedjoin_np(thread, None, ctypes.byref(until)) == 0
    if not ended:
        assert ctypes.CDLL(None).pthread_join(thread, None) == 0
    return ended


def test_messages_of_jack_need_no_interpreter():
    """The audio thread may have something to say while Python holds the interpreter, and waits for that thread."""
    told = Told()
    jack_library.silence(told)
    assert len(told.functions) == 2
    assert all(ends_on_its_own(function) for function in told.functions)
    assert ends_on_its_own(port_quiet.no_op())


@pytest.mark.slow
def test_a_function_of_python_would_wait():
    """What the test above looks for is there to be found."""
    ended = []
    python = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(lambda text: ended.append(text) or 0)
    assert not ends_on_its_own(python) and ended
