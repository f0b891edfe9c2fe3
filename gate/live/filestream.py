"""Sources without a device: host buffers from a file or of silence, through the player, into a file or to nowhere.

For machines without a sound device, and for tests: it is the live path, buffer by buffer. The output equals
``gate-render --live-buffer`` to the sample: the input's rate, channels, length and sample format, lookahead compensated.
A file may also play to nowhere, over and over, for a display.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from gate.errors import AudioFileError, GateError, UsageError
from gate.files.drained import Drained
from gate.files.sound_format import Layout, output_layout
from gate.files.sound_reader import Reader
from gate.files.sound_writer import Writer
from gate.live.player import Player, Shape
from gate.live.source import Make, Source
from gate.session.choices import HOST_BUFFER

AHEAD_S = 0.002
"""How far ahead of real time a stream may run before it waits."""

PIECE_S = 0.1
"""Length of sound that is read and written at once."""


class Sound(Protocol):
    """A sound that is read piece by piece: a ``Reader``, or one of those below."""

    @property
    def layout(self) -> Layout:
        """Rate, channels and format."""

    @property
    def dtype(self) -> Any:
        """Type of the samples."""

    def read(self, out: NDArray[Any]) -> int:
        """Fill ``out`` (n, channels); return how many frames were filled: fewer only at the end."""

    def close(self) -> None:
        """Close the sound."""


class Silence:
    """Zeros without an end."""

    layout, dtype = Layout(RATE, 2, "WAV", "FLOAT"), np.float32

    def read(self, out: NDArray[Any]) -> int:
        """Fill all of ``out`` with zeros."""
        out[:] = 0.0
        return len(out)

    def close(self) -> None:
        """Do nothing: nothing is open."""


class Loop:
    """A sound file over and over."""

    def __init__(self, reader: Reader) -> None:
        """Continue from an open file."""
        self._reader = reader
        self.layout, self.dtype = reader.layout, reader.dtype

    def read(self, out: NDArray[Any]) -> int:
        """Fill all of ``out``, from the file's beginning again after its end.

        Raises:
            AudioFileError: the file has changed.
        """
        n = self._reader.read(out)
        while n < len(out):
            path = self._reader.path
            self._reader.close()
            self._reader = Reader(path)
            if self._reader.layout != self.layout:
                raise AudioFileError(f"{path} has changed while it was played; start again with it")
            n += self._reader.read(out[n:])
        return n

    def close(self) -> None:
        """Close the file."""
        self._reader.close()


class PacedStream(Source):
    """A source that plays a sound through a player, on a thread of its own, in real time or faster.

    Attributes:
        name: of the sound; "" for silence.
        shape: rate and channels of the sound.
        dtype: of the player's samples.
    """

    fades = False

    def __init__(
        self,
        sound: Sound,
        writer: Writer | None = None,
        *,
        name: str = "",
        buffer: int = HOST_BUFFER,
        fast: bool = False,
        seconds: float | None = None,
    ) -> None:
        """Play nothing yet.

        Args:
            sound: the sound; closed at the end.
            writer: of the output; None: it is dropped.
            name: of the sound.
            buffer: frames of a host buffer.
            fast: do not wait for time to pass.
            seconds: of the sound to play; None plays it all.
        """
        super().__init__()
        layout = sound.layout
        self.name, self.dtype = name, sound.dtype
        self.shape = Shape(layout.rate, layout.channels, layout.channels)
        self._sound, self._writer, self._buffer, self._fast = sound, writer, buffer, fast
        self._left = None if seconds is None else max(round(seconds * layout.rate), 0)
        self._failure: GateError | None = None
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, make: Make, tell: Callable[[str], None]) -> None:
        """Begin to play, as ``Source.start``; there are no events to report."""
        player = make(self.shape, self.dtype, fades=False)
        self.players.append(player)
        self._thread = threading.Thread(target=self._run, args=(player,), name="file stream", daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """End the stream here; what was played is in the target, or if something went wrong, there is no target."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self._sound.close()
        if self._writer is not None:
            self._writer.discard()
        return True

    @property
    def running(self) -> bool:
        """Will more sound come?"""
        return self._thread is not None and self._thread.is_alive()

    @property
    def failure(self) -> GateError | None:
        """The error that ended the stream early."""
        return self._failure

    @property
    def facts(self) -> dict[str, Any]:
        """Facts as of a stream on devices that was never interrupted."""
        return {
            "host_api": "files",
            "input": self.name,
            "native": True,
            "reason": "",
            "reopened": 0,
            "stalls": 0,
            "lost_s": 0.0,
        }

    def _run(self, player: Player) -> None:
        try:
            self._play(player)
            if self._writer is not None:
                self._writer.finish()
                self._writer.commit()
        except GateError as error:
            self._failure = error

    def _play(self, player: Player) -> None:
        size, rate = self._buffer, self.shape.rate
        piece = np.zeros((max(int(PIECE_S * rate) // size, 1) * size, self.shape.channels), self.dtype)
        out = np.empty_like(piece)
        drained = Drained(
            lambda piece: 0 if self._ending.is_set() else self._read(piece),
            player.latency_samples,
            whole=size,
        )
        self._begun = time.perf_counter()
        for fed, of_file in drained.pieces(piece):
            self._buffers(player, fed, out, len(fed), drained.taken - of_file)
            kept = drained.kept(out[: len(fed)])
            if self._writer is not None:
                self._writer.write(kept)

    def _read(self, piece: Any) -> int:
        if self._left is None:
            return self._sound.read(piece)
        n = self._sound.read(piece[: min(len(piece), self._left)])
        self._left -= n
        return n

    def _buffers(self, player: Player, x: Any, out: Any, n: int, before: int) -> None:
        """Play n frames, a host buffer at a time; ``before`` frames came before them."""
        size, rate = self._buffer, self.shape.rate
        for at in range(0, n, size):
            player.wait()
            player.play(x[at : at + size], out[at : at + size])
            if self._fast:
                continue
            ahead = (before + at + size) / rate - (time.perf_counter() - self._begun)
            if ahead > AHEAD_S:
                self._ending.wait(ahead) if not self._ending.is_set() else None


class SilentStream(PacedStream):
    """Silence to nowhere, in real time: for a gate that has no devices yet."""

    def __init__(self) -> None:
        """Play nothing yet."""
        super().__init__(Silence())


class FileStream(PacedStream):
    """A source that plays a file into another one, or to nowhere.

    Attributes:
        notes: remarks on the files, a sentence each.
    """

    def __init__(
        self,
        source: Path,
        target: Path | None = None,
        *,
        buffer: int = HOST_BUFFER,
        fast: bool = False,
        seconds: float | None = None,
        force: bool = False,
        loops: bool = False,
    ) -> None:
        """Open the files.

        Args:
            source: a sound file.
            target: written beside and renamed at the end; its ending chooses the format. None: the output is dropped.
            buffer: frames of a host buffer.
            fast: do not wait for time to pass.
            seconds: of the file to play; None plays it all.
            force: replace an existing target.
            loops: begin again at the end, until ``stop``.

        Raises:
            AudioFileError: one of them cannot be read or written.
            UsageError: they are the same file.
        """
        if target and target.exists() and source.exists() and target.samefile(source):
            raise UsageError(f"expected another file than {source} for the output; choose another name")
        reader = Reader(source)
        writer: Writer | None = None
        self.notes: list[str] = [reader.remark] if reader.remark else []
        try:
            if target is not None:
                kept, note = output_layout(reader.layout, reader.frames, target)
                writer = Writer(target, kept, source=reader.source, force=force)
                self.notes += [*([] if note is None else [note]), *writer.notes]
        except BaseException:
            reader.close()
            raise
        sound = Loop(reader) if loops else reader
        super().__init__(sound, writer, name=source.name, buffer=buffer, fast=fast, seconds=seconds)
