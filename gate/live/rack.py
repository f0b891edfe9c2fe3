"""The gate at work: its preset, the slots around it, and the player that they are heard through."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gate.errors import GateError, UsageError
from gate.live.player import Player, Shape
from gate.live.slots import SlotFacts, Slots
from gate.live.values import Values
from gate.modelfile.preset import Preset, resolve
from gate.parameters import FOLLOWS
from gate.plugins.learned import Gate
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format
from gate.session.session import BYPASS


class Rack(Values):
    """Slots in order with a gate among them; slots, preset and values change while a player plays them.

    Its methods are called from the thread that owns the gate, except those that ``Values`` names, and ``open``, which
    the thread that keeps a stream calls too.
    """

    # -- the player

    @property
    def player(self) -> Player:
        """The player that the slots are heard through.

        Raises:
            UsageError: nothing plays yet.
        """
        if self.playing is None:
            raise UsageError("expected a gate that plays, got one that was not begun; begin it first")
        return self.playing

    def open(
        self, shape: Shape, dtype: Any = np.float32, *, by_itself: bool = False, **settings: Any
    ) -> Player:
        """Make a player for a shape; from now on the slots are heard through it, and no longer through the one before.

        Args:
            shape: rate and channels.
            dtype: of the sound.
            by_itself: nobody asked for this shape; then a slot that cannot take it is left out, so that there is sound.
            settings: other arguments of ``Player``.

        Raises:
            GateError, ValueError: a slot cannot take the shape.
        """
        with self._chain_lock:
            before = self.playing
            try:
                player = Player(self.slots.plugins, shape, gate=self.gate, dtype=dtype, **settings)
            except (GateError, ValueError):
                if not by_itself:
                    raise
                self._leave_out(
                    Format(shape.rate, shape.channels, np.dtype(dtype), key_channels=len(shape.key))
                )
                player = Player(self.slots.plugins, shape, gate=self.gate, dtype=dtype, **settings)
            self.playing = player
        if before is not None and before.shape != shape:
            self._tell(f"the sound is now at {shape.rate} Hz, {shape.channels} channels")
        return player

    def _leave_out(self, format: Format) -> None:
        """Remove the slots that cannot be opened for a sound: better a shorter chain than no sound."""
        for plugin in self.slots.plugins:
            try:
                plugin.open(format).close()
            except (GateError, ValueError) as error:
                if plugin is self.gate:
                    raise
                self._tell(f"slot {self.slots.names[plugin]} was taken out: {error}")
                self.slots = self.slots.removed(plugin)

    def go_back(self, player: Player) -> None:
        """Have the slots heard through an earlier player again."""
        self.playing = player

    def tend(self) -> None:
        """Begin changes that wait, and free what is no longer heard."""
        player = self.player
        player.tend()
        with self._lock:
            self._leaving = [gate for gate in self._leaving if gate in player.at_work]

    # -- the gate

    def set_preset(self, name: str) -> None:
        """Gate with another preset, without a gap; Threshold and Range follow it unless they were set.

        Raises:
            GateError: the preset is not available; the sound stays as it was.
        """
        self.change_gate(resolve(name, "gate", self._tell), self._guard_model)

    def change_gate(self, preset: Preset, guard_model: str | None) -> None:
        """Gate with another preset, and let the guard listen with another classifier.

        Raises:
            GateError: one of them is not available; the sound stays as it was.
        """
        with self._chain_lock:
            before, slots, model = (self.gate, self.preset), self.slots, self._guard_model
            with self._lock:  # from now on values are set on both gates
                self.gate, self.preset = self._successor(preset, guard_model), preset
                self._guard_model = guard_model
                self._leaving.append(before[0])
                self.slots = slots.replaced(before[0], self.gate)
            try:
                self._change(self.slots)
            except BaseException:
                with self._lock:
                    (self.gate, self.preset), self.slots, self._guard_model = before, slots, model
                    self._leaving.remove(self.gate)
                raise
        if self.playing is not None:
            self._tell(f"preset {preset.name}")

    def _successor(self, preset: Preset, guard_model: str | None) -> Gate:
        """Make a gate with another preset, and everything else as it is."""
        old = self.gate
        new = Gate(preset.contract, **self._usual(preset), guard_model=guard_model)
        for parameter in old.parameters:
            if parameter.id not in FOLLOWS:
                new.set(parameter.id, old.value(parameter.id))
        new.bypassed, new.held = old.bypassed, old.held
        return new

    # -- the slots

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

    def add(self, index: int, plugin: Plugin) -> str:
        """Fade a plugin in, before the slot of that number; the number of slots means the end.

        Args:
            index: 0 or more.
            plugin: the plugin; ``gate.plugins.registry.from_text`` makes one of a text such as "highpass:cutoff=80".

        Returns:
            The new slot's name.

        Raises:
            GateError, ValueError: the plugin is not available; the sound stays as it was.
        """
        self._rearrange(lambda slots: slots.added(index, plugin))
        return self.slots.names[plugin]

    def remove(self, which: int | str) -> None:
        """Fade a slot out, by its number or name; the gate stays.

        Raises:
            UsageError: there is no such slot, or it is the gate.
        """
        if self.slots.find(which) is self.gate:
            raise UsageError("the gate cannot be removed; bypass it")
        self._rearrange(lambda slots: slots.removed(slots.find(which)))

    def move(self, which: int | str, to: int) -> None:
        """Put a slot, by its number or name, in another place.

        Raises:
            UsageError: there is no such slot or place.
            GateError: a fresh plugin for it is not available; the sound stays as it was.
        """
        self._rearrange(lambda slots: slots.moved(slots.find(which), to))

    def bypass(self, which: int | str, on: bool) -> None:
        """Hear a slot's input in place of its output, or its output again; the gate's too.

        Raises:
            UsageError: there is no such slot.
        """
        self.set(self.name(which, BYPASS), float(on))

    def name(self, which: int | str, id: str) -> str:
        """Return the name of a parameter, as ``find`` takes it, of a slot by its number or name.

        Raises:
            UsageError: there is no such slot.
        """
        return f"{self.slots.names[self.slots.find(which)]}.{id}"

    def arrange(
        self, before: Sequence[Plugin], after: Sequence[Plugin], names: dict[Plugin, str] | None = None
    ) -> None:
        """Put exactly these plugins before and after the gate; one without a name, here or earlier, is given one.

        Raises:
            GateError, ValueError: one is not available; the sound stays as it was.
        """
        self._rearrange(lambda slots: Slots([*before, self.gate, *after], slots.names | (names or {})))

    def _rearrange(self, change: Callable[[Slots], Slots]) -> None:
        with self._chain_lock:
            slots = change(self.slots)
            self._change(slots)
            with self._lock:
                self.slots = slots

    def _change(self, slots: Slots) -> None:
        if self.playing is not None:
            self.playing.change(slots.plugins, self.gate)
