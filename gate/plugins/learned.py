"""The learned gate as a plugin: a preset, its knobs, a guard, and an engine for each sound that it is opened for."""

import os

from gate.engine.engine import Engine
from gate.engine.guard import Guard, check_class, find
from gate.engine.overrides import Overrides, check
from gate.modelfile import preset as presets
from gate.modelfile.contract import Contract
from gate.parameters import BY_ID, attribute
from gate.plugins.plugin import Choice, Knob, Plugin
from gate.plugins.running import Format, Running
from gate.realtime.decision import HOLDS
from gate.realtime.process import compiled
from gate.realtime.record import RECORD

OUTSIDE = int(RECORD.fields["outside_at"][1])  # type: ignore[index]
"""Where an engine's record takes the address of an external key."""

BATCH = 256
"""Blocks a run offline, as ``gate-render`` has them."""


class Gate(Plugin):
    """The learned gate: it opens for what its preset was taught and is over Threshold, and shuts to Range.

    In a stream a decision acts as ``gate.engine.engine`` says for live sound. Offline every decision acts from the first
    sample of its own block, as ``gate-render`` does it, and the chain takes out the delay that this costs.

    Attributes:
        threshold_db: dBFS, -80 to 0.
        range_db: gain of the shut gate in dB, -120 to 0, or -inf.
        lookahead_ms: delay of the sound against the decisions, 0 to 20 ms.
        link: 1: one decision for all channels; 0: each its own.
        guard: "off", "speech" or "not-music": shut again what is open without it (``gate.engine.guard``).
        guard_grace_ms: how long it may be open before, 100 to 2000 ms.
        attack_scale: the learned attack is taken so many times, 0.25 to 4.
        hold_scale: the same of the hold.
        release_scale: the same of the release.
        key_low_hz: the key weighs bands from here, 20 to 20000 Hz ...
        key_high_hz: ... up to here; at the ends it is as learned.
        held: "open" or "shut": keep it so, whatever decides; "": let it go.
    """

    kind = "gate"
    settle_s = 0.4

    threshold_db = Knob(BY_ID["threshold"])
    range_db = Knob(BY_ID["range"])
    lookahead_ms = Knob(BY_ID["lookahead"])
    link = Knob(BY_ID["link"])
    guard = Choice(BY_ID["guard"])
    guard_grace_ms = Knob(BY_ID["guard-grace"])
    attack_scale = Knob(BY_ID["attack-scale"])
    hold_scale = Knob(BY_ID["hold-scale"])
    release_scale = Knob(BY_ID["release-scale"])
    key_low_hz = Knob(BY_ID["key-low"])
    key_high_hz = Knob(BY_ID["key-high"])

    def __init__(
        self,
        preset: str | os.PathLike[str] | Contract = "voice",
        *,
        threshold_db: float | None = None,
        range_db: float | None = None,
        lookahead_ms: float | None = None,
        link: bool | None = None,
        guard: str = "off",
        guard_grace_ms: float | None = None,
        guard_model: str | os.PathLike[str] | Contract | None = None,
        attack_scale: float | None = None,
        hold_scale: float | None = None,
        release_scale: float | None = None,
        key_low_hz: float | None = None,
        key_high_hz: float | None = None,
    ) -> None:
        """Find the preset; what is None is the preset's own, or the table's.

        Args:
            preset: name, folder, model file, or a model read by ``gate.modelfile.contract.read``.
            threshold_db: dBFS, -80 to 0.
            range_db: dB, -120 to 0, or -inf.
            lookahead_ms: 0 to 20 ms.
            link: one decision for all channels?
            guard: "off", "speech" or "not-music".
            guard_grace_ms: 100 to 2000 ms.
            guard_model: what the guard listens with: as ``preset``, a classifier.
            attack_scale: 0.25 to 4 times what is learned.
            hold_scale: the same of the hold.
            release_scale: the same of the release.
            key_low_hz: 20 to 20000 Hz.
            key_high_hz: 20 to 20000 Hz.

        Raises:
            PresetError, ContractError: there is no such gate, or no such classifier, or its key cannot be held.
            ValueError: a value is out of its range.
        """
        if isinstance(preset, Contract):
            preset.expect("gate")
            self._contract, self._name = preset, preset.name
            defaults = (preset.default_threshold_db, preset.default_range_db)
        else:
            found = presets.resolve(preset, kind="gate")
            self._contract, self._name = found.contract, os.fspath(preset)
            defaults = (found.defaults.threshold_db, found.defaults.range_db)
        self._held, self._guard_model = "", guard_model
        self._classifier = guard_model if isinstance(guard_model, Contract) else None
        super().__init__(
            threshold=defaults[0] if threshold_db is None else threshold_db,
            range=defaults[1] if range_db is None else range_db,
            lookahead=lookahead_ms,
            link=link,
            guard_grace=guard_grace_ms,
            attack_scale=attack_scale,
            hold_scale=hold_scale,
            release_scale=release_scale,
            key_low=key_low_hz,
            key_high=key_high_hz,
        )
        self._overrides().check(self._contract)
        self.guard = guard

    @property
    def contract(self) -> Contract:
        """The model."""
        return self._contract

    @property
    def file(self) -> str:
        """As it was named."""
        return self._name

    @property
    def guard_model(self) -> str | os.PathLike[str] | Contract | None:
        """What the guard listens with, as it was given; None is ``gate.engine.guard.PRESET``."""
        return self._guard_model

    @property
    def held(self) -> str:
        """What somebody holds it: "open", "shut" or "" (nothing); acts from the next block on."""
        return self._held

    @held.setter
    def held(self, state: str) -> None:
        if state not in HOLDS:
            raise ValueError(f"held {state!r}: expected open, shut or an empty text; give one of these")
        self._held = state
        for running in self.running:
            if isinstance(running, GateRunning):
                running.engine.held = state

    def set(self, id: str, value: float) -> None:
        """As ``Plugin.set``; a guard's classifier is looked for first.

        Raises:
            PresetError, ContractError: there is no such classifier, or it does not know the class; or the key of this model
                cannot be held to a band.
        """
        check(self._contract, id, value)
        if id == "guard" and BY_ID[id].check(value) != 0.0:
            mode = BY_ID[id].choices[int(value)]
            if self._classifier is None:
                assert not isinstance(self._guard_model, Contract)
                self._classifier = find(self._guard_model, mode)
            self._classifier.expect("classify")
            check_class(self._classifier, mode)
        super().set(id, value)

    def _open(self, format: Format) -> Running:
        guard = None
        if self.guard != "off":
            assert self._classifier is not None
            guard = Guard(self._classifier, self.guard, self.guard_grace_ms)
        engine = Engine(
            self._contract,
            rate=format.rate,
            channels=format.channels,
            threshold_db=self.threshold_db,
            range_db=self.range_db,
            lookahead_ms=self.lookahead_ms,
            link=bool(self.link),
            batch=BATCH if format.offline and not format.by_block else 1,
            holds_back=format.offline,
            dtype=format.dtype,
            falls_back=not format.offline,
            guard=guard,
            key_channels=format.key_channels,
            overrides=self._overrides(),
        )
        return GateRunning(format, engine, bypassed=self.bypassed)

    def _overrides(self) -> Overrides:
        return Overrides(*(self._values[id] for id in Overrides.IDS))

    def _bring_up(self, running: Running) -> None:
        super()._bring_up(running)
        if isinstance(running, GateRunning):
            running.engine.held = self._held

    def _shown(self) -> list[str]:
        return [repr(self._name)]


class GateRunning(Running):
    """A gate at work.

    Attributes:
        engine: what does it; its record has the readouts (``gate.realtime.record.FIELDS``).
    """

    def __init__(self, format: Format, engine: Engine, *, bypassed: bool) -> None:
        super().__init__(
            format,
            engine.record,
            compiled(format.dtype).address,
            latency_samples=engine.delay_samples,
            bypassed=bypassed,
            key_into=engine.address + OUTSIDE if format.key_channels else 0,
        )
        self.engine = engine

    def set(self, id: str, value: float) -> bool:
        """From the next block on; a guard that has no classifier here takes a fresh engine."""
        parameter = BY_ID[id]
        if id == "guard" and value != 0.0 and self.engine.classifier is None:
            return False
        setattr(
            self.engine, attribute(parameter), parameter.choices[int(value)] if parameter.choices else value
        )
        return True

    def _reset(self) -> None:
        self.engine.reset()

    def _close(self) -> None:
        self.engine.close()
