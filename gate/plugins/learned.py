"""The learned gate as a plugin: a preset, its two knobs, and an engine for each sound that it is opened for."""

import os
from typing import Any

from gate import preset as presets
from gate.contract import Contract
from gate.engine import Engine
from gate.parameters import BY_ID
from gate.plugins.plugin import Format, Knob, Plugin, Running
from gate.process import compiled

BATCH = 256
"""Blocks a run offline, as ``gate-render`` has them."""


class Gate(Plugin):
    """The learned gate: it opens for what its preset was taught and is over Threshold, and shuts to Range.

    In a stream a decision acts as ``gate.engine`` says for live sound. Offline every decision acts from the first
    sample of its own block, as ``gate-render`` does it, and the chain takes out the delay that this costs.

    Attributes:
        threshold_db: dBFS, -80 to 0.
        range_db: gain of the shut gate in dB, -120 to 0, or -inf.
        lookahead_ms: delay of the sound against the decisions, 0 to 20 ms; fixed while a stream is open.
        link: 1: one decision for all channels; 0: each its own; fixed while a stream is open.
    """

    kind = "gate"
    settle_s = 0.4

    threshold_db = Knob(BY_ID["threshold"])
    range_db = Knob(BY_ID["range"])
    lookahead_ms = Knob(BY_ID["lookahead"])
    link = Knob(BY_ID["link"])

    def __init__(
        self,
        preset: str | os.PathLike[str] | Contract = "voice",
        *,
        threshold_db: float | None = None,
        range_db: float | None = None,
        lookahead_ms: float | None = None,
        link: bool | None = None,
    ) -> None:
        """Find the preset; what is None is the preset's own, or the table's.

        Args:
            preset: name, folder, model file, or a model read by ``gate.contract.read``.
            threshold_db: dBFS, -80 to 0.
            range_db: dB, -120 to 0, or -inf.
            lookahead_ms: 0 to 20 ms.
            link: one decision for all channels?

        Raises:
            PresetError, ContractError: there is no such gate.
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
        super().__init__(
            threshold=defaults[0] if threshold_db is None else threshold_db,
            range=defaults[1] if range_db is None else range_db,
            lookahead=lookahead_ms,
            link=link,
        )

    @property
    def contract(self) -> Contract:
        """The model."""
        return self._contract

    @property
    def file(self) -> str:
        """As it was named."""
        return self._name

    def _open(self, format: Format) -> Running:
        engine = Engine(
            self._contract,
            rate=format.rate,
            channels=format.channels,
            threshold_db=self.threshold_db,
            range_db=self.range_db,
            lookahead_ms=self.lookahead_ms,
            link=bool(self.link),
            batch=BATCH if format.offline else 1,
            dtype=format.dtype,
            falls_back=not format.offline,
        )
        return GateRunning(format, engine, bypassed=self.bypassed)

    def _shown(self) -> list[str]:
        return [repr(self._name)]


class GateRunning(Running):
    """A gate at work.

    Attributes:
        engine: what does it; its record has the readouts (``gate.record.FIELDS``).
    """

    def __init__(self, format: Format, engine: Engine, *, bypassed: bool) -> None:
        super().__init__(
            format,
            engine.record,
            compiled(format.dtype).address,
            latency_samples=engine.delay_samples,
            bypassed=bypassed,
        )
        self.engine = engine

    def set(self, id: str, value: Any) -> None:
        """Threshold or range, from the next block on."""
        self.record[f"{id}_db"] = value

    def _reset(self) -> None:
        self.engine.reset()

    def _close(self) -> None:
        self.engine.close()
