"""What leaves the gate, written to a file while it plays: a thread takes it off the player's tape."""

import contextlib
import threading
from pathlib import Path

from gate.errors import AudioFileError
from gate.files.sound_format import MAX_BYTES, Layout, output_layout
from gate.files.sound_writer import Writer
from gate.live.player import Player

TAPE_S = 4.0
"""How long a disk may take before anything is lost."""

EVERY_S = 0.1
"""How often the tape is emptied."""


class Recorder:
    """Records what the gate gives (not what is monitored), from ``start`` to ``stop``.

    A recording that cannot go on, on a full disk above all, ends there: what was written is kept, ``trouble`` says what
    happened, and the sound goes on.

    Attributes:
        path: of the recording; it has its name from ``stop`` on.
        trouble: why it ended early, or None.
    """

    def __init__(self, path: Path, rate: int, channels: int, *, force: bool = False) -> None:
        """Make the file.

        Args:
            path: its ending chooses the format; .wav is 32-bit float.
            rate: Hz.
            channels: 1 to 32.
            force: replace an existing file.

        Raises:
            AudioFileError: it cannot be made.
        """
        layout, _ = output_layout(Layout(rate, channels, "WAV", "FLOAT"), 0, path)
        self.path = path
        self.trouble: str | None = None
        self._writer: Writer | None = Writer(path, layout, force=force)
        self._most = (MAX_BYTES - 4096) // (4 * channels) if layout.format == "WAV" else None
        self._layout = layout
        self._player: Player | None = None
        self._frames = 0
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def frames(self) -> int:
        """Written so far."""
        return self._writer.frames if self._writer is not None else self._frames

    def fits(self, player: Player) -> bool:
        """Can what this player gives go on in the same file?"""
        return (player.shape.rate, player.shape.channels) == (self._layout.rate, self._layout.channels)

    def start(self, player: Player) -> None:
        """Record from this player from now on; another one may have gone before it."""
        player.start_tape()
        self._player = player
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()

    def leave(self) -> None:
        """Take what the player still has; it will be closed. Nothing comes until the next ``start``."""
        player, self._player = self._player, None
        if player is not None:
            player.stop_tape()
            self._take(player)

    def end(self, why: str) -> None:
        """End the recording here, for a reason; what was written is kept."""
        with self._lock:
            if self._writer is not None:
                self.trouble = f"{why}; the recording ended there, the sound goes on"
                self._finish()

    def stop(self) -> None:
        """End the recording and give the file its name; may be called twice."""
        self.leave()
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self._finish()

    def _run(self) -> None:
        while not self._ending.wait(EVERY_S):
            player = self._player
            if player is not None:
                self._take(player)

    def _take(self, player: Player) -> None:
        with self._lock:
            taken = player.take_tape()
            if self._writer is None or not len(taken):
                return
            try:
                if self._most is not None and self._writer.frames + len(taken) > self._most:
                    raise AudioFileError(
                        f"{self.path} is full, a WAV file holds 4 GB; record to a name that ends in .w64 or .flac"
                    )
                self._writer.write(taken)
            except AudioFileError as error:
                self.end(str(error))

    def _finish(self) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        self._frames = writer.frames
        try:
            writer.salvage()
        except AudioFileError as error:
            self.trouble = self.trouble or str(error)
        finally:
            with contextlib.suppress(AudioFileError):
                writer.discard()
