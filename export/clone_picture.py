"""The picture of a clone: waveforms, spectra, and the gain over time or over frequency."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.files.atomic import whole
from gate.pictures import AFTER, BAND, BEFORE, LINE, Thin, legend, png
from training.clone import gains, law, linear
from training.clone.kinds import Verdict
from training.clone.pair import Pair

Sound = NDArray[np.float64]

SIZE_INCHES = (12.0, 9.0)
SHOWN_S = 6.0
"""Seconds of gain that are drawn: the liveliest of the pair."""
LOWEST_DB = -90.0


def draw(pair: Pair, verdict: Verdict, path: Path) -> None:
    """Draw a pair and its clone into a PNG.

    Raises:
        AudioFileError: the disk does not take it.
    """
    with whole(path) as file, png(file, SIZE_INCHES, verdict.sentence()) as figure:
        top, middle, bottom = figure.subplots(3, 1)
        _waveforms(top, pair)
        _spectra(middle, pair)
        if verdict.filter is not None and verdict.fit is None:
            _response(bottom, pair, verdict)
        elif verdict.kind == "curve" and verdict.curve is not None:
            bottom.plot(verdict.curve[0], verdict.curve[1], color=AFTER)
            bottom.set(xlabel="in", ylabel="out")
        else:
            _gains(bottom, pair, verdict)


def _waveforms(axes: Any, pair: Pair) -> None:
    seconds = len(pair.dry) / pair.rate
    for sound, colour, label in ((pair.dry, BEFORE, "dry"), (pair.wet, AFTER, "wet, aligned")):
        thin = Thin(len(sound), 1)
        thin.add(sound[:, None])
        axes.fill_between(
            thin.times(seconds), thin.low[:, 0], thin.high[:, 0], color=colour, alpha=0.7, lw=0.0, label=label
        )
    axes.set(xlim=(0.0, seconds), xlabel="s", ylabel="full scale")
    legend(axes)


def _spectra(axes: Any, pair: Pair) -> None:
    from scipy.signal import welch

    for sound, colour, label in ((pair.dry, BEFORE, "dry"), (pair.wet, AFTER, "wet")):
        hz, power = welch(sound, pair.rate, nperseg=min(8192, len(sound)))
        axes.semilogx(
            hz[1:], 10.0 * np.log10(np.maximum(power[1:], 1e-18)), color=colour, lw=0.9, label=label
        )
    axes.set(xlim=(20.0, pair.rate / 2.0), xlabel="Hz", ylabel="dB/Hz")
    legend(axes)


def _response(axes: Any, pair: Pair, verdict: Verdict) -> None:
    assert verdict.filter is not None, "only a filter has a response"
    hz = np.geomspace(20.0, 0.49 * pair.rate, 600)
    level = linear.magnitude_db(verdict.filter.taps, pair.rate, hz)
    axes.semilogx(hz, np.maximum(level, LOWEST_DB), color=AFTER, label="the filter")
    axes.set(xlim=(20.0, pair.rate / 2.0), xlabel="Hz", ylabel="dB")
    legend(axes)


def _gains(axes: Any, pair: Pair, verdict: Verdict) -> None:
    measured = gains.measured(pair.dry, verdict.polarity * pair.wet, pair.rate, pair.look.noise_db)
    part = gains.windows(measured, pair.rate, SHOWN_S)[0]
    first, last = part.start // gains.BLOCK, part.stop // gains.BLOCK
    times = np.arange(first, last) * gains.BLOCK / pair.rate
    shown = np.where(measured.valid, measured.gain_db, np.nan)[first:last]
    axes.plot(times, shown, color=BAND, lw=2.5, label="measured")
    if verdict.fit is not None:
        dials = verdict.fit.dials
        thin = law.thinned_gain(law.level(pair.dry, pair.rate, dials), pair.rate, dials)
        axes.plot(times, measured.predicted_db(thin)[first:last], color=LINE, lw=0.9, label="the law")
    axes.set(xlim=(times[0], times[-1]), xlabel="s", ylabel="gain, dB")
    legend(axes)
