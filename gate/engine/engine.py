"""The engine: a model file, the memory and the runtime it needs, and the compiled ``process`` over them."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.engine.classifier import Classifier
from gate.engine.guard import MODES, check_class
from gate.engine.layout import fields, listener, memory
from gate.engine.loaded_model import LoadedModel
from gate.engine.runs_model import RunsModel
from gate.engine.settings import EngineSettings, check_key, knob_numbers
from gate.files.drained import pushed
from gate.modelfile.contract import Contract
from gate.parameters import BY_ID, GateKnobs
from gate.realtime.clock import Clock
from gate.realtime.curve import CURVE_COLUMNS, GUARD_COLUMNS
from gate.realtime.decision import HOLDS
from gate.realtime.process import THRESHOLD_LIMIT_DB, compiled
from gate.realtime.record import FIELDS, KNOB_FIELDS, make

__all__ = ["CURVE_COLUMNS", "Engine"]


class Engine(RunsModel, GateKnobs):
    """One loaded model and the sound path round it.

    Live (``batch=1``): every completed block runs the model at once. A decision acts from the first sample
    of its block, or from the first sample of the call in which the block completes, whichever is later. A
    call of ``process`` is a host buffer. Decisions are bit-identical however the sound is cut.

    Offline (``batch>1``, 256 is a good number): blocks run ``batch`` at a time, and sound *and* gain are both
    held back by ``lead_samples``, long enough that every decision is known before its own block leaves. So
    each decision acts from exactly the first sample of its block, at any rate, and the output is
    **bit-identical however the sound is cut into calls**. ``whole`` takes the delay out again of a sound that is in memory,
    ``gate.files.drained.Drained`` of one that is read in pieces (25,600 to 100,000 frames are fastest). After the sound and
    ``delay_samples`` zeros every block that begins inside the sound has its curve row; later rows are of the zeros.

    Every call gives exactly as many samples as it takes. A changed threshold or range acts from the next
    block to complete, so a caller who automates offline cuts calls where values change. One thread at a time may
    call; the compiled part runs without the interpreter lock.

    The knobs of the gate are attributes; setting one acts from the next block on. Threshold and range may lie further out
    than the table says: a finite level, and 0 or less. Where the key lies by itself is in the record's ``key_low_hz`` and
    ``key_high_hz``.

    Attributes:
        contract: the model file it was made from.
        settings: what it was made for.
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
        curve_lost: rows for which ``take_curve`` came too late.
        classifier: the guard's listener, or None; it belongs to the engine, and runs within ``process``.
    """

    def __init__(self, contract: Contract, settings: EngineSettings, **values: float | str | None) -> None:
        """Load the model, try it out, and make everything that ``process`` needs.

        Args:
            contract: a model file read by ``gate.modelfile.contract.read``.
            settings: the sound, and how the engine runs.
            values: values of the gate's knobs, by attribute; the rest, and what is None, is the model's own or the
                table's. The guard's are those of ``settings.guard``.

        Raises:
            ContractError: the model is no gate, or cannot run as its contract says.
            DeviceError: cuda was asked for and cannot be had; the text says why.
            EngineError: ONNX Runtime is not there.
            ValueError, TypeError: a value is out of its range.
        """
        contract.expect("gate")
        where = knob_numbers(contract, values)
        if settings.guard is not None:
            where |= {"guard": settings.guard.number, "guard-grace": settings.guard.grace_ms}
        live = {id: where.pop(id) for id in KNOB_FIELDS}
        self._laid_out = {id: BY_ID[id].check(value) for id, value in where.items()}
        units = 1 if self.link else settings.channels
        if settings.key_channels not in (0, settings.channels) and units != 1:
            raise ValueError(
                f"a key of {settings.key_channels} channels for {settings.channels} that are not linked: "
                "expected one for each; link them"
            )
        self.contract, self.settings = contract, settings
        self.dtype: np.dtype[Any] = np.dtype(settings.dtype)
        self._clock = clock = Clock(settings.rate)
        self.rate, self.channels, self.batch = int(settings.rate), settings.channels, settings.batch
        self.key_channels = settings.key_channels
        self._lookahead = math.floor(self.lookahead_ms * self.rate / 1000.0 + 0.5)
        self._lead = clock.lead_samples(self.batch) if self.batch > 1 or settings.holds_back else 0
        self.record = make()
        self.classifier: Classifier | None = None
        guard = live.pop("guard")
        for id, value in live.items():
            self.set(id, value)
        self._process = compiled(self.dtype).call
        self.classifier, guards = listener(settings)
        self.set("guard", guard)
        also = () if settings.guard is None else (*GUARD_COLUMNS, *settings.guard.contract.classes)
        self.curve_columns = (*CURVE_COLUMNS, *also)
        shape = {"delay": self.delay_samples, "units": units, "columns": len(self.curve_columns)}
        self._memory = memory(settings, clock, bands=len(contract.key_bands_hz), **shape)
        self._memory["key_edges"][:] = np.ravel(contract.key_bands_hz)
        try:
            self._model: LoadedModel | None = LoadedModel(
                contract,
                channels=settings.listened,
                units=units,
                batch=self.batch,
                threshold_db=self.threshold_db,
                device=settings.device,
            )
        except BaseException:
            if self.classifier is not None:
                self.classifier.close()
            raise
        setup = {
            **fields(contract, settings, clock, lead=self._lead, **shape),
            **{f"{name}_at": array.ctypes.data for name, array in self._memory.items()},
            **guards,
            "threshold_used": self.threshold_db,
            "range_used": self.range_db,
        }
        for name, value in setup.items():
            self._set(name, value)
        self._set_model()
        self._curve_read = self.curve_lost = 0
        self._start = self.record.copy()

    def value(self, id: str) -> float:
        """Return the value of a knob of the gate, by its parameter's id."""
        return self._laid_out[id] if id in self._laid_out else float(self.record[KNOB_FIELDS[id]][0])

    def set(self, id: str, value: float) -> None:
        """Set a knob of the gate by its parameter's id; it acts from the next block on.

        Raises:
            ValueError: it is out of its range, or the engine was laid out for another value.
            ContractError: this model's key cannot be held to a band, or the classifier does not know the class.
        """
        if id in self._laid_out:
            raise ValueError(f"{id} {value:g}: expected it when the engine is made; make another engine")
        check_key(self.contract, id, value)
        if id == "threshold":
            if not abs(value) <= THRESHOLD_LIMIT_DB:
                raise ValueError(f"threshold {value} dBFS: expected a finite level; give {BY_ID[id].limits}")
        elif id == "range":
            if not value <= 0.0:
                raise ValueError(f"range {value} dB: expected 0 or less; give {BY_ID[id].limits}")
        else:
            value = BY_ID[id].check(value)
        if id == "guard":
            self._check_guard(MODES[int(value)])
        self.record[KNOB_FIELDS[id]] = value

    @property
    def held(self) -> str:
        """How somebody holds the gate: "open", "shut" or "" (not at all); setting it acts from the next block on.

        It opens by the model's attack and shuts by its release. Model and guard still run, and decide again at once.
        """
        return HOLDS[int(self.record["held"][0])]

    @held.setter
    def held(self, value: str) -> None:
        if value not in HOLDS:
            raise ValueError(f"held {value!r}: expected open, shut or an empty text; give one of these")
        self.record["held"] = HOLDS.index(value)

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
        """Delay that the caller compensates: ``latency_samples + lead_samples``."""
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
            ValueError, TypeError: shape, layout or type are not as above.
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

    def whole(self, x: NDArray[Any], key: NDArray[Any] | None = None) -> NDArray[Any]:
        """Gate a whole sound: zeros push out what the engine delays, and as much is dropped before.

        Args:
            x: (n, channels) of ``dtype``, full scale 1.0; it stays as it is.
            key: (n, key_channels), likewise; for an engine that was made for an external key.

        Returns:
            (n, channels): nothing is shifted against ``x``. The curve has a row for every block that begins in it, and more.

        Raises:
            ValueError, TypeError: as ``process``.
            EngineError: the engine is closed.
        """
        late = self.delay_samples
        fed = pushed(x, late)
        self.process(fed, fed, None if key is None else pushed(key, late))
        return fed[late:]

    def take_curve(self) -> NDArray[np.float64]:
        """Return what was decided for the blocks since the last call; needs ``curve_rows`` > 0.

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
        """Go back to the start: states, ballistics, counters, delay; parameters stay. Not during ``process``.

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

    def _check_guard(self, mode: str) -> None:
        """Refuse what the guard cannot ask its classifier for."""
        if self.classifier is not None:
            check_class(self.classifier.contract, mode)
        elif mode != "off":
            raise ValueError(
                f"guard {mode!r}: expected off, as there is no classifier; make an engine with a guard"
            )
