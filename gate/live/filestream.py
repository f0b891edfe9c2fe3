"""A stream made of files: host buffers from one, through the player, into another, at the pace of time or faster.

For machines without a sound device, and for tests: it is the live path, buffer by buffer. What comes out equals
``gate-render --live-buffer`` to the sample: the input's rate, channels, length and sample format, lookahead compensated.
Or from a file to nowhere, over and over, for whoever only looks.
"""

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from gate.errors import AudioFileError, GateError, UsageError
from gate.files.drained import Drained
from gate.files.sound_format import Layout, output_layout
from gate.files.sound_reader import Reader
from gate.files.sound_writer import Writer
from gate.live.player import Player, Shape
from gate.session.choices import HOST_BUFFER

AHEAD_S = 0.002
"""So far ahead of time it may run before it waits."""

PIECE_S = 0.1
"""Read and written at once."""


class Silence:
    """What there is to read where there is no file: zeros, without an end, as a ``Reader`` gives sound."""

    layout = Layout(RATE, 2, "WAV", "FLOAT")
    frames, dtype, source, remark = 0, np.float32, None, None

    def read(self, out: NDArray[Any]) -> int:
        """Fill all of it."""
        out[:] = 0.0
        return len(out)

    def close(self) -> None:
        """Nothing is open."""


class FileStream:
    """Plays a file through a player on a thread of its own.

    Attributes:
        name: of the file that is played; "" for silence.
        shape: rate and channels of the file.
        dtype: of the player that it needs.
        notes: what there is to say about the files, a sentence each.
        error: what ended it before its end, or None.
    """

    def __init__(
        self,
        source: Path | None,
        target: Path | None,
        *,
        buffer: int = HOST_BUFFER,
        fast: bool = False,
        seconds: float | None = None,
        force: bool = False,
        loops: bool = False,
    ) -> None:
        """Open the files.

        Args:
            source: a sound file; None: silence.
            target: written beside and renamed at the end; its ending chooses the format. None: what comes out is let go.
            buffer: frames of a host buffer.
            fast: do not wait for time to pass.
            seconds: of the file to play; None plays it all.
            force: replace an existing target.
            loops: begin again at the end, until ``stop``.

        Raises:
            AudioFileError: one of them is not what it should be.
            UsageError: they are the same file.
        """
        if target and source and target.exists() and source.exists() and target.samefile(source):
            raise UsageError(f"expected another file than {source} for the output; choose another name")
        self.error: GateError | None = None
        self.name = "" if source is None else source.name
        self.notes: list[str] = []
        self._buffer, self._fast, self._loops = buffer, fast, loops
        self._reader: Reader | Silence = Silence() if source is None else Reader(source)
        self._writer: Writer | None = None
        layout = self._reader.layout
        if self._reader.remark:
            self.notes.append(self._reader.remark)
        try:
            if target is not None:
                kept, note = output_layout(layout, self._reader.frames, target)
                self._writer = Writer(target, kept, source=self._reader.source, force=force)
                self.notes += [*([] if note is None else [note]), *self._writer.notes]
        except BaseException:
            self._reader.close()
            raise
        self.shape = Shape(layout.rate, layout.channels, layout.channels)
        self.dtype = self._reader.dtype
        self._left = None if seconds is None else max(round(seconds * layout.rate), 0)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, player: Player) -> None:
        """Begin to play through a player made for ``shape`` and ``dtype``."""
        self._thread = threading.Thread(target=self._run, args=(player,), name="file stream", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Is there more to come?"""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """End it here; what was played is kept."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Let go of the files: the target is there if all went well, or nothing is."""
        self.stop()
        self._reader.close()
        if self._writer is not None:
            self._writer.discard()

    def _run(self, player: Player) -> None:
        try:
            self._play(player)
            if self._writer is not None:
                self._writer.finish()
                self._writer.commit()
        except GateError as error:
            self.error = error

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
        want = len(piece) if self._left is None else min(len(piece), self._left)
        n = self._reader.read(piece[:want])
        while self._loops and n < want:
            self._begin_again()
            n += self._reader.read(piece[n:want])
        if self._left is not None:
            self._left -= n
        return n

    def _begin_again(self) -> None:
        assert isinstance(self._reader, Reader), "silence has no end"
        path, layout = self._reader.path, self._reader.layout
        self._reader.close()
        self._reader = Reader(path)
        if self._reader.layout != layout:
            raise AudioFileError(f"{path} has changed while it was played; start again with it")

    def _buffers(self, player: Player, x: Any, out: Any, n: int, before: int) -> None:
        """N frames, a host buffer at a time; ``before`` frames went before them."""
        size, rate = self._buffer, self.shape.rate
        for at in range(0, n, size):
            player.wait()
            player.play(x[at : at + size], out[at : at + size])
            if self._fast:
                continue
            ahead = (before + at + size) / rate - (time.perf_counter() - self._begun)
            if ahead > AHEAD_S:
                self._ending.wait(ahead) if not self._ending.is_set() else None
