"""What kind of box it is, by measurement: the smallest model that explains a pair, and what speaks for it.

| kind | model | explained if |
|---|---|---|
| gain | one number | what is left of the wet energy is under -50 dB, or is the wet noise |
| curve | one output for each input (a distortion without memory) | under -40 dB |
| filter | an impulse response | under -40 dB |
| dynamics | a gain that follows the level | a gain for each block leaves under -25 dB, and the law meets it |
| short | powers of the input, each through a short filter | it leaves half of what a filter leaves |
| long | none here: a network | nothing above does, yet the box does the same each time |

Two cannot be cloned, and are said to be: *moving*, where a filter fits each second but another one each time (chorus,
phaser, wah), or the gain moves without the level (tremolo); *endless*, where a response goes on after a third of a
second (a reverb).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.clone import dynamics, gains, linear, signal
from training.clone.curve import curve_of
from training.clone.dynamics import Fit
from training.clone.linear import Filter
from training.clone.pair import Pair

Sound = NDArray[np.float64]
Say = Callable[[str], None]

NETWORK = ("short", "long")
"""Kinds that only a network explains."""
TAUGHT = ("curve", *NETWORK)
"""Kinds that a network learns: of a curve, nothing smaller plays it."""
CANNOT = ("moving", "endless")
"""Kinds that cannot be cloned."""

GAIN_LEFT, CURVE_LEFT, FILTER_LEFT, SHAPE_LEFT = 1e-5, 1e-4, 1e-4, 3e-3
"""Shares of the wet energy that a model may leave unexplained."""
NOISE_TIMES = 3.0
"""What is left may be so many times the wet noise floor."""
UNMOVED_DB = 0.1
"""A gain that spreads by less is none that moves."""
MET_SHARE = 0.5
"""A law explains a gain if its error is at most this share of the gain's own spread."""
MOVED_LEFT = 0.02
"""Two answers to one sound that differ by more of their energy come from a box that moves."""
LOCAL_TIMES = 0.05
"""Filters fitted to each second that leave this share of what one filter leaves mean that the filter moves."""
POWERS = (1, 2, 3, 5)
SHORT_TAPS = 48
SHORT_ROWS = 30_000
CERTAIN_DB, DOUBTFUL_DB = -50.0, -30.0
"""What is left, in dB: under the first there is no doubt, over the second there is much."""


@dataclass(frozen=True)
class Verdict:
    """What a box is.

    Attributes:
        kind: a row of the module's table, "moving" or "endless".
        left: share of the wet energy that each kind of model leaves unexplained, by kind, as far as it was tried.
        gain_db: of the whole.
        polarity: 1 or -1.
        filter: fitted, where it was tried.
        curve: (2, k) input and output of a memoryless distortion, where it was tried.
        fit: of a law, where the gain follows the level.
        classic: the same in the classic gate's terms, for what turns down the quiet.
    """

    kind: str
    left: dict[str, float]
    gain_db: float
    polarity: int
    filter: Filter | None = None
    curve: Sound | None = None
    fit: Fit | None = None
    classic: Fit | None = None
    notes: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """Say what the box is, how much of it that explains, and with how much doubt."""
        return f"{self._what()}. {self.doubt()}"

    def _what(self) -> str:
        turned = ", polarity turned over" if self.polarity < 0 else ""
        if self.kind == "gain":
            return f"a gain of {self.gain_db:+.2f} dB{turned}, nothing else"
        if self.kind == "dynamics" and self.fit is not None:
            d = self.fit.dials
            if d.kind == "over":
                name = "limiter" if d.ratio > 15.0 else "compressor"
                return f"a {name}: what is over {d.threshold_db:.1f} dBFS is turned down, ratio {d.ratio:.2f}{turned}"
            soft = d.shape == "slope" and d.slope < 8.0 and d.place == "level"
            return f"{'an expander' if soft else 'a gate'}: what is under {d.threshold_db:.1f} dBFS is turned down{turned}"
        names = {
            "curve": "a distortion without memory",
            "filter": "a fixed linear filter",
            "short": "a distortion with a short memory",
            "long": "more than these models explain: a network has to",
            "moving": "a box that moves by itself (chorus, phaser, tremolo, wah): it does not do the same each time, and "
            "is not cloned; switch its modulation off and record again",
            "endless": "a reverb: its response goes on after a third of a second, and is not cloned",
        }
        return names[self.kind] + turned

    def doubt(self) -> str:
        """Say how much of the wet sound is explained, and how sure that is."""
        own = self.left.get(self.kind)
        if own is None:
            return "No simple model explains it"
        db = 10.0 * np.log10(max(own, 1e-20))
        sure = (
            "no doubt"
            if db < CERTAIN_DB
            else "little doubt"
            if db < DOUBTFUL_DB
            else "doubtful: listen to it"
        )
        return f"What it leaves unexplained lies {-db:.0f} dB under the wet sound ({sure})"


def tell(pair: Pair, say: Say = lambda text: None) -> Verdict:
    """Find out what kind of box made a pair.

    Args:
        pair: aligned.
        say: gets lines about what is being done.
    """
    dry, wet, rate = pair.dry, pair.wet, pair.rate
    gain = float(np.dot(dry, wet) / max(float(np.dot(dry, dry)), 1e-30))
    sign = pair.look.polarity if abs(gain) < 1e-6 else 1 if gain > 0.0 else -1
    heard = max(float(np.mean(np.square(wet))), 1e-30)
    noise = NOISE_TIMES * 10.0 ** (pair.look.noise_db / 10.0) / heard if pair.look.noise_db > -120.0 else 0.0
    left = {"gain": _share(wet - gain * dry, wet)}
    gain_db = 20.0 * float(np.log10(max(abs(gain), 1e-12)))
    if left["gain"] < max(GAIN_LEFT, noise):
        return Verdict("gain", left, gain_db, sign)
    if pair.look.marked and moved(pair) > max(MOVED_LEFT, 10.0 * noise):
        return Verdict("moving", left, gain_db, sign)
    say("not a gain alone; is there one output for each input?")
    curve, left["curve"] = curve_of(dry, wet)
    if left["curve"] < max(CURVE_LEFT, noise):
        return Verdict("curve", left, gain_db, sign, curve=curve)
    left["dynamics"] = gains.shape_residual(dry, wet)
    if left["dynamics"] < max(SHAPE_LEFT, noise):
        say("a gain that moves; which law moves it?")
        return _dynamics(pair, left, gain_db, sign, say)
    say("not a gain that moves; a filter?")
    filter_ = linear.fit(dry, wet, rate)
    left["filter"] = filter_.esr
    if left["filter"] < max(FILTER_LEFT, noise):
        kind = "endless" if filter_.cut and len(filter_.taps) == linear.TAPS[-1] else "filter"
        return Verdict(kind, left, gain_db, sign, filter=filter_)
    say("no fixed filter; a distortion with memory, or one that moves?")
    return _rest(pair, left, gain_db, sign, filter_, curve)


def _dynamics(pair: Pair, left: dict[str, float], gain_db: float, sign: int, say: Say) -> Verdict:
    """Fit the law, and the classic gate's where it is a gate; a gain that no level moves is a tremolo."""
    floor = pair.look.noise_db
    fit = dynamics.fit(pair.dry, sign * pair.wet, pair.rate, floor_db=floor, say=say)
    measured = gains.measured(pair.dry, sign * pair.wet, pair.rate, floor)
    spread = float(np.std(measured.gain_db[measured.valid])) if measured.valid.any() else 0.0
    left["dynamics"] = fit.quality.esr
    if fit.quality.rms_db > max(MET_SHARE * spread, 2.0 * UNMOVED_DB):
        return Verdict("moving", left, gain_db, sign, fit=fit)
    classic = None
    if fit.dials.kind == "down":
        own = (fit.dials.detector, fit.dials.shape, fit.dials.place)
        classic = fit
        if own not in dynamics.CLASSIC:
            say("the same in the classic gate's terms")
            classic = dynamics.fit(
                pair.dry, sign * pair.wet, pair.rate,
                floor_db=floor, kind="down", structures=dynamics.CLASSIC, say=say,
            )  # fmt: skip
    return Verdict("dynamics", left, gain_db, sign, fit=fit, classic=classic)


def _rest(
    pair: Pair, left: dict[str, float], gain_db: float, sign: int, filter_: Filter, curve: Sound
) -> Verdict:
    """Tell what no small model explains: moving, endless, a distortion with memory, or long."""
    left["short"] = short_memory(pair.dry, pair.wet)
    local = moving_filter(pair.dry, pair.wet, pair.rate)
    kind = "long"
    if left["short"] < 0.5 * min(left["filter"], left["curve"]):
        kind = "short"
    elif local < LOCAL_TIMES * left["filter"] and local < 0.05:
        kind = "moving"
    elif filter_.cut and len(filter_.taps) == linear.TAPS[-1] and left["filter"] < 0.3:
        kind = "endless"
    elif left["curve"] < 0.1 and left["curve"] < left["filter"]:
        kind = "short"
    return Verdict(kind, left, gain_db, sign, filter=filter_, curve=curve)


def moved(pair: Pair) -> float:
    """Measure how much the box's answers to the test signal's two marks differ, as a share of their energy.

    The marks are the same and come after silence, so a box that does the same each time answers the same.
    """
    found = signal.marks(pair.dry, pair.rate)
    if found is None:
        return 0.0
    n = int(signal.MARK_S * pair.rate)
    first, last = (pair.wet[round(at) :][:n] for at in (found.first, found.last))
    if len(first) < n or len(last) < n:
        return 0.0
    return float(np.square(first - last).sum() / max(float(np.square(first).sum()), 1e-30))


def short_memory(dry: Sound, wet: Sound) -> float:
    """Measure what powers of the input, each through a short filter, leave of the wet energy on rows not fitted to."""
    peak = max(float(np.max(np.abs(dry))), 1e-12)
    rng = np.random.default_rng(0)
    loud = np.flatnonzero(np.abs(wet) > 1e-3 * np.max(np.abs(wet)))
    loud = loud[loud >= SHORT_TAPS]
    if len(loud) < 4000:
        return 1.0
    rows = rng.choice(loud, min(SHORT_ROWS, len(loud)), replace=False)
    at = rows[:, None] - np.arange(SHORT_TAPS)
    near = dry[at] / peak
    table = np.concatenate([near**p for p in POWERS], axis=1)
    half = len(rows) // 2
    first, target = table[:half], wet[rows[:half]]
    square = first.T @ first
    square[np.diag_indices_from(square)] += 1e-9 * np.trace(square) / len(square)
    weights = np.linalg.solve(square, first.T @ target)
    return _share(wet[rows[half:]] - table[half:] @ weights, wet[rows[half:]])


def moving_filter(dry: Sound, wet: Sound, rate: int) -> float:
    """Measure what filters leave that are fitted to half a second each: little, where one leaves much, if the box moves."""
    long = rate // 2
    left, total = 0.0, 1e-30
    for start in np.linspace(0, max(len(dry) - long, 0), 12).astype(int):
        d, w = dry[start : start + long], wet[start : start + long]
        if np.mean(np.square(d)) < 1e-8:
            continue
        taps = linear.response(d, w, 512, 64)
        rest = (w - linear.filtered(d, taps, 64))[512:-64]
        left += float(np.square(rest).sum())
        total += float(np.square(w[512:-64]).sum())
    return left / total if total > 1e-20 else 1.0


def _share(left: Sound, wet: Sound) -> float:
    return float(np.square(left).sum() / max(float(np.square(wet).sum()), 1e-30))
