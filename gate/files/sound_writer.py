"""Sound files out, in pieces: there, whole, after ``commit`` and not before.

libsndfile does the coding; ``gate.files.samples`` converts whole numbers, for the reason that
``gate.files.sound_reader`` gives.
"""

import contextlib
import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import soundfile
from numpy.typing import NDArray

from gate.closing import Commits
from gate.errors import AudioFileError
from gate.files import sound_header
from gate.files.atomic import AtomicFile, os_sentence
from gate.files.beside.carry import Carried, Source
from gate.files.samples import ToStored
from gate.files.sound_format import Layout
from gate.files.sound_reader import _TROUBLE, _decoder

LOSSY_LEVEL = {"MPEG_LAYER_III": 0.0, "VORBIS": 0.1, "OPUS": 0.1}
"""libsndfile's compression level of lossy formats, 0 is best: what was coded once is not to be hurt twice."""


VORBIS_FRAMES = 4096
"""Frames handed to the Vorbis encoder at once: it keeps them on the stack, and dies of large pieces."""


class Writer(Commits):
    """A sound file being written that is there, whole, after ``commit`` and not before.

    Attributes:
        layout: the form of the samples.
        frames: written so far.

    Args:
        target: the file's name; see ``gate.files.atomic.AtomicFile`` for ``force`` and ``owner``.
        layout: from ``gate.files.sound_format.output_layout``.
        source: where the sound comes from: its speaker layout, and what lies beside its sound, go over. The
            source stays open until ``finish``.

    Raises:
        AudioFileError: the file cannot be made, or not be written to its end.
    """

    def __init__(
        self,
        target: Path,
        layout: Layout,
        *,
        source: Source | None = None,
        force: bool = False,
        owner: int | None = None,
    ) -> None:
        self.layout = layout
        self.frames = 0
        self._file: Any = None
        self._whole = ToStored(layout.coding, layout.channels) if layout.coding.bits else None
        self._at_once = VORBIS_FRAMES if layout.subtype == "VORBIS" else 2**31
        self._carried = None if source is None else Carried(source, layout, target)
        self._atomic = AtomicFile(target, force=force, owner=owner)
        try:
            self._file = self._encoder()
        except BaseException:
            self.discard()
            raise

    @property
    def notes(self) -> list[str]:
        """Sentences about what the input has and this file cannot hold."""
        return [] if self._carried is None else self._carried.notes

    @property
    def clipped(self) -> int:
        """Samples so far that were over full scale and had to be clipped (whole numbers only)."""
        return 0 if self._whole is None else self._whole.clipped

    def _encoder(self) -> Any:
        layout = self.layout
        level = LOSSY_LEVEL.get(layout.subtype)
        mode = "VARIABLE" if layout.subtype == "MPEG_LAYER_III" else None
        try:
            return soundfile.SoundFile(
                self._atomic.fd, "w", layout.rate, layout.channels, layout.subtype, layout.endian,
                layout.format, closefd=False, compression_level=level, bitrate_mode=mode,
            )  # fmt: skip
        except (*_TROUBLE, ValueError) as error:
            if _disk_is_full(self._atomic.target.parent):
                self._refuse(error)
            raise AudioFileError(
                f"{self._atomic.target} cannot be written, {layout.format} with {layout.subtype} does not "
                f"take {layout.channels} channels at {layout.rate} Hz; write .wav or .flac"
            ) from error

    def write(self, x: NDArray[Any]) -> None:
        """Write samples after those already there.

        Args:
            x: (n, channels) C-contiguous float32 or float64, finite, full scale 1.0.

        Raises:
            AudioFileError: the disk is full, or gone.
        """
        whole, dtype = self._whole, self.layout.coding.stored
        if self._carried is not None and self._carried.order is not None:
            x = np.ascontiguousarray(x[:, self._carried.order])
        stored = x.astype(dtype, copy=False) if whole is None else whole.convert(x)
        try:
            for at in range(0, len(stored), self._at_once):
                piece = stored[at : at + self._at_once]
                self._file.buffer_write(piece, piece.dtype.name)
        except _TROUBLE as error:
            self._refuse(error)
        self.frames += len(x)

    def finish(self) -> None:
        """Close the file and check that all of it is there; it still has its temporary name.

        Raises:
            AudioFileError: the disk is full, or the file does not read back as long as it was written.
        """
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
            if self._carried is not None:
                self._carried.put(self._atomic.fd, self.frames)
            frames = self._written()
        except _TROUBLE as error:
            self._refuse(error)
        if frames != self.frames:
            if _disk_is_full(self._atomic.target.parent):
                self._refuse(None)
            raise AudioFileError(
                f"{self._atomic.target} came out {frames} samples long, {self.frames} were expected and "
                f"{self.layout.format} with {self.layout.subtype} cannot hold that; write .wav or .flac"
            )

    def _written(self) -> int:
        """Return the number of frames that the file reads back with."""
        recording = sound_header.contents(self._atomic.target, self._atomic.fd).recordings[0]
        with _decoder(self._atomic.target, self._atomic.fd, recording.view) as written:
            return recording.frames or int(written.frames)

    def commit(self) -> None:
        """Finish the file, if that was not done, and give it its name.

        Raises:
            AudioFileError: as ``finish``; or there is a file of that name by now, and no ``force``.
        """
        self.finish()
        self._atomic.commit()

    def salvage(self) -> None:
        """Give the file its name with as much in it as the disk took: better half a recording than none.

        Raises:
            AudioFileError: nothing of it can be read back, or there is a file of that name by now.
        """
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(*_TROUBLE):  # its last bytes may find no room
                file.close()
        try:
            self.frames = self._written()
        except _TROUBLE as error:
            self._refuse(error)
        self._atomic.commit()

    def _refuse(self, error: Exception | None) -> NoReturn:
        target = self._atomic.target
        if isinstance(error, OSError):
            raise AudioFileError(os_sentence(target, error, writing=True)) from error
        if _disk_is_full(target.parent):
            raise AudioFileError(
                os_sentence(target, OSError(errno.ENOSPC, "disk full"), writing=True)
            ) from error
        raise AudioFileError(
            f"{target} could not be written to its end, it stopped after "
            f"{self.frames / self.layout.rate:.3f} s; check the disk, or choose another place with -o"
        ) from error

    def discard(self) -> None:
        """Remove what was written; do nothing after ``commit``."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(*_TROUBLE):  # a full disk may say so again here
                file.close()
        self._atomic.discard()


def _disk_is_full(folder: Path) -> bool:
    """Is there less than 64 KiB left? libsndfile does not say why a write came up short."""
    try:
        disk = os.statvfs(folder)
    except (OSError, AttributeError):  # Windows has no statvfs
        return False
    return disk.f_blocks > 0 and disk.f_bavail * disk.f_frsize < 65536
