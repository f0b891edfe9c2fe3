"""A sound as it lies in an unpacked package, and how its samples are read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from training.packages import g722, soundfont


@dataclass(frozen=True)
class Found:
    """A sound: its place in the package, its file, and what lists beside it say.

    ``place`` is what rules look at: the path, for a SoundFont followed by instrument and sample. ``name`` and ``instrument``
    are what a kit or a SoundFont call it.
    """

    place: str
    path: Path
    name: str = ""
    instrument: str = ""
    program: int = -1
    drum: bool = False
    sample: soundfont.Sample | None = None


def read(found: Found, most_s: float, loop_s: float) -> tuple[NDArray[np.float32], int]:
    """Read a sound as mono, the mean of its channels, at its own rate.

    Args:
        found: which one.
        most_s: seconds read at most.
        loop_s: how long a looped sample becomes.

    Returns:
        (n,) float32, and the rate in Hz.

    Raises:
        ValueError, soundfile.LibsndfileError: no sound, or damaged.
    """
    if found.sample is not None:
        x = soundfont.read(found.path, found.sample).mean(axis=1)
        return soundfont.unrolled(x, found.sample, loop_s)[
            : int(most_s * found.sample.rate_hz)
        ], found.sample.rate_hz
    if found.path.suffix.lower() == ".g722":
        data = found.path.read_bytes()[: int(most_s * g722.RATE_HZ / 2)]
        return g722.decode(data), g722.RATE_HZ
    with soundfile.SoundFile(found.path) as file:  # lenient: many an old Ogg file has no mark at its end
        y = file.read(int(most_s * file.samplerate), dtype="float32", always_2d=True)
        return np.nan_to_num(y.mean(axis=1), posinf=0.0, neginf=0.0), file.samplerate
