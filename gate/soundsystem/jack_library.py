"""JACK's library through ctypes: the calls that the live gate needs, and nothing that talks on its own.

PortAudio can play on JACK, but not survive it (pa_jack.c, 19.6): stopping a stream waits up to ten minutes for a server
that has died (WaitCondition), closing one unregisters its ports and asserts that this worked (CleanUpStream), and so does
Pa_Terminate of leaving the server. Debian compiles the assertions in: no order of calls keeps the process alive. So a stream
on JACK is made here, without PortAudio, and PortAudio is not shown the server (``port_library``).
"""

import contextlib
import ctypes
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from gate.soundsystem.quiet import no_op, quiet

AUDIO_TYPE = b"32 bit float mono audio"
"""JACK_DEFAULT_AUDIO_TYPE (jack/types.h)."""

NO_START_SERVER = 0x01
"""jack_options_t: join a running server, never start one."""

IS_INPUT, IS_OUTPUT, IS_PHYSICAL = 0x1, 0x2, 0x4
"""JackPortFlags."""

CAPTURE, PLAYBACK = 0, 1
"""jack_latency_callback_mode_t."""

_P, _TEXT, _U32, _INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_int
_TEXTS = ctypes.POINTER(ctypes.c_char_p)


class LatencyRange(ctypes.Structure):
    """JACK's jack_latency_range_t, in frames."""

    _fields_ = (("least", _U32), ("most", _U32))


_CALLS: dict[str, tuple[Any, ...]] = {
    "jack_client_open": (_P, _TEXT, _INT, ctypes.POINTER(_INT)),
    "jack_client_close": (_INT, _P),
    "jack_get_client_name": (_TEXT, _P),
    "jack_activate": (_INT, _P),
    "jack_deactivate": (_INT, _P),
    "jack_on_shutdown": (None, _P, _P, _P),
    "jack_set_process_callback": (_INT, _P, _P, _P),
    "jack_set_xrun_callback": (_INT, _P, _P, _P),
    "jack_get_sample_rate": (_U32, _P),
    "jack_get_buffer_size": (_U32, _P),
    "jack_last_frame_time": (_U32, _P),
    "jack_port_register": (_P, _P, _TEXT, _TEXT, ctypes.c_ulong, ctypes.c_ulong),
    "jack_port_unregister": (_INT, _P, _P),
    "jack_port_by_name": (_P, _P, _TEXT),
    "jack_port_name": (_TEXT, _P),
    "jack_port_flags": (_INT, _P),
    "jack_port_get_latency_range": (None, _P, _INT, ctypes.POINTER(LatencyRange)),
    "jack_port_get_buffer": (_P, _P, _U32),
    "jack_port_get_all_connections": (_TEXTS, _P, _P),
    "jack_get_ports": (_TEXTS, _P, _TEXT, _TEXT, ctypes.c_ulong),
    "jack_connect": (_INT, _P, _TEXT, _TEXT),
    "jack_disconnect": (_INT, _P, _TEXT, _TEXT),
    "jack_free": (None, _P),
    "jack_set_error_function": (None, _P),
    "jack_set_info_function": (None, _P),
}
"""Result and arguments of each function, by name (jack/jack.h)."""


@functools.cache
def library() -> Any:
    """Return the library, quiet, or None where there is none. Opening it talks to no server."""
    from ctypes.util import find_library

    names = {"darwin": ["libjack.0.dylib", "libjack.dylib"], "win32": ["libjack64.dll"]}
    for name in [*names.get(sys.platform, ["libjack.so.0"]), None]:
        found = name or find_library("jack")
        if not found:
            continue
        with contextlib.suppress(OSError, AttributeError), quiet():
            lib = ctypes.CDLL(found)
            for call, (result, *arguments) in _CALLS.items():
                function = getattr(lib, call)
                function.restype, function.argtypes = result, arguments
            silence(lib)
            return lib
    return None


def silence(lib: Any) -> None:
    """Keep JACK's messages off the terminal: JACK prints them from any of its threads, at any time."""
    lib.jack_set_error_function(no_op())
    lib.jack_set_info_function(no_op())


def address(name: str) -> int:
    """Return the address of one of the library's functions, for compiled code."""
    return int(ctypes.cast(getattr(library(), name), ctypes.c_void_p).value or 0)


def texts(array: Any) -> list[str]:
    """Return the names in a NULL-terminated array that JACK gave, and free the array."""
    found: list[str] = []
    if array:
        while array[len(found)] is not None:
            found.append(array[len(found)].decode(errors="replace"))
        library().jack_free(ctypes.cast(array, ctypes.c_void_p))
    return found


_own: dict[int, str] = {}
"""Clients of this process: their handles, and the names that the server gave them."""


def open_client(name: str) -> int:
    """Join the server; return the client's handle, or 0 where no server answers. A name that is taken is changed."""
    lib = library()
    if lib is None:
        return 0
    with quiet():
        handle = int(lib.jack_client_open(name.encode(), NO_START_SERVER, None) or 0)
        if handle:
            _own[handle] = lib.jack_get_client_name(handle).decode()
    return handle


def close_client(handle: int) -> None:
    """Leave the server; waits while the server is stopped."""
    library().jack_client_close(handle)
    _own.pop(handle, None)


guests: list[Callable[[], None]] = []
"""Functions that leave the server with a client of this process that was not opened here; called, on the thread of
``port_thread``, when a server has died: a new one can be joined only after all clients of the old one have left."""


def own_clients() -> set[str]:
    """Return the names of this process's clients."""
    return set(_own.values())


@contextlib.contextmanager
def a_client(name: str) -> Iterator[int]:
    """Open a client for a block: yield its handle, or 0 where no server answers."""
    handle = open_client(name)
    try:
        yield handle
    finally:
        if handle:
            close_client(handle)
