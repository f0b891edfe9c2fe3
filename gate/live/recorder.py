"""What leaves the gate, written to a file while it plays: a thread takes it off the player's tape."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from gate.errors import AudioFileError, UsageError
from gate.files.sound_format import MAX_BYTES, Layout, output_layout
from gate.files.sound_writer import Writer
from gate.live.player import Player

TAPE_S = 4.0
"""How long a disk may take before anything is lost."""

EVERY_S = 0.1
"""How often the tape is emptied."""


class Recording:
    """The recording of a live gate, at most one at a time; it goes on from player to player.

    Attributes:
        recorder: writes the file, or has written the last one of a gate that was stopped; None: nothing is recorded.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Record nothing yet.

        Args:
            tell: told how a recording ended, in a sentence.
        """
        self.recorder: Recorder | None = None
        self._tell = tell
        self._asked: tuple[Path, bool] | None = None
        self._lock = threading.RLock()

    @property
    def asked(self) -> bool:
        """Is anything to be recorded, now or once something plays?"""
        return self._asked is not None

    @property
    def trouble(self) -> str | None:
        """Why it ended early, or None."""
        return None if self.recorder is None else self.recorder.trouble

    def begin(self, path: Path, player: Player | None, *, force: bool = False) -> None:
        """Record what the gate gives into a file, from now on; a recording that is under way ends.

        Args:
            path: its ending chooses the format; .wav is 32-bit float.
            player: what plays; None: nothing yet, then it begins with the first player.
            force: replace an existing file.

        Raises:
            AudioFileError: it cannot be made.
            UsageError: the player was made without a tape.
        """
        if player is not None and not player.tape.frames:
            raise UsageError(
                "expected a gate that was made to be recorded, got one without a tape; begin the recording before it "
                "plays, or make it with scope_s"
            )
        self.end()
        with self._lock:
            self._asked = (path, force)
            try:
                if player is not None:
                    self.follow(player)
            except BaseException:
                self._asked = None
                raise

    def follow(self, player: Player) -> None:
        """Go on with another player, where something is to be recorded; other rates and channels end the recording.

        Raises:
            AudioFileError: the file cannot be made.
        """
        with self._lock:
            if self._asked is None:
                return
            path, force = self._asked
            if self.recorder is None:
                self.recorder = Recorder(path, player.shape.rate, player.shape.channels, force=force)
            self.recorder.leave()
            if self.recorder.fits(player):
                self.recorder.start(player)
            else:
                self.recorder.end("the sound's rate or channels changed")

    def end(self) -> None:
        """End what is being recorded, if anything is, and tell how long it became; the file has its name then."""
        with self._lock:
            recorder, self.recorder, self._asked = self.recorder, None, None
        if recorder is not None:
            recorder.stop()
            self._tell(recorder.trouble or f"recorded {recorder.seconds:.1f} s to {recorder.path}")

    def stop(self) -> None:
        """End it because the gate ends; ``recorder`` stays, to say what became of it."""
        if self.recorder is not None:
            self.recorder.stop()


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
        """Frames written so far."""
        return self._writer.frames if self._writer is not None else self._frames

    @property
    def seconds(self) -> float:
        """Seconds written so far."""
        return self.frames / self._layout.rate

    def fits(self, player: Player) -> bool:
        """Can what this player gives go on in the same file?"""
        return (player.shape.rate, player.shape.channels) == (self._layout.rate, self._layout.channels)

    def start(self, player: Player) -> None:
        """Record from this player from now on; another one may have gone before it."""
        player.tape.start()
        self._player = player
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()

    def leave(self) -> None:
        """Take what the player still has; it will be closed. Nothing comes until the next ``start``."""
        player, self._player = self._player, None
        if player is not None:
            player.tape.stop()
            self.take(player)

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
                self.take(player)

    def take(self, player: Player) -> None:
        """Write what a player has put on its tape."""
        with self._lock:
            taken = player.tape.take()
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
