"""The compiled engine: one ``process`` is the only place where sound changes."""

from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

CURVE_COLUMNS = (
    "time_s",
    "open_probability",
    "openness",
    "gain_db",
    "attack_ms",
    "hold_ms",
    "release_ms",
    "key_low_hz",
    "key_high_hz",
    "level_db",
    "threshold_db",
)
"""What a row of ``Engine.take_curve`` holds, in this order; ``gain_db`` is -inf where the gain is 0."""


class Engine:
    """One loaded model and the sound path round it.

    Live (``batch=1``): every completed block runs the model at once. A decision acts from the first sample of
    its block, or from the first sample of the call in which the block completes, whichever is later. A call of
    ``process`` is a host buffer. Decisions are bit-identical however the sound is cut.

    Offline (``batch>1``, 256 is a good number): blocks run ``batch`` at a time, and sound *and* gain are both held
    back by ``lead_samples``, long enough that every decision is known before its own block leaves. So each decision
    acts from exactly the first sample of its block, at any rate, and the output is **bit-identical however
    the sound is cut into calls**. The caller compensates, as it must for lookahead anyway::

        with Engine(contract, rate=44100, channels=2, batch=256, curve_rows=8192) as engine:
            # feed the file, then engine.delay_samples frames of zeros;
            # drop the first engine.delay_samples frames of what comes out: the rest is as long as the file.
            for x in chunks:                      # any number of frames; 100,000 or so is fast
                engine.process(x, out)
                curve = engine.take_curve()       # drop rows whose time_s >= the file's duration

    After the file and ``delay_samples`` zeros, offline, every block that begins inside the file has its curve row.
    Every call gives exactly as many samples as it takes. Calls are meant for one thread at a time; the compiled
    part runs without the interpreter lock.

    Attributes:
        record: the flat structured array, shape (1,), that parameters, readouts and counters live in; its table is
            ``gate.record.FIELDS``. Offline check ``record["model_errors"][0]`` and ``record["nonfinite_samples"][0]``.
    """

    record: NDArray[Any]

    def __init__(
        self,
        contract: Any,
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
        device: str = "cpu",
    ) -> None:
        """Load the model, try it out, and make everything that ``process`` needs.

        Args:
            contract: a model file read by ``gate.contract.read``.
            rate: of the sound, Hz, 8000 to 192000.
            channels: 1 to 8.
            threshold_db: dBFS; None takes the model's default.
            range_db: 0 or less, -inf allowed; None takes the model's default.
            lookahead_ms: 0 to 20, delays the sound against the decisions.
            link: one decision for all channels; False is one decision, state and gain for each (readouts
                and curve then show channel 0).
            batch: blocks per model run: 1 is live, more is offline.
            curve_rows: blocks that ``take_curve`` can hold between two calls of it; give at least the blocks of
                one ``process`` call plus ``batch``. Older rows are lost (``record["curve_lost"]``).
            dtype: float32 or float64, of both input and output.
            device: "cpu" or "cuda" (offline only).

        Raises:
            ContractError: the model cannot run as its contract says.
            DeviceError: cuda was asked for and cannot be had; the text says why.
            ValueError, TypeError: an argument is out of its range.
        """
        raise NotImplementedError

    @property
    def latency_samples(self) -> int:
        """Delay of the sound in host samples that the user asked for: the lookahead."""
        raise NotImplementedError

    @property
    def lead_samples(self) -> int:
        """Delay in host samples of sound and gain alike, offline; 0 live."""
        raise NotImplementedError

    @property
    def delay_samples(self) -> int:
        """What the caller compensates: ``latency_samples + lead_samples``."""
        raise NotImplementedError

    @property
    def decision_delay_samples(self) -> int:
        """Host samples by which a block's decision can come after the block's end (side-chain resampler)."""
        raise NotImplementedError

    @property
    def decision_delay_ms(self) -> float:
        """``decision_delay_samples`` in ms, at most 0.5."""
        raise NotImplementedError

    @property
    def model_error_text(self) -> str | None:
        """What ONNX Runtime said when a run first failed; None when none did."""
        raise NotImplementedError

    threshold_db: float
    """Threshold in dBFS; setting it acts from the next block on."""

    range_db: float
    """Range in dB; setting it acts from the next block on."""

    def process(self, x: NDArray[Any], out: NDArray[Any]) -> None:
        """Gate any number of samples: x and out are (n, channels), C-contiguous, of dtype; ``x is out`` is allowed."""
        raise NotImplementedError

    def take_curve(self) -> NDArray[np.float64]:
        """Rows (blocks since the last call, 11) float64, columns ``CURVE_COLUMNS``; needs ``curve_rows`` > 0."""
        raise NotImplementedError

    def reset(self) -> None:
        """Back to the start: state, ballistics, counters, delay; parameters stay."""
        raise NotImplementedError

    def close(self) -> None:
        """Release session and memory; may be called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
