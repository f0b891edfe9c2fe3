"""An external key for a file render: another file, read beside the sound."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.closing import Closes
from gate.errors import AudioFileError
from gate.files.sound_reader import Reader


class KeyFile(Closes):
    """A file that is listened to in place of the sound, of the same length and rate."""

    def __init__(self, path: Path, source: Reader) -> None:
        """Open the file.

        Raises:
            AudioFileError: the file cannot be read, or is of another rate or length than the sound.
        """
        self._reader, self._dtype = Reader(path), source.dtype
        layout, expected = self._reader.layout, source.layout
        self.channels = layout.channels
        for what, mine, sounds, remedy in (
            ("Hz", layout.rate, expected.rate, "resample it first"),
            ("samples", self._reader.frames, source.frames, "cut or pad it first"),
        ):
            if mine != sounds:
                self.close()
                raise AudioFileError(
                    f"{path} has {mine} {what}, a key for {source.path} with {sounds} was expected; {remedy}"
                )

    def next(self, frames: int) -> NDArray[Any]:
        """Return (frames, channels) of the sound's type: what comes next, with silence after the end.

        Raises:
            AudioFileError: the file is damaged.
        """
        piece = np.zeros((frames, self.channels), self._reader.dtype)
        self._reader.read(piece)
        return piece.astype(self._dtype, copy=False)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._reader.close()
