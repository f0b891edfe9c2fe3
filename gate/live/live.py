"""A gate at work on live sound: a stream, the player under it, and what may be changed while it runs."""

import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal

import numpy as np

from gate.errors import GateError, PresetError, UsageError
from gate.guard import MODES, choose
from gate.live.filestream import FileStream
from gate.live.player import FADE_S, Player, Shape
from gate.live.status import DECIDES, Look, Status
from gate.live.tape import TAPE_S, Recorder
from gate.live.wishes import SET, DeviceWishes, Wishes
from gate.overrides import Overrides, check
from gate.parameters import BY_ID
from gate.preset import Preset, names, resolve

FADED_S = 0.5
"""How long an end waits for its own fade: as long as the longest host buffers take."""


class Live:
    """One running gate.

    Its methods are called from one thread, but for ``value``, ``set``, ``hold`` and ``ask_preset``: any thread may call
    these, and they return at once. Sound runs on another.

    Attributes:
        preset: what it gates with.
        recorder: of the recording, or None.
    """

    def __init__(self, wishes: Wishes, on_event: Callable[[str], None]) -> None:
        """Read the preset.

        Args:
            wishes: what is asked for.
            on_event: told what happens, a sentence each, from any thread.

        Raises:
            PresetError, ContractError: there is no such preset, or it is none.
        """
        self._wishes, self._on_event = wishes, on_event
        self.preset: Preset = resolve(wishes.preset, "gate")
        self._guard = choose(wishes.guard, wishes.guard_grace_ms, wishes.guard_model)
        self.recorder: Recorder | None = None
        self._player: Player | None = None
        self._devices = DeviceWishes()
        self._old: list[tuple[Any, Player]] = []
        self._retired: list[Player] = []  # of streams that were lost, with another shape than the one after
        self._stream: Any = None
        self._look = Look()
        self._told: set[str] = set()
        self._held = ""
        self._asked: dict[str, Any] = {}  # what takes a while, for ``tend``: the newest wish of each kind
        self._lock = threading.Lock()

    # -- beginning

    def play_file(self, stream: FileStream) -> None:
        """Begin, from file to file; or go over to that from what plays, which fades out."""
        self._go_over(lambda: self._files(stream))

    def play_devices(self, wishes: DeviceWishes) -> None:
        """Begin, from device to device; or go over to that: opened beside what plays, which fades out as this fades in.

        Raises:
            SoundDeviceError: there are none such; what plays plays on.
        """
        self._go_over(lambda: self._supervised(wishes))
        self._devices = wishes

    def _go_over(self, begin: Callable[[], Any]) -> None:
        old, player = self._stream, self._player
        try:
            self._stream = begin()
        except BaseException:
            made, self._stream = self._player, old
            if player is not None and made is not None and made is not player:
                self._player = player
                self._retired.append(made)  # its stream came to nothing; the recording stays with the old one
                with self._lock:
                    self._bring_up(player)
                    self._record(player)
            raise
        if old is not None and player is not None:
            player.fade_out()
            self._old.append((old, player))

    def _files(self, stream: FileStream) -> FileStream:
        player = self._make(stream.shape, stream.dtype, fades=False)
        stream.start(player)
        return stream

    def _supervised(self, wishes: DeviceWishes) -> Any:
        from gate.live.devices import resolve_pair
        from gate.live.supervisor import Supervisor

        source, sink = resolve_pair(wishes.input, wishes.output)
        channels = wishes.channels or min(source.inputs, sink.outputs, 2)
        wide = channels if wishes.channels or channels != 1 else min(sink.outputs, 2)

        made: list[Player] = []

        def factory(rate: int, inputs: int, outputs: int) -> Player:
            self._retired += made[-1:]
            made.append(self._make(Shape(rate, inputs, outputs), np.float32, fades=True))
            return made[-1]

        stream = Supervisor(
            str(source.number), str(sink.number), wishes.rate, channels, wide, factory,
            on_event=lambda event: self._on_event(event.text),
        )  # fmt: skip
        stream.start()
        return stream

    def _make(self, shape: Shape, dtype: Any, *, fades: bool) -> Player:
        """A player for a shape, recorded from if that is asked for; the one before it is no longer played."""
        wishes = self._wishes
        before = self._player
        player = Player(
            self.preset.contract,
            shape,
            threshold_db=self.threshold_db,
            range_db=self.range_db,
            lookahead_ms=wishes.lookahead_ms,
            link=wishes.link,
            dtype=dtype,
            monitor=wishes.monitor,
            fades=fades,
            tape_s=TAPE_S if wishes.record is not None or wishes.scope_s else 0.0,
            scope_s=wishes.scope_s,
            guard=self._guard,
            overrides=wishes.overrides,
        )
        with self._lock:
            self._player = player
            self._bring_up(player)
            self._record(player)
        if before is not None and before.shape != shape:
            self._on_event(f"the sound is now at {shape.rate} Hz, {shape.channels} channels")
        return player

    def _bring_up(self, player: Player) -> None:
        """What was set while it was made ready; with the lock."""
        player.set("threshold_db", self.threshold_db)
        player.set("range_db", self.range_db)
        if self._guard is not None:
            player.set("guard_grace_ms", self._guard.grace_ms)
        for name, value in asdict(self._wishes.overrides).items():
            player.set(name, value)
        player.hold(self._held)

    def _record(self, player: Player) -> None:
        if self._wishes.record is None:
            return
        if self.recorder is None:
            self.recorder = Recorder(
                self._wishes.record, player.shape.rate, player.shape.channels, force=self._wishes.force
            )
        self.recorder.leave()
        if self.recorder.fits(player):
            self.recorder.start(player)
        else:
            self.recorder.end("the sound's rate or channels changed")

    # -- while it runs

    @property
    def threshold_db(self) -> float:
        """What is set, or the preset's."""
        asked = self._wishes.threshold_db
        return self.preset.defaults.threshold_db if asked is None else asked

    @property
    def range_db(self) -> float:
        """What is set, or the preset's."""
        asked = self._wishes.range_db
        return self.preset.defaults.range_db if asked is None else asked

    @property
    def devices(self) -> DeviceWishes | None:
        """What was wished of the devices that play; None where a file does."""
        return None if isinstance(self._stream, FileStream) else self._devices

    @property
    def player(self) -> Player:
        """The one that plays."""
        if self._player is None:
            raise UsageError("expected a gate that plays, got one that was not begun; begin it first")
        return self._player

    def value(self, name: str) -> float:
        """A parameter as it is set now, by its id; of a choice its number."""
        if name == "guard":
            return float(MODES.index(self._asked.get(name, self._wishes.guard)))
        if name == "guard-grace":
            asked = self._wishes.guard_grace_ms
            return float(BY_ID[name].default or 0.0) if asked is None else asked
        if name in Overrides.IDS:
            return float(getattr(self._wishes.overrides, SET[name]))
        return {"threshold": self.threshold_db, "range": self.range_db}[name]

    def set(self, name: str, value: float) -> None:
        """Set a parameter that may change while sound runs, by its id. The guard's choice is left to ``tend``.

        Raises:
            ValueError: it is out of range.
            ContractError: the preset's key cannot be held to a band.
        """
        value = BY_ID[name].check(value)
        check(self.preset.contract, name, value)
        if name == "guard":
            self._asked[name] = MODES[int(value)]
            return
        with self._lock:
            changed: dict[str, Any] = {SET[name]: value}
            if name in Overrides.IDS:
                changed = {"overrides": replace(self._wishes.overrides, **changed)}
            self._wishes = replace(self._wishes, **changed)
            if name == "guard-grace" and self._guard is not None:
                self._guard = replace(self._guard, grace_ms=value)
            self.player.set(SET[name], value)

    def hold(self, state: str) -> None:
        """Keep the gate "open" or "shut", whatever decides; "" lets it go."""
        with self._lock:
            self._held = state
            self.player.hold(state)

    def ask_preset(self, preset: int | str) -> None:
        """Have ``tend`` change the preset: by name, or by number from 0 among those that have names, in their order."""
        self._asked["preset"] = preset

    def set_guard(self, mode: str | None = None, grace_ms: float | None = None) -> None:
        """Another guard ("off", "speech", "not-music") or grace time; None leaves it. A guard may fade in, see ``Player``.

        Raises:
            GateError: it cannot be had; what plays plays on.
            ValueError: out of range.
        """
        said = {"guard": mode, "guard_grace_ms": grace_ms}
        changed: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        wishes = replace(self._wishes, **changed)
        if wishes.guard not in MODES:
            raise ValueError(f"expected {', '.join(MODES)}, got {wishes.guard!r}; choose one")
        guard = choose(wishes.guard, wishes.guard_grace_ms, wishes.guard_model)
        listening = self.player.engine.classifier
        there = None if listening is None else listening.contract
        if guard is not None and there is not None and guard.contract.graph_sha256 == there.graph_sha256:
            guard = replace(
                guard, contract=there
            )  # the same model, read once more: no other engine is needed
        self.player.set_guard(guard)
        with self._lock:
            self._wishes, self._guard = replace(self._wishes, **changed), guard

    @property
    def monitor(self) -> str:
        """What is heard: "out", "in" or "removed"."""
        return self._wishes.monitor

    def set_monitor(self, value: str) -> None:
        """Hear "out", "in" or "removed".

        Raises:
            ValueError: it is none of these.
        """
        self.player.monitor = value
        with self._lock:
            self._wishes = replace(self._wishes, monitor=value)

    def record(self, path: Path, *, force: bool = False) -> None:
        """Record what the gate gives into a file, from now on; a recording that is under way ends. Needs ``Wishes.scope_s``.

        Raises:
            AudioFileError: it cannot be made.
        """
        self.end_recording()
        with self._lock:
            self._wishes = replace(self._wishes, record=path, force=force)
            try:
                self._record(self.player)
            except BaseException:
                self._wishes = replace(self._wishes, record=None)
                raise

    def end_recording(self) -> None:
        """End what is being recorded, if anything is; the file has its name then."""
        with self._lock:
            recorder, self.recorder = self.recorder, None
            self._wishes = replace(self._wishes, record=None)
        if recorder is not None:
            recorder.stop()
            seconds = recorder.frames / self.player.shape.rate
            self._on_event(recorder.trouble or f"recorded {seconds:.1f} s to {recorder.path}")

    def set_preset(self, name: str) -> None:
        """Another preset, without a gap; Threshold and Range follow it unless they were set.

        Raises:
            GateError: it cannot be had; what plays plays on.
        """
        preset = resolve(name, "gate")
        before, self.preset = self.preset, preset
        try:
            self.player.change(preset.contract, self.threshold_db, self.range_db)
        except BaseException:
            self.preset = before
            raise
        with self._lock:
            self._bring_up(self.player)
        self._told.clear()
        self._on_event(f"preset {preset.name}")

    def set_device(self, which: Literal["input", "output"], name: str) -> None:
        """Another device, by number or part of its name: opened beside the old one, which fades out as this fades in.

        Raises:
            SoundDeviceError: it cannot be had; what plays plays on.
        """
        if isinstance(self._stream, FileStream):
            raise UsageError("expected sound from a device, got a file; devices change where devices play")
        self.play_devices(
            replace(self._devices, input=name) if which == "input" else replace(self._devices, output=name)
        )

    def tend(self) -> None:
        """Bring on what waits, free what is left behind, say what happened; call it ten times a second."""
        self._serve()
        player = self.player
        player.tend()
        for old in [pair for pair in self._old if pair[1].faded or not pair[0].running]:
            self._old.remove(old)
            if old[0].stop() is not False:
                old[1].close()
            if isinstance(old[0], FileStream):
                old[0].close()
        fallback = int(player.engine.record["fallback"][0])
        if fallback:
            self._tell(f"{DECIDES[fallback]}; choose another preset to try a model again")
        classifier = player.engine.classifier
        if classifier is not None and classifier.record["model_errors"][0]:
            self._tell("the guard's model failed; what it cannot judge it lets through")
        if self.recorder is not None and self.recorder.trouble is not None:
            self._tell(self.recorder.trouble)

    def _serve(self) -> None:
        """What was asked for meanwhile; what cannot be had is said, and what plays plays on."""
        while self._asked:
            name, wish = self._asked.popitem()
            try:
                if name == "preset":
                    self.set_preset(wish if isinstance(wish, str) else _numbered(wish))
                else:
                    self.set_guard(mode=wish)
            except (GateError, ValueError) as error:
                self._on_event(str(error))

    def _tell(self, text: str) -> None:
        """Once."""
        if text not in self._told:
            self._told.add(text)
            self._on_event(text)

    def status(self) -> Status:
        """This moment."""
        return self._look(self.player, self.preset.name, self._stream_frames())

    def _stream_frames(self) -> int:
        """How late the stream is by itself, from its output back to its input, in frames.

        On JACK that is one period, whatever the driver says of the converters behind it; PortAudio reports it.
        """
        now = None if isinstance(self._stream, FileStream) else self._stream.stream
        if now is None:
            return 0
        facts = now.facts
        if facts.host_api == "JACK":
            return int(self.player.record["newest_frames"][0]) or facts.buffer_frames
        return int(facts.input_latency_frames + facts.output_latency_frames)

    @property
    def facts(self) -> dict[str, Any]:
        """What there is to say about the stream: names, latencies in frames, whether its callback is native."""
        if isinstance(self._stream, FileStream):
            return {
                "host_api": "files",
                "input": self._stream.name,
                "native": True,
                "reason": "",
                "reopened": 0,
                "stalls": 0,
                "lost_s": 0.0,
            }
        stream = self._stream
        counts = {name: getattr(stream, name) for name in ("reopened", "stalls", "lost_s")}
        now = stream.stream
        return counts if now is None else now.facts._asdict() | counts

    @property
    def running(self) -> bool:
        """Is there more to come? Devices run until somebody ends them."""
        if isinstance(self._stream, FileStream):
            return self._stream.running
        return getattr(self._stream, "failure", None) is None

    @property
    def trouble(self) -> str:
        """Why there is no more to come, where that is so unasked; else ""."""
        failure = getattr(self._stream, "error" if isinstance(self._stream, FileStream) else "failure", None)
        return "" if failure is None else str(failure)

    # -- the end

    def stop(self) -> None:
        """Fade out, end the stream, finish the recording. What went wrong on the way is raised at the end.

        Raises:
            GateError: the stream had ended by an error.
        """
        player, stream = self._player, self._stream
        if player is None:
            return
        if stream is None:  # it was never opened
            player.close()
            return
        if not isinstance(stream, FileStream):
            player.fade_out()
            end = monotonic() + FADED_S
            while not player.faded and monotonic() < end and stream.running:
                sleep(FADE_S)
        try:
            stopped = stream.stop()
            self._retired += [its for old, its in self._old if old.stop() is not False]
        finally:
            if self.recorder is not None:
                self.recorder.stop()
                if self.recorder.trouble is not None:
                    self._tell(self.recorder.trouble)
        if isinstance(stream, FileStream):
            stream.close()
            if stream.error is not None:
                raise stream.error
        elif stopped is False:
            return  # whoever may still call the player keeps it
        for one in (player, *self._retired):
            one.close()

    def __enter__(self) -> "Live":
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        """Stop; a second error does not hide the first."""
        try:
            self.stop()
        except GateError:
            if error is None:
                raise


def _numbered(number: int) -> str:
    """The name of a preset by its number.

    Raises:
        PresetError: there are not so many.
    """
    known = names("gate")
    if number >= len(known):
        listed = ", ".join(f"{k} {name}" for k, name in enumerate(known))
        raise PresetError(f"program {number} has no preset; there are: {listed}")
    return known[number]
