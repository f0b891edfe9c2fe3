"""A gate at work on live sound: its chain, the player and the stream under it, and what may be changed while it runs."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gate.engine.settings import check_key
from gate.errors import GateError, PresetError, UsageError
from gate.live.filestream import FileStream
from gate.live.player import FADE_S, Player, Shape
from gate.live.rack import SlotFacts, Slots
from gate.live.recorder import TAPE_S, Recorder
from gate.live.sessions import capture, take_up
from gate.live.status import DECIDES, Look, Status
from gate.live.wishes import Wishes
from gate.modelfile.preset import Preset, address, names, resolve
from gate.parameters import BY_ID, FOLLOWS, Parameter, attribute
from gate.plugins.learned import Gate
from gate.plugins.plugin import Plugin
from gate.plugins.registry import from_text
from gate.plugins.running import Format
from gate.session.choices import DeviceWishes
from gate.session.session import BYPASS, GATE, Session, absolute

if TYPE_CHECKING:
    from gate.midi.hands import Hands

PRESET = "preset"

FADED_S = 0.5
"""How long an end waits for its own fade: as long as the longest host buffers take."""


class Live:
    """One running gate.

    Its methods are called from one thread, but for ``parameter``, ``value``, ``set``, ``hold`` and ``ask_preset``: any
    thread may call these, and they return at once. Sound runs on another.

    Attributes:
        preset: what it gates with.
        gate: the plugin that does it.
        slots: the chain that it is in.
        recorder: of the recording, or None.
        hands: what MIDI moves, if there is any; whoever makes it puts it here.
    """

    def __init__(self, wishes: Wishes, on_event: Callable[[str], None]) -> None:
        """Make the plugins.

        Args:
            wishes: what is asked for.
            on_event: told what happens, a sentence each, from any thread.

        Raises:
            GateError: there is no such preset or plugin, or it is none.
        """
        self._wishes, self._on_event = wishes, on_event
        self.preset: Preset = resolve(wishes.preset, "gate", on_event)
        said = {"threshold": wishes.threshold_db, "range": wishes.range_db}
        self._said = {id: value for id, value in said.items() if value is not None}
        self.gate = Gate(
            self.preset.contract,
            **self._usual(self.preset),
            lookahead_ms=wishes.lookahead_ms,
            link=wishes.link,
            guard=wishes.guard,
            guard_grace_ms=wishes.guard_grace_ms,
            guard_model=wishes.guard_model,
            **wishes.overrides,
        )
        self._leaving: list[Gate] = []  # of earlier presets, while they are still heard
        before, after = map(from_text, wishes.before), map(from_text, wishes.after)
        self.slots = Slots([*before, self.gate, *after], {self.gate: GATE})
        self.recorder: Recorder | None = None
        self.hands: Hands | None = None
        self._address: tuple[Preset | None, str] = (None, "")  # looked up once: that reads folders
        self._midi: tuple[str | None, tuple[str, ...]] = (None, ())
        self._player: Player | None = None
        self._devices = DeviceWishes()
        self._old: list[tuple[Any, Player]] = []
        self._retired: list[Player] = []  # of streams that were lost, with another shape than the one after
        self._stream: Any = None
        self._look = Look()
        self._told: set[str] = set()
        self._asked: dict[str, Any] = {}  # what takes a while, for ``tend``: the newest wish of each kind
        self._lock = threading.Lock()  # of values: never for long
        self._chain_lock = threading.RLock()  # of the chain's order: while plugins are opened

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
        from gate.soundsystem.devices import resolve_pair
        from gate.soundsystem.supervisor import Supervisor

        source, sink = resolve_pair(wishes.input, wishes.output)
        key = wishes.key
        # the sound's channels end where the key's begin, unless somebody says more
        first = min(key, default=source.inputs)
        channels = wishes.channels or max(min(source.inputs, sink.outputs, 2, first), 1)
        inputs = Shape(0, channels, 0, key).in_channels
        wide = channels if wishes.channels or channels != 1 else min(sink.outputs, 2)

        made: list[Player] = []

        def factory(rate: int, _inputs: int, outputs: int) -> Player:
            self._retired += made[-1:]
            shape = Shape(rate, channels, outputs, key)
            made.append(self._make(shape, np.float32, fades=True, by_itself=bool(made)))
            return made[-1]

        stream = Supervisor(
            str(source.number), str(sink.number), wishes.rate, inputs, wide, factory,
            on_event=lambda event: self._on_event(event.text),
        )  # fmt: skip
        stream.start()
        return stream

    def _make(self, shape: Shape, dtype: Any, *, fades: bool, by_itself: bool = False) -> Player:
        """A player for a shape, recorded from if that is asked for; the one before it is no longer played.

        ``by_itself``: nobody asked for another shape; then a slot that cannot take it is left out, for the sound's sake.
        """
        with self._chain_lock:
            before = self._player
            try:
                player = self._open(shape, dtype, fades)
            except (GateError, ValueError):
                if not by_itself:
                    raise
                format = Format(shape.rate, shape.channels, np.dtype(dtype), key_channels=len(shape.key))
                self._leave_out(format)
                player = self._open(shape, dtype, fades)
            with self._lock:
                self._player = player
                self._record(player)
        if before is not None and before.shape != shape:
            self._on_event(f"the sound is now at {shape.rate} Hz, {shape.channels} channels")
        return player

    def _open(self, shape: Shape, dtype: Any, fades: bool) -> Player:
        wishes = self._wishes
        return Player(
            self.slots.plugins,
            shape,
            gate=self.gate,
            dtype=dtype,
            monitor=wishes.monitor,
            fades=fades,
            tape_s=TAPE_S if wishes.record is not None or wishes.scope_s else 0.0,
            scope_s=wishes.scope_s,
        )

    def _leave_out(self, format: Format) -> None:
        """Take out what cannot be opened for a sound: better less of a chain than no sound."""
        for plugin in self.slots.plugins:
            try:
                plugin.open(format).close()
            except (GateError, ValueError) as error:
                if plugin is self.gate:
                    raise
                self._on_event(f"slot {self.slots.names[plugin]} was taken out: {error}")
                self.slots = self.slots.removed(plugin)

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
        return self.gate.threshold_db

    @property
    def range_db(self) -> float:
        """What is set, or the preset's."""
        return self.gate.range_db

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

    def parameter(self, name: str) -> Parameter:
        """What can be set under a name: a parameter of the gate by its id, one of another slot as "highpass.cutoff".

        Raises:
            UsageError: there is none such.
        """
        return self._found(name)[1]

    def value(self, name: str) -> float:
        """A parameter as it is set now; of a choice or a switch its number.

        Raises:
            UsageError: there is none such.
        """
        plugin, parameter = self._found(name)
        asked = self._asked.get(name)
        return float(asked) if asked is not None else _value(plugin or self.gate, parameter)

    def set(self, name: str, value: float) -> None:
        """Set a parameter. What needs a fresh plugin, such as lookahead or a guard, is left to ``tend``, which fades it in.

        Raises:
            ValueError: it is out of range, or there is none such (``UsageError``).
            ContractError: the preset's key cannot be held to a band.
        """
        plugin, parameter = self._found(name)
        value = parameter.check(value)
        if plugin is None:
            check_key(self.preset.contract, parameter.id, value)
        if not parameter.live or parameter.id == "guard":
            self._asked[name] = value
            return
        with self._lock:
            if plugin is None and parameter.id in FOLLOWS:
                self._said[parameter.id] = value
            _set(plugin or self.gate, parameter, value)
            for one in self._leaving if plugin is None else ():
                with contextlib.suppress(GateError):  # what an earlier preset cannot have it goes without
                    _set(one, parameter, value)

    def _found(self, name: str) -> tuple[Plugin | None, Parameter]:
        """A slot's plugin and its parameter; None is the gate, whichever it is by now."""
        slot, _, id = name.rpartition(".")
        if slot not in ("", GATE):
            return self.slots.parameter(name)
        if id not in BY_ID:
            raise UsageError(
                f"expected {', '.join(BY_ID)}, or a slot and its parameter, got {name!r}; choose one"
            )
        return None, BY_ID[id]

    def hold(self, state: str) -> None:
        """Keep the gate "open" or "shut", whatever decides; "" lets it go."""
        with self._lock:
            for gate in (self.gate, *self._leaving):
                gate.held = state

    def ask_preset(self, preset: int | str) -> None:
        """Have ``tend`` change the preset: by name, or by number from 0 among those that have names, in their order."""
        self._asked[PRESET] = preset

    def set_guard(self, mode: str | None = None, grace_ms: float | None = None) -> None:
        """Another guard ("off", "speech", "not-music") or grace time; None leaves it. A guard may fade in.

        Raises:
            GateError: it cannot be had; what plays plays on.
            ValueError: out of range.
        """
        with self._chain_lock:
            if mode is not None:
                self.gate.guard = mode
        if grace_ms is not None:
            self.set("guard-grace", grace_ms)

    @property
    def monitor(self) -> str:
        """What is heard: "out", "in" or "removed"."""
        return self._wishes.monitor

    def set_monitor(self, value: str) -> None:
        """Hear "out", "in" or "removed".

        Raises:
            ValueError: it is none of these.
        """
        if self._player is not None:
            self._player.monitor = value
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
        self.change_gate(resolve(name, "gate", self._on_event), self.gate.guard_model)

    def change_gate(self, preset: Preset, guard_model: Any) -> None:
        """As ``set_preset``, with what the guard listens with.

        Raises:
            GateError: it cannot be had; what plays plays on.
        """
        with self._chain_lock:
            before, slots = (self.gate, self.preset), self.slots
            with self._lock:  # from here on what is set is set of both
                self.gate, self.preset = self._successor(preset, guard_model), preset
                self._leaving.append(before[0])
                self.slots = slots.replaced(before[0], self.gate)
            try:
                self._change(self.slots)
            except BaseException:
                with self._lock:
                    (self.gate, self.preset), self.slots = before, slots
                    self._leaving.remove(self.gate)
                raise
        self._told.clear()
        if self._player is not None:
            self._on_event(f"preset {preset.name}")

    def _usual(self, preset: Preset) -> dict[str, Any]:
        """Threshold and Range: as they were set, or else the preset's."""
        usual = {"threshold": preset.defaults.threshold_db, "range": preset.defaults.range_db} | self._said
        return {attribute(BY_ID[id]): value for id, value in usual.items()}

    def _successor(self, preset: Preset, guard_model: Any) -> Gate:
        """A gate with another preset, and everything else as it is."""
        old = self.gate
        new = Gate(preset.contract, **self._usual(preset), guard_model=guard_model)
        for parameter in old.parameters:
            if parameter.id not in FOLLOWS:
                new.set(parameter.id, old.value(parameter.id))
        new.bypassed, new.held = old.bypassed, old.held
        return new

    # -- the chain

    @property
    def chain(self) -> tuple[SlotFacts, ...]:
        """The slots in the order in which sound goes through them; the gate is one of them."""
        with self._chain_lock:
            return tuple(
                SlotFacts(
                    name=name,
                    kind=plugin.kind,
                    file=plugin.file if plugin is not self.gate else self.preset.name,
                    bypassed=plugin.bypassed,
                    latency_samples=self.player.slot_latency_samples(plugin),
                    parameters=plugin.parameters,
                    values=plugin.values,
                    trouble=self.player.slot_trouble(plugin),
                )
                for plugin, name in self.slots.names.items()
            )

    def add_slot(self, index: int, plugin: str | Plugin) -> str:
        """One more slot, before the one of that number; as many as there are is the end. It is faded in.

        Args:
            index: 0 or more.
            plugin: one, or a text for ``gate.plugins.registry.from_text``, such as "highpass:cutoff=80".

        Returns:
            Its name.

        Raises:
            GateError, ValueError: it cannot be had; what plays plays on.
        """
        made = from_text(plugin) if isinstance(plugin, str) else plugin
        self._rearrange(lambda slots: slots.added(index, made))
        return self.slots.names[made]

    def remove_slot(self, which: int | str) -> None:
        """Fade a slot out, by its number or name; the gate stays.

        Raises:
            UsageError: there is no such slot, or it is the gate.
        """
        if self.slots.find(which) is self.gate:
            raise UsageError("the gate cannot be removed; bypass it")
        self._rearrange(lambda slots: slots.removed(slots.find(which)))

    def move_slot(self, which: int | str, to: int) -> None:
        """Put a slot, by its number or name, in another place.

        Raises:
            UsageError: there is no such slot or place.
            GateError: a fresh plugin for it cannot be had; what plays plays on.
        """
        self._rearrange(lambda slots: slots.moved(slots.find(which), to))

    def bypass_slot(self, which: int | str, on: bool) -> None:
        """Hear a slot's input in place of its output, or its output again; the gate's too.

        Raises:
            UsageError: there is no such slot.
        """
        self.set_slot(which, BYPASS, float(on))

    def set_slot(self, which: int | str, id: str, value: float) -> None:
        """Set a slot's parameter, as ``set`` does.

        Raises:
            ValueError: it is out of range, or there is no such slot or parameter.
        """
        self.set(f"{self.slots.names[self.slots.find(which)]}.{id}", value)

    def set_slots(
        self, before: Sequence[Plugin], after: Sequence[Plugin], names: dict[Plugin, str] | None = None
    ) -> None:
        """Have exactly these plugins before the gate and behind it; what has no name here or yet is given one.

        Raises:
            GateError, ValueError: one cannot be had; what plays plays on.
        """
        self._rearrange(lambda slots: Slots([*before, self.gate, *after], slots.names | (names or {})))

    def _rearrange(self, change: Callable[[Slots], Slots]) -> None:
        with self._chain_lock:
            slots = change(self.slots)
            self._change(slots)
            with self._lock:
                self.slots = slots

    def _change(self, slots: Slots) -> None:
        if self._player is not None:
            self._player.change(slots.plugins, self.gate)

    # -- as a session

    def session(self, *, states: bool = False) -> Session:
        """Everything that is set now, what waits for ``tend`` included; from any thread, at once.

        Slots that were made of Python objects, of a kind that no file can name, are not in it.

        Args:
            states: with what third-party plugins say of themselves, for a file; that takes a while.

        Raises:
            PluginError: with ``states``, if a plugin cannot be asked.
        """
        return capture(self, states=states)

    def apply(self, session: Session) -> None:
        """Stand as a session says; before ``play_devices`` or while it plays. What stands so already is left alone.

        Where only parameters differ nothing is opened and nothing fades. Devices of files stay.

        Raises:
            GateError, ValueError: something in it cannot be had; preset and plugins are found before anything is changed.
        """
        take_up(self, session)

    @property
    def address(self) -> str:
        """By what the preset is found again, from anywhere."""
        preset, found = self._address
        if preset is not self.preset:
            found = absolute(address(self.preset))
            self._address = (self.preset, found)
        return found

    @property
    def said(self) -> dict[str, float]:
        """Threshold and Range as far as they were set, by id: those that do not follow the preset."""
        return dict(self._said)

    def follow(self, said: Mapping[str, float]) -> None:
        """Have these of Threshold and Range, by id, and the rest follow the preset.

        Raises:
            ValueError: a value is out of its range.
        """
        for id in FOLLOWS:
            if id in said:
                self.put(id, said[id])
            elif id in self._said:
                with self._lock:
                    del self._said[id]
                    for gate in (self.gate, *self._leaving):
                        gate.set(id, float(getattr(self.preset.defaults, attribute(BY_ID[id]))))

    def put(self, name: str, value: float) -> None:
        """As ``set``; before there is sound at once, whatever it needs.

        Raises:
            GateError, ValueError: it cannot be had, or is out of range.
        """
        if self._player is not None:
            self.set(name, value)
            return
        plugin, parameter = self._found(name)
        if plugin is None and parameter.id in FOLLOWS:
            self._said[parameter.id] = parameter.check(value)
        _set(plugin or self.gate, parameter, parameter.check(value))

    @property
    def guard_model(self) -> str | None:
        """What the guard listens with, as a name or a path from anywhere; None is its own."""
        model = self.gate.guard_model
        return absolute(os.fspath(model)) if isinstance(model, str | os.PathLike) else None

    @property
    def wished_devices(self) -> DeviceWishes:
        """What was wished of devices, whether these play now or files do."""
        return self._devices

    def set_devices(self, wishes: DeviceWishes) -> None:
        """Other devices, opened beside those that play; where files play, for when devices do.

        Raises:
            SoundDeviceError: they cannot be had; what plays plays on.
        """
        if self._stream is None or isinstance(self._stream, FileStream):
            self._devices = wishes
        else:
            self.play_devices(wishes)

    @property
    def midi(self) -> tuple[str | None, tuple[str, ...]]:
        """Port and map, with what was learned; where there is no MIDI, as the last session had them."""
        if self.hands is None:
            return self._midi
        return self.hands.wish, tuple(map(str, self.hands.router.bindings))

    def set_midi(self, port: str | None, bindings: Iterable[str]) -> None:
        """Another port and map, if MIDI is there; otherwise they are kept, for ``session``.

        Raises:
            MidiError, UsageError: several ports are meant, or the map is none.
        """
        self._midi = (port, tuple(bindings))
        if self.hands is not None:
            self.hands.take(port or self.hands.wish, self._midi[1])

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
        with self._lock:
            self._leaving = [gate for gate in self._leaving if gate in player.at_work]
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
        """What was asked for meanwhile; what cannot be had is said, and what plays plays on.

        What needs a fresh plugin waits while one is on its way: only the newest wish is opened then.
        """
        for name in list(self._asked):
            if name != PRESET and self.player.changing:
                continue
            wish = self._asked.pop(name)
            try:
                if name == PRESET:
                    self.set_preset(wish if isinstance(wish, str) else _numbered(wish))
                else:
                    with self._chain_lock:
                        plugin, parameter = self._found(name)
                        (plugin or self.gate).set(parameter.id, wish)
            except (GateError, ValueError) as error:
                self._on_event(str(error))

    def tell(self, sentence: str) -> None:
        """Report a sentence to whoever is told what happens."""
        self._on_event(sentence)

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


def _value(plugin: Plugin, parameter: Parameter) -> float:
    return float(plugin.bypassed) if parameter.id == BYPASS else plugin.value(parameter.id)


def _set(plugin: Plugin, parameter: Parameter, value: float) -> None:
    if parameter.id == BYPASS:
        plugin.bypassed = bool(value)
    else:
        plugin.set(parameter.id, value)


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
