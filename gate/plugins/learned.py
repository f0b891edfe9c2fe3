"""The learned gate as a plugin: a preset, its knobs, a guard, and an engine for each sound that it is opened for."""

import os
from dataclasses import asdict

from gate.engine.engine import Engine
from gate.engine.guard import Guard, check_class, find
from gate.engine.settings import EngineSettings, check_key
from gate.modelfile import preset as presets
from gate.modelfile.contract import Contract
from gate.parameters import BY_ID, GateKnobs, knobs
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format, Running
from gate.realtime.decision import HOLDS
from gate.realtime.process import compiled
from gate.realtime.record import RECORD

OUTSIDE = int(RECORD.fields["outside_at"][1])  # type: ignore[index]
"""Place in an engine's record of the address of an external key."""

BATCH = 256
"""Blocks a run offline, as ``gate-render`` has them."""


class Gate(Plugin, GateKnobs):
    """The learned gate: it opens for what its preset was taught and is over Threshold, and shuts to Range.

    In a stream a decision acts as ``gate.engine.engine`` says for live sound. Offline every decision acts from the first
    sample of its own block, as ``gate-render`` does it, and the chain takes out the delay that this costs.

    Attributes:
        held: "open" or "shut": the gate stays so, whatever is decided; "": it follows its decisions.
    """

    kind = "gate"
    settle_s = 0.4

    def __init__(
        self,
        preset: str | os.PathLike[str] | Contract = "voice",
        *,
        guard_model: str | os.PathLike[str] | Contract | None = None,
        **values: float | str | None,
    ) -> None:
        """Find the preset.

        Args:
            preset: name, folder, model file, or a model read by ``gate.modelfile.contract.read``.
            guard_model: the guard's classifier, given as ``preset`` is.
            values: values of the knobs; what is None is the preset's own, or the table's.

        Raises:
            PresetError, ContractError: there is no such gate, or no such classifier, or its key cannot be held.
            ValueError: a value is out of its range.
            TypeError: there is no such knob.
        """
        if isinstance(preset, Contract):
            preset.expect("gate")
            self._contract, self._name = preset, preset.name
            defaults = presets.Defaults(preset.default_threshold_db, preset.default_range_db)
        else:
            found = presets.resolve(preset, kind="gate")
            self._contract, self._name, defaults = found.contract, os.fspath(preset), found.defaults
        self._held, self._guard_model = "", guard_model
        self._classifier = guard_model if isinstance(guard_model, Contract) else None
        guard = values.pop("guard", None)
        given = {name: value for name, value in values.items() if value is not None}
        super().__init__(**(asdict(defaults) | given))
        for parameter, value in zip(self.parameters, self.values, strict=True):
            check_key(self._contract, parameter.id, value)
        if guard is not None:
            self.guard = str(guard)

    @property
    def contract(self) -> Contract:
        """The preset's model."""
        return self._contract

    @property
    def file(self) -> str:
        """The preset's name, folder or file, as it was given."""
        return self._name

    @property
    def guard_model(self) -> str | os.PathLike[str] | Contract | None:
        """The guard's classifier, as it was given; None is ``gate.engine.guard.PRESET``."""
        return self._guard_model

    @property
    def held(self) -> str:
        """How somebody holds the gate: "open", "shut" or "" (not at all); acts from the next block on."""
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
        """Set a parameter as ``Plugin.set`` does; a guard's classifier is looked for first.

        Raises:
            PresetError, ContractError: there is no such classifier, or it does not know the class; or the key of this model
                cannot be held to a band.
        """
        check_key(self._contract, id, value)
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
        settings = EngineSettings(
            format.rate,
            format.channels,
            format.key_channels,
            format.dtype,
            batch=BATCH if format.offline and not format.by_block else 1,
            holds_back=format.offline,
            falls_back=not format.offline,
            guard=guard,
        )
        values = {name: getattr(self, name) for name in knobs(GateKnobs)}
        return GateRunning(format, Engine(self._contract, settings, **values), bypassed=self.bypassed)

    def _bring_up(self, running: Running) -> None:
        super()._bring_up(running)
        if isinstance(running, GateRunning):
            running.engine.held = self._held

    def _shown(self) -> list[str]:
        return [repr(self._name)]


class GateRunning(Running):
    """A gate at work.

    Attributes:
        engine: the engine; its record has the readouts (``gate.realtime.record.FIELDS``).
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
        """Set a parameter from the next block on; a guard without a classifier here needs a fresh engine."""
        if id == "guard" and value != 0.0 and self.engine.classifier is None:
            return False
        self.engine.set(id, value)
        return True

    def _reset(self) -> None:
        self.engine.reset()

    def _close(self) -> None:
        self.engine.close()
