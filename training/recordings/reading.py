"""Recordings as samples: whole files, or their mean over channels at a rate, with errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from gate.constants import RATE
from gate.errors import AudioFileError
from gate.files.sound_reader import Reader


def read_sound(path: Path) -> tuple[NDArray[np.float32], int, str]:
    """Read all of a sound file.

    Returns:
        (n, channels) float32; its rate in Hz; and what there is to say about its header, "" for nothing.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not audio, or empty.
    """
    with _opened(path) as reader, _refused(path):
        x = reader.read_rest()
        return x.astype(np.float32, copy=False), reader.layout.rate, reader.remark or ""


def read_length(path: Path) -> tuple[int, int]:
    """Find how many frames a sound file has, and at which rate in Hz; raises as ``read_sound``."""
    with _opened(path) as reader:
        return reader.frames, reader.layout.rate


def read_mono(path: Path, rate_hz: int = RATE) -> NDArray[np.float32]:
    """Read a file as mono at 48 kHz, or another rate: (n,) float32. Channels are averaged; raises as ``read_sound``."""
    x, rate, _ = read_sound(path)
    return to_mono(x, rate, rate_hz)


def to_mono(x: NDArray[np.float32], rate: int, rate_hz: int = RATE) -> NDArray[np.float32]:
    """Average the channels of x (n, channels) and resample it: (n,) float32, finite."""
    mono = x[:, 0] if x.shape[1] == 1 else x.mean(axis=1)
    if rate != rate_hz:
        common = gcd(rate, rate_hz)
        mono = resample_poly(mono, rate_hz // common, rate // common)
    return np.nan_to_num(np.ascontiguousarray(mono, dtype=np.float32), posinf=0.0, neginf=0.0)


def _opened(path: Path) -> Reader:
    if not path.is_file():
        raise FileNotFoundError(f"expected the recording {path}, got no such file; check the manifest's path")
    with _refused(path):
        return Reader(path)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Raise what is wrong with a recording as this package's callers expect it."""
    try:
        yield
    except AudioFileError as error:
        what = str(error).removeprefix(f"{path} ").split("; ")[0]
        raise ValueError(f"expected audio in {path}, got a file that {what}; replace or remove it") from error
