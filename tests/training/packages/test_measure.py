"""Levels, bandwidth and clipping; the first corpus' own numbers come out again."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import firwin, lfilter

from training.packages.measure import clipped_share, measure

REAL = Path(os.environ.get("LEARNED_GATE_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))

LEVEL_DB = 0.15
"""The manifest has one decimal; what is lossless is read as it was then."""

QUIET_DBFS, QUIET_LEVEL_DB = -80.0, 1.0
"""Down here the 16 bits of the file tell, which came after the measure."""


def test_levels_of_a_tone_over_silence():
    """A sine at -6 dBFS for nine tenths of the time, noise at -60 dBFS for the rest."""
    rate = 16_000
    x = 1e-3 * np.random.default_rng(0).normal(size=10 * rate)
    x[: 9 * rate] += 0.5 * np.sin(2 * np.pi * 1000 * np.arange(9 * rate) / rate)
    m = measure(x.astype(np.float32), rate)
    assert m.peak_dbfs == pytest.approx(-6.0, abs=0.1)
    assert m.loud_dbfs == pytest.approx(-9.03, abs=0.1)
    assert m.floor_dbfs == pytest.approx(-60.0, abs=0.5)
    assert m.range_db == m.loud_dbfs - m.floor_dbfs


def test_bandwidth_is_where_the_spectrum_ends():
    """Noise through a steep low-pass at 6 kHz ends there; white noise at the top; silence nowhere."""
    x = np.random.default_rng(0).normal(size=96_000)
    low = lfilter(firwin(1001, 6000, fs=44_100, window=("kaiser", 10)), 1, x)
    assert measure(0.1 * low.astype(np.float32), 44_100).bandwidth_hz == pytest.approx(6000, abs=300)
    assert measure(0.1 * x.astype(np.float32), 44_100).bandwidth_hz == 22_050
    assert measure(np.zeros(4410, np.float32), 44_100).bandwidth_hz == 0


def test_short_and_silent_sounds_are_measured_too():
    """A few samples are one window; no sample is no reason to fail."""
    assert measure(np.full(5, 0.5, np.float32), 44_100).loud_dbfs == pytest.approx(-6.0, abs=0.1)
    assert measure(np.zeros(0, np.float32), 44_100).peak_dbfs == -120.0


def test_clipping_is_a_run_at_full_scale():
    """A cut-off sine is clipped, one whose tops touch full scale is not."""
    sine = np.sin(2 * np.pi * 50 * np.arange(48_000) / 48_000).astype(np.float32)
    assert clipped_share(np.clip(2 * sine, -1, 1)) == pytest.approx(2 / 3, abs=0.01)
    assert clipped_share(np.array([0, 1, 0, -1, -1, 0] * 100, np.float32)) == 0.0


@pytest.mark.corpus
def test_the_first_corpus_comes_out_again():
    """On lossless files of the first corpus, peak, floor and loud level are the manifest's own."""
    if not (REAL / "manifest.csv").is_file():
        message = f"no corpus in {REAL}: set LEARNED_GATE_CORPUS to the folder that holds manifest.csv"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with (REAL / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].endswith(".flac")][::97]
    assert len(rows) > 5
    for row in rows:
        x, rate = soundfile.read(REAL / row["path"], dtype="float32", always_2d=True)
        m = measure(x.mean(axis=1), rate)
        for name in ("peak_dbfs", "floor_dbfs", "loud_dbfs", "range_db"):
            least = QUIET_LEVEL_DB if float(row["floor_dbfs"]) < QUIET_DBFS else LEVEL_DB
            assert getattr(m, name) == pytest.approx(float(row[name]), abs=least), row["path"]
