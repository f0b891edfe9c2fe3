"""PortAudio through sounddevice: loaded at first use, quiet, and terminated before the process ends.

JACK is not left to PortAudio (``jack_library`` says why): while PortAudio looks for sound systems, it is told of
a JACK server that does not exist. Everything here runs on the thread of ``port_thread``.
"""

import atexit
import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Iterator
from typing import Any

from gate.errors import SoundDeviceError
from gate.soundsystem import jack_library
from gate.soundsystem import thread as port_thread
from gate.soundsystem.quiet import no_op, quiet

EXIT_PATIENCE_S = 1.0
"""How long the end of the process waits for sound systems that do not answer."""

_streams = 0
"""Streams that PortAudio has open."""

_NO_SERVER = "learned-gate-shows-portaudio-no-jack"


@contextlib.contextmanager
def _without_jack() -> Iterator[None]:
    """Name a server that nobody runs in JACK_DEFAULT_SERVER, within a block. PortAudio's JACK is better than none."""
    if jack_library.library() is None:
        yield
        return
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = _NO_SERVER
    try:
        yield
    finally:
        if before is None:
            del os.environ["JACK_DEFAULT_SERVER"]
        else:
            os.environ["JACK_DEFAULT_SERVER"] = before


def _silence_alsa() -> None:
    """Silence ALSA, which complains on stderr about each device that a machine lacks, whenever somebody asks."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(no_op())


@functools.cache
def _load() -> Any:
    """Return the module sounddevice, PortAudio not initialised.

    Raises:
        SoundDeviceError: the extra, or PortAudio itself, is not installed.
    """
    jack_library.library()  # quiet before PortAudio asks it anything
    _silence_alsa()
    try:
        with quiet(), _without_jack():
            import sounddevice  # initialises PortAudio
    except ModuleNotFoundError as error:
        raise SoundDeviceError(
            f"sound devices need the package {error.name}, which is not installed; pip install 'learned-gate[live]'"
        ) from error
    except OSError as error:
        raise SoundDeviceError(
            f"the PortAudio library cannot be loaded, {error}; install it (Debian, Ubuntu: apt install libportaudio2)"
        ) from error
    except Exception as error:  # sounddevice.PortAudioError, which cannot be named without the import
        raise SoundDeviceError(
            f"PortAudio will not start, {error}; is another program in its way?"
        ) from error
    # At the end of a process it takes PortAudio down, and waits for ever for what does not answer.
    atexit.unregister(sounddevice._exit_handler)
    with quiet():
        sounddevice._terminate()
    return sounddevice


def ready() -> Any:
    """Return the module sounddevice with PortAudio initialised, with the device list of when it was."""
    sounddevice = _load()
    if not sounddevice._initialized:
        with quiet(), _without_jack():
            check(sounddevice._lib.Pa_Initialize())
        sounddevice._initialized += 1
    return sounddevice


def fresh() -> Any:
    """Return the module sounddevice with a new device list, or with the last one while a stream is open."""
    if not _streams:
        put_away()
    return ready()


def opened(change: int) -> None:
    """Count a stream that was opened (1) or closed (-1)."""
    global _streams
    _streams += change


def put_away() -> None:
    """Terminate PortAudio, if it runs and has no stream open."""
    sounddevice = sys.modules.get("sounddevice")
    if sounddevice is not None and sounddevice._initialized and not _streams:
        with quiet():
            sounddevice._terminate()


def check(code: int) -> None:
    """Turn one of PortAudio's error codes into an error.

    Raises:
        SoundDeviceError: the code is one.
    """
    if code < 0:
        sounddevice = _load()
        text = sounddevice._ffi.string(sounddevice._lib.Pa_GetErrorText(code)).decode()
        raise SoundDeviceError(f"PortAudio will not start, {text}; is another program in its way?")


@atexit.register
def _leave() -> None:
    with contextlib.suppress(Exception):
        if not port_thread.is_busy():
            port_thread.call(put_away, EXIT_PATIENCE_S)
