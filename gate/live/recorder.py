"""Recording of the gate's output to a file while it plays: a thread empties the player's tape."""

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
    """The recording of a live gate, at most one at a time; it continues from player to player.

    Attributes:
        recorder: writes the file, or has written the last one of a gate that was stopped; None: nothing is recorded.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Record nothing yet.

        Args:
            tell: called with a sentence on how a recording ended.
        """
        self.recorder: Recorder | None = None
        self._tell = tell
        self._asked: tuple[Path, bool] | None = None
        self._lock = threading.RLock()

    @property
    def asked(self) -> bool:
        """Is a recording asked for, now or once something plays?"""
        return self._asked is not None

    @property
    def trouble(self) -> str | None:
        """Why the recording ended early, or None."""
        return None if self.recorder is None else self.recorder.trouble

    def begin(self, path: Path, player: Player | None, *, force: bool = False) -> None:
        """Record the gate's output into a file, from now on; a recording that is under way ends.

        Args:
            path: its ending chooses the format; .wav is 32-bit float.
            player: the player that plays; None: nothing plays yet, and the recording begins with the first player.
            force: replace an existing file.

        Raises:
            AudioFileError: the file cannot be made.
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
        """Continue with another player, if a recording is asked for; other rates and channels end the recording.

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
        """End the recording, if there is one, and report its length; the file has its name then."""
        with self._lock:
            recorder, self.recorder, self._asked = self.recorder, None, None
        if recorder is not None:
            recorder.stop()
            self._tell(recorder.trouble or f"recorded {recorder.seconds:.1f} s to {recorder.path}")

    def stop(self) -> None:
        """End the recording because the gate ends; ``recorder`` stays, and has the result."""
        if self.recorder is not None:
            self.recorder.stop()


class Recorder:
    """A recorder of the gate's output (not of what is monitored), from ``start`` to ``stop``.

    A recording that cannot continue, mostly on a full disk, ends there: what was written is kept, ``trouble`` says what
    happened, and the sound continues.

    Attributes:
        path: of the recording; the file has this name from ``stop`` on.
        trouble: why the recording ended early, or None.
    """

    def __init__(self, path: Path, rate: int, channels: int, *, force: bool = False) -> None:
        """Make the file.

        Args:
            path: its ending chooses the format; .wav is 32-bit float.
            rate: Hz.
            channels: 1 to 32.
            force: replace an existing file.

        Raises:
            AudioFileError: the file cannot be made.
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
        """Return whether this player's output can continue the same file."""
        return (player.shape.rate, player.shape.channels) == (self._layout.rate, self._layout.channels)

    def start(self, player: Player) -> None:
        """Record from this player from now on; there may have been another one before."""
        player.tape.start()
        self._player = player
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()

    def leave(self) -> None:
        """Write what the player's tape still has, before it is closed. Nothing comes until the next ``start``."""
        player, self._player = self._player, None
        if player is not None:
            player.tape.stop()
            self.take(player)

    def end(self, why: str) -> None:
        """End the recording here, for a reason; what was written is kept."""
        with self._lock:
            if self._writer is not None:
                self.trouble = f"{why}; the recording ended there, the sound continues"
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
