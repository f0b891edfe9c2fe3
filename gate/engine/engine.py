"""The engine: a model file, the memory and the runtime it needs, and the compiled ``process`` over them."""

import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK_S, FRAME_S, MAX_CHANNELS
from gate.engine.classifier import Classifier
from gate.engine.guard import MODES, Guard, check_class
from gate.engine.loaded_model import LoadedModel
from gate.engine.ort import Device
from gate.engine.overrides import AS_LEARNED, Overrides, check
from gate.engine.runs_model import RunsModel, UserField
from gate.modelfile.contract import Contract
from gate.parameters import BY_ID, default
from gate.realtime.clock import FEED, Clock
from gate.realtime.decision import CURVE_COLUMNS, HOLDS
from gate.realtime.guard import GUARD_COLUMNS
from gate.realtime.process import THRESHOLD_LIMIT_DB, compiled
from gate.realtime.record import FIELDS, aligned, make

__all__ = ["CURVE_COLUMNS", "Engine"]

SPARE_FRAMES = 8
"""Of a classifier, kept beyond those that can be waiting: a frame at each end, and some."""


class KeyField(UserField):
    """An end of the band that the key is held to."""

    def __set__(self, engine: "Engine", value: float) -> None:  # type: ignore[override]
        """Take another value.

        Raises:
            ContractError: this model's key cannot be held.
            ValueError: it is out of its range.
        """
        check(engine.contract, self.parameter.id, value)
        super().__set__(engine, value)


class Engine(RunsModel):
    """One loaded model and the sound path round it.

    Live (``batch=1``): every completed block runs the model at once. A decision acts from the first sample
    of its block, or from the first sample of the call in which the block completes, whichever is later. A
    call of ``process`` is a host buffer. Decisions are bit-identical however the sound is cut.

    Offline (``batch>1``, 256 is a good number): blocks run ``batch`` at a time, and sound *and* gain are both
    held back by ``lead_samples``, long enough that every decision is known before its own block leaves. So
    each decision acts from exactly the first sample of its block, at any rate, and the output is
    **bit-identical however the sound is cut into calls**. The caller compensates, as for lookahead anyway::

        with Engine(contract, rate=44100, channels=2, batch=256, curve_rows=8192) as engine:
            # Feed the file, then engine.delay_samples frames of zeros. Drop the first engine.delay_samples
            # frames of what comes out: the rest is as long as the file.
            for x in chunks:                      # any number of frames; 25,600 to 100,000 is fastest
                engine.process(x, out)
                curve = engine.take_curve()       # drop rows whose time_s >= the file's duration

    After the file and ``delay_samples`` zeros every block that begins inside the file has its curve row.

    Every call gives exactly as many samples as it takes. A changed threshold or range acts from the next
    block to complete, so whoever automates offline cuts calls where values change. One thread at a time may
    call; the compiled part runs without the interpreter lock.

    Attributes:
        contract: the model file it was made from.
        rate: of the sound, Hz.
        channels: of the sound.
        key_channels: of the external key; 0: the sound is the key.
        batch: blocks per model run.
        dtype: of input and output.
        record: the flat structured array, shape (1,), that parameters, readouts and counters live in; its
            table is ``gate.realtime.record.FIELDS``. Offline, look at ``record["model_errors"][0]`` and
            ``record["nonfinite_samples"][0]``.
        curve_columns: what the columns of ``take_curve`` are: ``CURVE_COLUMNS``, and with a guard ``guard_shut`` and one
            for each class.
        curve_lost: rows that ``take_curve`` came too late for.
        classifier: what listens for the guard, or None; it belongs to the engine, and runs within ``process``.
        guard_grace_ms: the guard's grace time; this and the next three act from the next block on.
        attack_scale: the learned attack is taken so many times, 0.25 to 4.
        hold_scale: the same of the hold.
        release_scale: the same of the release.
        key_low_hz: the key weighs bands from here, 20 to 20000 Hz (``gate.realtime.key_band``); where the key lies by itself
            is in the record's ``key_low_hz`` and ``key_high_hz``.
        key_high_hz: up to here.
    """

    guard_grace_ms = UserField("guard-grace")
    attack_scale = UserField("attack-scale")
    hold_scale = UserField("hold-scale")
    release_scale = UserField("release-scale")
    key_low_hz = KeyField("key-low", "key_from_hz")
    key_high_hz = KeyField("key-high", "key_to_hz")

    def __init__(
        self,
        contract: Contract,
        *,
        rate: int,
        channels: int,
        threshold_db: float | None = None,
        range_db: float | None = None,
        lookahead_ms: float = 0.0,
        link: bool = True,
        batch: int = 1,
        curve_rows: int = 0,
        dtype: Any = np.float32,
        device: Device = "cpu",
        falls_back: bool = False,
        holds_back: bool = False,
        guard: Guard | None = None,
        overrides: Overrides = AS_LEARNED,
        key_channels: int = 0,
    ) -> None:
        """Load the model, try it out, and make everything that ``process`` needs.

        Args:
            contract: a model file read by ``gate.modelfile.contract.read``.
            rate: of the sound, Hz, 8000 to 192000.
            channels: 1 to 32.
            threshold_db: dBFS; None takes the model's default.
            range_db: 0 or less, -inf allowed; None takes the model's default.
            lookahead_ms: 0 to 20, delays the sound against the decisions.
            link: one decision for all channels; False is one decision, state and gain for each (readouts
                and curve then show channel 0).
            batch: blocks per model run: 1 is live, more is offline.
            curve_rows: blocks that ``take_curve`` can hold between two calls of it; give at least the blocks
                of one ``process`` call plus ``batch``. Older rows are lost, and counted in ``curve_lost``.
            dtype: float32 or float64, of both input and output.
            device: "cpu" or "cuda" (offline only).
            holds_back: hold sound and gain back so far that every decision acts from its own block; with ``batch``
                over 1 it is so anyway.
            falls_back: let the classic gate (``gate.realtime.fallback``) decide when the model keeps failing; for live
                sound.
            guard: a classifier beside the gate, and what it shuts for (``gate.engine.guard``); None costs nothing.
            overrides: what somebody insists on over what the model has learned.
            key_channels: of an external key, 1 to 32, which each call of ``process`` is given: model and guard listen to
                it in place of the sound. 0: the sound is the key.

        Raises:
            ContractError: the model is no gate, or cannot run as its contract says.
            DeviceError: cuda was asked for and cannot be had; the text says why.
            EngineError: ONNX Runtime is not there.
            ValueError, TypeError: an argument is out of its range.
        """
        contract.expect("gate")
        if not 1 <= channels <= MAX_CHANNELS:
            raise ValueError(
                f"{channels} channels: expected 1 to {MAX_CHANNELS}; split the sound and render it in parts"
            )
        if batch < 1 or (device != "cpu" and batch == 1):
            raise ValueError(f"batch {batch} on {device}: expected 1 or more, over 1 on cuda; give batch=256")
        if not 0 <= key_channels <= MAX_CHANNELS:
            raise ValueError(
                f"a key of {key_channels} channels: expected 1 to {MAX_CHANNELS}; choose some of them"
            )
        if key_channels not in (0, channels) and not link:
            raise ValueError(
                f"a key of {key_channels} channels for {channels} that are not linked: expected one for each; link them"
            )
        self.key_channels = key_channels
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise TypeError(f"sound of {self.dtype}: expected float32 or float64; convert it first")
        self._clock = Clock(rate)
        self.contract, self.rate, self.channels, self.batch = contract, int(rate), channels, batch
        lookahead_ms = BY_ID["lookahead"].check(lookahead_ms)
        self._falls_back = falls_back
        self._lookahead = math.floor(lookahead_ms * rate / 1000.0 + 0.5)
        self._lead = self._clock.lead_samples(batch) if batch > 1 or holds_back else 0
        self.record = make()
        self.threshold_db = contract.default_threshold_db if threshold_db is None else threshold_db
        self.range_db = contract.default_range_db if range_db is None else range_db
        self.override(overrides)
        self._process = compiled(self.dtype).call
        units = 1 if link else channels
        self._memory: dict[str, NDArray[Any]] = {}
        self.curve_columns: tuple[str, ...] = CURVE_COLUMNS
        self.classifier: Classifier | None = self._guard(guard)
        self._lay_out(units, curve_rows)
        try:
            self._model: LoadedModel | None = LoadedModel(
                contract,
                channels=key_channels or channels,
                units=units,
                batch=batch,
                threshold_db=self.threshold_db,
                device=device,
            )
        except BaseException:
            if self.classifier is not None:
                self.classifier.close()
            raise
        for name, value in self._model.fields.items():
            self._set(name, value)
        self._curve_read = self.curve_lost = 0
        self._start = self.record.copy()

    @property
    def threshold_db(self) -> float:
        """Threshold in dBFS; setting it acts from the next block on."""
        return float(self.record["threshold_db"][0])

    @threshold_db.setter
    def threshold_db(self, value: float) -> None:
        if not abs(value) <= THRESHOLD_LIMIT_DB:
            raise ValueError(
                f"threshold {value} dBFS: expected a finite level; give {BY_ID['threshold'].limits}"
            )
        self.record["threshold_db"] = value

    @property
    def range_db(self) -> float:
        """Gain of the shut gate in dB; setting it acts from the next block on."""
        return float(self.record["range_db"][0])

    @range_db.setter
    def range_db(self, value: float) -> None:
        if not value <= 0.0:
            raise ValueError(f"range {value} dB: expected 0 or less; give {BY_ID['range'].limits}")
        self.record["range_db"] = value

    @property
    def guard(self) -> str:
        """What the guard asks for, one of ``gate.engine.guard.MODES``; setting it acts from the next block on."""
        return MODES[int(self.record["guard"][0])]

    @guard.setter
    def guard(self, mode: str) -> None:
        if mode not in MODES or (mode != "off" and self.classifier is None):
            expected = ", ".join(MODES) if self.classifier else "off, as there is no classifier"
            raise ValueError(f"guard {mode!r}: expected {expected}; make an engine with a guard")
        if self.classifier is not None:
            check_class(self.classifier.contract, mode)
        self.record["guard"] = MODES.index(mode)

    @property
    def held(self) -> str:
        """What somebody holds the gate: "open", "shut" or "" (nothing); setting it acts from the next block on.

        It opens by the model's attack and shuts by its release. Model and guard go on underneath, and decide again at once.
        """
        return HOLDS[int(self.record["held"][0])]

    @held.setter
    def held(self, value: str) -> None:
        if value not in HOLDS:
            raise ValueError(f"held {value!r}: expected open, shut or an empty text; give one of these")
        self.record["held"] = HOLDS.index(value)

    def override(self, overrides: Overrides) -> None:
        """Insist on all of these at once, from the next block on."""
        for name, value in asdict(overrides).items():
            setattr(self, name, value)

    @property
    def latency_samples(self) -> int:
        """Delay of the sound in host samples that the user asked for: the lookahead."""
        return self._lookahead

    @property
    def lead_samples(self) -> int:
        """Delay in host samples of sound and gain alike, offline; 0 live."""
        return self._lead

    @property
    def delay_samples(self) -> int:
        """What the caller compensates: ``latency_samples + lead_samples``."""
        return self._lookahead + self._lead

    @property
    def decision_delay_samples(self) -> int:
        """Host samples by which a block's decision can come after the block's end (side-chain resampler)."""
        return self._clock.decision_delay_samples

    @property
    def decision_delay_ms(self) -> float:
        """``decision_delay_samples`` in ms, at most 0.5."""
        return 1000.0 * self.decision_delay_samples / self.rate

    def process(self, x: NDArray[Any], out: NDArray[Any], key: NDArray[Any] | None = None) -> None:
        """Gate any number of samples.

        Args:
            x: (n, channels) of ``dtype``, C-contiguous, full scale 1.0; n from 0 up.
            out: the same shape and type, overwritten; ``x`` itself is allowed, other overlaps are not.
            key: (n, key_channels), likewise; for an engine that was made for an external key, and only for that.

        Raises:
            ValueError, TypeError: shape, layout or type are not that.
            EngineError: the engine is closed.
        """
        self._opened()
        if (key is None) != (self.key_channels == 0):
            got = "none" if key is None else "one"
            raise ValueError(
                f"expected a key of {self.key_channels or 'no'} channels, got {got}; see key_channels"
            )
        arrays = [("input", x, self.channels), ("output", out, self.channels)]
        for name, array, channels in arrays if key is None else [*arrays, ("key", key, self.key_channels)]:
            if array.dtype != self.dtype:
                raise TypeError(f"{name} of {array.dtype}: expected {self.dtype}; convert it first")
            if array.ndim != 2 or array.shape[1] != channels or not array.flags.c_contiguous:
                raise ValueError(
                    f"{name} of {array.shape}: expected ({len(x)}, {channels}) in C order; copy it so"
                )
        if key is not None:
            if len(key) != len(x):
                raise ValueError(f"a key of {len(key)} samples for {len(x)}: expected as many; cut or pad it")
            self.record["outside_at"] = key.ctypes.data
        if len(x) != len(out) or not out.flags.writeable:
            raise ValueError(f"{len(x)} samples for {len(out)}: expected as many, writeable; fit the output")
        self._process(self.address, x.ctypes.data, out.ctypes.data, len(x))

    def take_curve(self) -> NDArray[np.float64]:
        """What became of the blocks since the last call; needs ``curve_rows`` > 0.

        Returns:
            (blocks, columns) float64, as ``curve_columns`` says; ``time_s`` is the start of the block.
        """
        curve = self._memory["curve"].reshape(-1, len(self.curve_columns))
        written = int(self.record["curve_written"][0])
        oldest = max(self._curve_read, written - len(curve))
        self.curve_lost += oldest - self._curve_read
        self._curve_read = written
        return curve[np.arange(oldest, written) % max(len(curve), 1)]

    def reset(self) -> None:
        """Back to the start: states, ballistics, counters, delay; parameters stay. Not during ``process``.

        Raises:
            EngineError: the engine is closed.
        """
        model = self._opened()
        self._back_to_start(FIELDS)
        for name in ("history", "delay"):
            self._memory[name][:] = 0
        model.clear()
        if self.classifier is not None:
            self.classifier.reset()
        self._curve_read = self.curve_lost = 0

    def close(self) -> None:
        """Release the model and everything of ONNX Runtime's; may be called twice. Not during ``process``."""
        if self._model is not None:
            self._close_model()
            if self.classifier is not None:
                self.classifier.close()

    def _guard(self, guard: Guard | None) -> Classifier | None:
        """The guard's classifier, with room for all frames between two decisions; and what the record knows of it."""
        self.record["guard_grace_ms"] = default("guard-grace") if guard is None else guard.grace_ms
        if guard is None:
            return None
        seconds = self.batch * BLOCK_S + FEED / self.rate
        classifier = Classifier(
            guard.contract,
            rate=self.rate,
            channels=self.key_channels or self.channels,
            frames_kept=math.ceil(seconds / FRAME_S) + SPARE_FRAMES,
            dtype=self.dtype,
        )
        classes = guard.contract.classes
        for name, value in (
            ("guard", guard.number),
            ("classifier", classifier.address),
            ("classify", classifier.function),
            *(
                (f"{name}_row", classes.index(name) if name in classes else -1)
                for name in ("speech", "music")
            ),
        ):
            self._set(name, value)
        self.curve_columns = (*CURVE_COLUMNS, *GUARD_COLUMNS, *classes)
        return classifier

    def _lay_out(self, units: int, curve_rows: int) -> None:
        """Allocate all memory that is not the model's, and write shape and addresses into the record."""
        clock, channels, batch, contract = self._clock, self.channels, self.batch, self.contract
        # a run decides a batch of goals before the sound has come to those of the run before
        pending = 2 * batch + 8
        sizes: dict[str, tuple[int, Any]] = {
            "floors": (batch, np.float64),
            "history": ((self.key_channels or channels) * clock.history_samples, np.float32),
            "kernel": (clock.kernel.size, np.float32),
            "delay": (self.delay_samples * channels, self.dtype),
            "pending_begin": (pending, np.int64),
            "pending_goal": (units * pending, np.float64),
            "pending_attack": (units * pending, np.float64),
            "heard": (2 * batch, np.int64),
            "key_edges": (2 * len(contract.key_bands_hz), np.float64),
            "curve": (curve_rows * len(self.curve_columns), np.float64),
        }
        for name, (size, dtype) in sizes.items():
            self._memory[name] = aligned(size, dtype)
            self._set(f"{name}_at", self._memory[name].ctypes.data)
        self._memory["kernel"][:] = clock.kernel.ravel()
        self._memory["key_edges"][:] = np.ravel(contract.key_bands_hz)
        rows = {readout.name: row for row, readout in enumerate(contract.readouts)}
        values = {
            "rate": self.rate,
            "channels": channels,
            "listened": self.key_channels or channels,
            "units": units,
            "batch": batch,
            "delay": self.delay_samples,
            "lead": self._lead,
            "block_samples": clock.block_samples,
            "open_at": contract.open_at,
            "close_at": contract.close_at,
            "key_bands": len(contract.key_bands_hz),
            "key_from_used": math.nan,
            "key_to_used": math.nan,
            "key_low_row": rows.get("key_low_hz", -1),
            "key_high_row": rows.get("key_high_hz", -1),
            "level_row": rows.get("level_db", -1),
            "readout_rows": len(contract.readouts),
            "pending_size": pending,
            "curve_rows": curve_rows,
            "curve_columns": len(self.curve_columns),
            "falls_back": self._falls_back,
            "threshold_used": self.threshold_db,
            "range_used": self.range_db,
        }
        for name, value in (values | clock.fields()).items():
            self._set(name, value)
