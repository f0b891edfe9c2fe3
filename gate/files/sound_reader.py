"""Sound files in and out, in pieces: the same format, rate, channels and length come out again.

libsndfile does the coding. Whole-number samples are read and written as whole numbers, and ``gate.files.samples``
converts them: libsndfile would divide by 2^(n-1) when it reads floats and multiply by 2^(n-1) - 1 when it
writes them, and a sound that passes unchanged would not come out unchanged.
"""

import os
import stat
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import soundfile
from numpy.typing import NDArray

from gate.closing import Closes
from gate.constants import MAX_CHANNELS, RATE_RANGE_HZ
from gate.errors import AudioFileError
from gate.files import sound_header, speakers
from gate.files.atomic import os_sentence
from gate.files.beside.carry import Source
from gate.files.file_view import FileView, Piece
from gate.files.samples import ToSound
from gate.files.sound_format import NAMED, Layout

_LOST = 24 * 1152
"""Samples that a decoder may leave out of an MP3 whose frames were counted: those of frames cut off in front."""

_TROUBLE = (soundfile.SoundFileError, OSError, AssertionError)
"""Errors that soundfile raises when libsndfile stops (AssertionError: fewer frames were written than given)."""


class _Straight(soundfile.SoundFile):
    """A sound file that is read from its beginning to its end, without any seeking.

    soundfile seeks to where it is after every read of a file that can be sought in. For an MP3 of a low bit rate that
    is not harmless: the decoder begins again a few frames back, and what it needs lies further back than that.
    """

    def seekable(self) -> bool:
        """Return no: so soundfile leaves the decoder alone."""
        return False


class Reader(Closes):
    """A sound file, read from its beginning to its end.

    Attributes:
        layout: the form of the samples.
        frames: how many there are; for some MP3s inside other formats, a guess.
        dtype: of the arrays that ``read`` takes: float32, or float64 for 32-bit whole numbers and doubles.
        position: frames read so far.
        remark: a sentence about a header that does not tell the truth about the sound, all of which is read; or None.

    Args:
        path: an ordinary file.

    Raises:
        AudioFileError: there is none, it may not be read, is empty, not sound, cut short, holds sound that its header
            does not speak of and that cannot be read, or is outside what the engine takes (1 to 32 channels, 8 to
            192 kHz).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        self.layout: Layout
        self._file: Any = None
        self._fd = _open(path)
        try:
            found = sound_header.contents(path, self._fd)
            self.remark = found.remark
            self._recordings = found.recordings
            # of several recordings no chunk after the first one's samples is looked for
            ends = [one.end for one in found.recordings]
            self._sound_end = ends[0] if len(ends) == 1 else os.fstat(self._fd).st_size
            self._lengths = [0] * len(found.recordings)
            for number in reversed(range(len(found.recordings))):  # the first is left open
                self._begin(number)
            self.frames = sum(self._lengths)
            self._check_length()
        except BaseException:
            self.close()
            raise
        coding = self.layout.coding
        self.dtype = coding.sound
        self._whole = ToSound(coding, self.layout.channels) if coding.bits else None

    @property
    def source(self) -> Source:
        """Source of the data beside the sound, which an output carries over."""
        return Source(self._fd, self.layout, self._sound_end)

    @property
    def seconds(self) -> float:
        """Length of the file in s."""
        return self.frames / self.layout.rate

    def read(self, out: NDArray[Any]) -> int:
        """Fill ``out`` with the next frames.

        Args:
            out: (n, channels) C-contiguous, of ``dtype``.

        Returns:
            The frames that were filled: n, or fewer at the end, 0 after it.

        Raises:
            AudioFileError: the file is damaged, or ends before it should.
        """
        if self._whole is None:
            return self._decode(out)
        stored = self._whole.buffer(len(out))
        got = self._decode(stored)
        self._whole.convert(stored[:got], out[:got])
        return got

    def read_rest(self) -> NDArray[Any]:
        """Read all that is left: (n, channels) of ``dtype``. Raises as ``read``."""
        pieces = []
        while True:
            left = max(self.frames - self.position, 0) + 1  # an MP3 may hold more than was guessed
            piece = np.empty((left, self.layout.channels), self.dtype)
            got = self.read(piece)
            pieces.append(piece[:got])
            if got < left:
                return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _begin(self, number: int) -> None:
        """Open a recording of the file; close the one that was open."""
        recording = self._recordings[number]
        self._close_decoder()
        self._file = _decoder(self.path, self._fd, recording.view)
        layout = _layout(self.path, self._file, self._fd)
        frames = int(self._file.frames)
        if recording.frames is not None and recording.counted and recording.frames > frames:
            self._close_decoder()  # its guess is too short, and it would stop there
            self._file = _decoder(self.path, self._fd, recording.counted)
        elif recording.frames is not None and not recording.exact and recording.frames > frames + _LOST:
            raise AudioFileError(
                f"{self.path} holds {recording.frames / layout.rate:.3f} s of sound, and only "
                f"{frames / layout.rate:.3f} s of it can be read; write it again with another program (ffmpeg -i IN OUT)"
            )
        if number + 1 < len(self._recordings) and self._lengths[-1] and layout != self.layout:
            one, other = (f"{at.channels} channels at {at.rate} Hz" for at in (layout, self.layout))
            raise AudioFileError(
                f"{self.path} holds several recordings one after the other, {one} ({layout.subtype}) and then {other} "
                f"({self.layout.subtype}), they have to be alike; split it, and take its parts one by one"
            )
        self.layout = layout
        self._number, self._left = number, recording.frames or frames
        self._lengths[number] = self._left

    def _decode(self, stored: NDArray[Any]) -> int:
        got = 0
        while got < len(stored):
            exact = self._recordings[self._number].exact
            want = min(len(stored) - got, self._left) if exact else len(stored) - got
            piece = stored[got : got + want]
            try:
                n = int(self._file.buffer_read_into(piece, piece.dtype.name)) if want else 0
            except _TROUBLE as error:
                self._refuse_damaged(error)
            got += n
            self.position += n
            self._left -= n
            if n < want and (exact or self._left > _LOST):
                self._refuse_damaged(None)
            if n < want or (not self._left and exact):
                if self._number + 1 == len(self._recordings):
                    break
                self._begin(self._number + 1)
        return got

    def _refuse_damaged(self, error: Exception | None) -> NoReturn:
        rate = self.layout.rate
        raise AudioFileError(
            f"{self.path} is cut short or damaged, {self.frames / rate:.3f} s of sound were expected and it "
            f"cannot be read on from about {self.position / rate:.3f} s; get the whole file again"
        ) from error

    def _check_length(self) -> None:
        if self.frames > 2**62:
            raise AudioFileError(
                f"{self.path} does not say how long it is, as files that were piped; write it again with "
                "another program (ffmpeg -i IN OUT)"
            )
        if self.frames <= 0:
            raise AudioFileError(
                f"{self.path} holds no samples, a recording was expected; check what wrote it"
            )

    def _close_decoder(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._close_decoder()
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _open(path: Path) -> int:
    """Return a file descriptor of an ordinary file that is not empty."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise AudioFileError(os_sentence(path, error, writing=False)) from error
    about = os.fstat(fd)
    if stat.S_ISREG(about.st_mode) and about.st_size:
        return fd
    os.close(fd)
    if stat.S_ISREG(about.st_mode):
        raise AudioFileError(f"{path} is empty (0 bytes), a {NAMED} file was expected; get the file again")
    what = "a folder" if stat.S_ISDIR(about.st_mode) else "not an ordinary file"
    raise AudioFileError(f"{path} is {what}, a {NAMED} file was expected; give a file's name")


def _decoder(path: Path, fd: int, view: tuple[Piece, ...] | None) -> Any:
    try:
        if view is not None:
            return _Straight(FileView(fd, view), "r")
        os.lseek(fd, 0, os.SEEK_SET)
        return _Straight(fd, "r", closefd=False)
    except _TROUBLE as error:
        if "hannel" in str(error):  # libsndfile: "Channel count is zero", "Too many channels specified"
            raise AudioFileError(
                f"{path} has no channels, or more than can be counted, the engine takes 1 to {MAX_CHANNELS}; "
                "check what wrote it"
            ) from error
        raise AudioFileError(
            f"{path} is not a sound file that can be read, {NAMED} was expected; convert it with another "
            "program (ffmpeg -i IN OUT.wav)"
        ) from error


def _layout(path: Path, file: Any, fd: int) -> Layout:
    rate, channels = int(file.samplerate), int(file.channels)
    if not 1 <= channels <= MAX_CHANNELS:
        raise AudioFileError(
            f"{path} has {channels} channels, the engine takes 1 to {MAX_CHANNELS}; render it in parts"
        )
    if not RATE_RANGE_HZ[0] <= rate <= RATE_RANGE_HZ[1]:
        raise AudioFileError(
            f"{path} has a rate of {rate} Hz, the engine takes {RATE_RANGE_HZ[0]} to {RATE_RANGE_HZ[1]} Hz; "
            "resample it first"
        )
    said = speakers.read(fd, file.format, file.subtype, channels)
    return Layout(rate, channels, file.format, file.subtype, file.endian, said)
