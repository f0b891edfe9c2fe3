"""A dry and a wet recording of one performance: looked at, aligned, or refused with what to do.

pair = aligned(dry, 48_000, wet, 48_000)          # raises PairError where nothing can be learned
for sentence in pair.look.sentences(): print(sentence)
pair.dry, pair.wet                                # (n,) each, aligned, at pair.rate
"""

from dataclasses import dataclass, replace
from math import gcd

import numpy as np
from numpy.typing import NDArray

from gate.errors import GateError
from training.clone import align, signal
from training.clone.curve import left_simply
from training.clone.levels import at_full_scale, floor_db, noise_db, rms_db
from training.learn.findings import CLIPPED_SHARE, Finding, clipped_share

Sound = NDArray[np.float64]

SHORTEST_S = 3.0
"""Overlap of a pair under which nothing can be told."""
NOTHING_DB = -90.0
"""A recording whose loudest 50 ms are under this holds nothing."""
AGREED = 0.5
"""Share of the stretches that has to lie on one line of lags: otherwise it is another performance, or time is not fixed."""
WANDERS_SAMPLES = 1.5
"""Median distance of lags from their line, in samples, from which time itself moves."""
FEWEST = 3
"""Stretches with a clear lag that a pair needs."""
DRIFTS_SAMPLES = 0.5
"""Drift over the whole pair, in samples, that is worth taking out."""
STEADY_ERRORS = 4.0
"""A drift is believed if it is so many times its standard error."""
WHOLE_SAMPLES = 0.02
"""A delay as near as this to whole samples is whole: the wet sound is not touched."""
SIMPLER = 1.5
"""A whole delay may leave so many times what one between samples leaves: a distortion bends phases."""
MOST_DRIFT = 1e-3
"""Clocks that differ by more than 1000 ppm are taken for another tempo."""


class PairError(GateError):
    """A dry and a wet recording from which nothing can be learned."""


@dataclass(frozen=True)
class Look:
    """What was found of a pair.

    Attributes:
        seconds: length of the overlap.
        rates, lengths: Hz and seconds of dry and wet, as the files have them.
        delay_samples: how late the wet sound is at its first sample, in samples of the dry rate; negative: early.
        polarity: 1, or -1 where the wet sound is turned over.
        gain_db: RMS of the wet sound against the dry one.
        drift_ppm: how much slower the wet recorder's clock ran, parts in a million.
        floor_db: level of the dry sound's quietest 5 %, dBFS.
        noise_db: what the wet sound has of its own where it is quiet, dBFS: -140 where it has none, or is nowhere quiet.
        clipped: share of samples in flat tops, dry and wet.
        marked: True if both hold the project's test signal, found by its marks.
        agreed: share of the stretches whose lag agrees, 0 to 1.
        findings: what is not as it should be.
    """

    seconds: float
    rates: tuple[int, int]
    lengths: tuple[float, float]
    delay_samples: float
    polarity: int
    gain_db: float
    drift_ppm: float
    floor_db: float
    noise_db: float
    clipped: tuple[float, float]
    marked: bool
    agreed: float
    findings: tuple[Finding, ...] = ()

    def sentences(self) -> list[str]:
        """Say what was found, a sentence each."""
        late = self.delay_samples
        said = [
            f"{self.seconds:.1f} s of both"
            + (", the test signal, found by its marks" if self.marked else ""),
            f"the wet sound is {abs(late):.2f} samples ({abs(late) / self.rates[0] * 1000.0:.3f} ms) "
            f"{'late' if late >= 0.0 else 'early'}, and that is taken out",
            f"its polarity is {'turned over' if self.polarity < 0 else 'the same'}, its level {self.gain_db:+.2f} dB",
        ]
        if self.drift_ppm:
            said.append(f"the two clocks differ by {self.drift_ppm:+.2f} ppm, and that is taken out")
        said.append(
            f"noise floors: dry {self.floor_db:.0f} dBFS, the wet sound's own {self.noise_db:.0f} dBFS"
        )
        return said + [str(one) for one in self.findings]


@dataclass(frozen=True)
class Pair:
    """A pair, aligned: ``dry`` and ``wet`` are (n,) at ``rate`` Hz, the wet one with the polarity it came with."""

    dry: Sound
    wet: Sound
    rate: int
    look: Look


def aligned(dry: NDArray[np.floating], rate: int, wet: NDArray[np.floating], wet_rate: int) -> Pair:
    """Align two sounds (n,) and (m,) at their rates in Hz.

    Raises:
        PairError: nothing can be learned from the pair; the sentence says why, and what to do.
    """
    a, b = np.asarray(dry, dtype=np.float64), np.asarray(wet, dtype=np.float64)
    _refuse_nothing(a, rate, "dry")
    _refuse_nothing(b, wet_rate, "wet")
    lengths = len(a) / rate, len(b) / wet_rate
    clipped = clipped_share(a) if np.max(np.abs(a)) > 0.98 else 0.0, at_full_scale(b)
    findings = [
        _warning(f"the {side} sound is clipped ({share:.2%} of its samples)", remedy)
        for side, share, remedy in zip(
            ("dry", "wet"),
            clipped,
            ("play it 6 dB quieter", "record it 6 dB quieter, or the clipping is learned as the box's"),
            strict=True,
        )
        if share > CLIPPED_SHARE
    ]
    if wet_rate != rate:
        common = gcd(rate, wet_rate)
        b = _resampled(b, rate // common, wet_rate // common)
        findings.append(
            _warning(
                f"the wet sound is at {wet_rate} Hz, the dry at {rate} Hz",
                "the wet one is converted",
            )
        )
    line, marked = _line(a, b, rate)
    pair = _cut(a, b, rate, line)
    if abs(lengths[0] - lengths[1]) > 0.05:
        findings.append(
            _warning(
                f"dry lasts {lengths[0]:.2f} s, wet {lengths[1]:.2f} s",
                f"the {len(pair.dry) / rate:.2f} s that both have are used",
            )
        )
    return _looked(pair, line, (rate, wet_rate), lengths, clipped, marked, findings)


def _warning(what: str, remedy: str) -> Finding:
    return Finding("warning", "", what, remedy)


def _refuse_nothing(x: Sound, rate: int, side: str) -> None:
    """Refuse a sound that is too short, or holds nothing."""
    if len(x) < SHORTEST_S * rate:
        raise PairError(
            f"expected at least {SHORTEST_S:g} s of {side} sound, got {len(x) / rate:.2f} s; record more, three "
            "minutes are enough for everything"
        )
    piece = rate // 20
    cut = x[: len(x) // piece * piece].reshape(-1, piece)
    loudest = 10.0 * np.log10(max(float(np.max(np.mean(np.square(cut), axis=1))), 1e-30))
    if loudest < NOTHING_DB:
        raise PairError(
            f"expected sound in the {side} recording, got nothing over {loudest:.0f} dBFS; check what it was recorded from"
        )


def _resampled(x: Sound, up: int, down: int) -> Sound:
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(x, up, down))


def _line(a: Sound, b: Sound, rate: int) -> tuple[align.Line, bool]:
    """Find the line of lags, refuse what has none; and whether both hold the test signal's marks.

    Raises:
        PairError: not the same performance, or time that is not fixed.
    """
    here, there = signal.marks(a, rate), signal.marks(b, rate)
    marked = here is not None and there is not None
    if here is not None and there is not None:
        slope = (there.last - there.first) / (here.last - here.first) - 1.0
        guess = align.Line(there.first - here.first * (1.0 + slope), slope, 1.0, 0.0, 2, 0.0)
        reach = rate // 100
    else:
        _, lag, strength = align.first_guess(a, b, rate)
        if strength < align.STRONG:
            raise PairError(
                "expected dry and wet of one performance, got two that nowhere sound alike; give the wet recording of "
                "this dry one"
            )
        guess = align.Line(float(lag), 0.0, 0.0, 0.0, 0, 0.0)
        reach = rate // 50 + int(MOST_DRIFT * 0.2 * len(a))
    found = align.lags(a, b, rate, guess, reach)
    line = align.line(*found)
    if line.stretches < FEWEST:
        raise PairError(
            f"expected at least {FEWEST} stretches of {align.STRETCH_S:g} s that sound alike, got {line.stretches}; give "
            "the wet recording of this dry one, or more of it"
        )
    _refuse_moving(line)
    near = np.abs(found[1] - line.lag - line.slope * found[0]) < 50.0
    again = align.line(*align.lags(a, b, rate, line, 64)) if near.any() else line
    line = again if again.stretches >= FEWEST else line
    drift = line.slope * len(a)
    if abs(drift) < DRIFTS_SAMPLES or abs(line.slope) < STEADY_ERRORS * line.slope_error:
        line = replace(line, lag=line.lag + line.slope * len(a) / 2.0, slope=0.0)
    return line, marked


def _refuse_moving(line: align.Line) -> None:
    if abs(line.slope) > MOST_DRIFT:
        raise PairError(
            f"expected clocks within {MOST_DRIFT * 1e6:.0f} ppm, got {line.slope * 1e6:.0f} ppm; convert the wet sound to "
            "the right rate or tempo"
        )
    if line.agreed < AGREED:
        raise PairError(
            f"expected one delay all along, got one in only {line.agreed:.0%} of the stretches (the others lie "
            f"{line.scatter:.0f} samples apart, as in a median); give the wet recording of this dry one, with the box's "
            "modulation (chorus, vibrato) and pitch switched off"
        )


def _cut(a: Sound, b: Sound, rate: int, line: align.Line) -> Pair:
    """Cut both to where both are, and read the wet one along the line; what is left of the delay comes out too."""
    step = 1.0 + line.slope
    start = line.lag if line.slope else float(round(line.lag))
    first = max(int(np.ceil(-start / step)), 0)
    last = min(int((len(b) - 1 - start) / step), len(a) - 1)
    n = last - first + 1
    if n < SHORTEST_S * rate:
        raise PairError(
            f"expected at least {SHORTEST_S:g} s that dry and wet share, got {max(n, 0) / rate:.2f} s; record longer"
        )
    dry = a[first : last + 1]
    wet = align.shifted(b, start + step * first, step, n)
    if line.slope:
        more, extra = align.left_over(dry, wet)
        start, step = start + more - extra * first, step + extra
        wet = align.shifted(b, start + step * first, step, n)
    fine = align.fine(dry, wet)
    delay = fine.delay
    if abs(delay) > 0.0:
        wet = align.shifted(b, start + delay + step * first, step, n)
    if line.slope == 0.0:
        whole = float(round(start + delay))
        other = align.shifted(b, whole + first, 1.0, n)
        near = abs(start + delay - whole) < WHOLE_SAMPLES
        if near or left_simply(dry, other, rate) <= SIMPLER * left_simply(dry, wet, rate):
            wet, delay = other, whole - start
    look = Look(
        n / rate, (rate, rate), (0.0, 0.0), start + delay, fine.sign, 0.0, (step - 1.0) * 1e6, -140.0, -140.0,
        (0.0, 0.0), False, line.agreed,
    )  # fmt: skip
    return Pair(dry, wet, rate, look)


def _looked(
    pair: Pair,
    line: align.Line,
    rates: tuple[int, int],
    lengths: tuple[float, float],
    clipped: tuple[float, float],
    marked: bool,
    findings: list[Finding],
) -> Pair:
    """Complete what is known of a pair."""
    levels = [rms_db(x) for x in (pair.dry, pair.wet)]
    floor, noise = floor_db(pair.dry, pair.rate), noise_db(pair.dry, pair.wet, pair.rate)
    if line.scatter > WANDERS_SAMPLES and line.agreed < 0.8:
        findings.append(
            _warning(
                f"delays lie {line.scatter:.1f} samples from their line, as in a median",
                "a box whose time moves (chorus, vibrato) is not cloned: switch the modulation off",
            )
        )
    if noise > floor + 12.0 and noise > -75.0:
        findings.append(
            _warning(
                f"the wet floor lies {noise - floor:.0f} dB over the dry one",
                "what is quieter than it cannot be learned: turn the box or its input up",
            )
        )
    look = replace(
        pair.look,
        rates=rates,
        lengths=lengths,
        gain_db=levels[1] - levels[0],
        floor_db=floor,
        noise_db=noise,
        clipped=clipped,
        marked=marked,
        findings=tuple(findings),
    )
    return replace(pair, look=look)
