"""Made-up drums sound where they should, decay, and are always the same for a seed."""

import numpy as np
import pytest

from gate.constants import RATE
from gate.levels import block_levels_db
from training.instruments import made_up_drums as synthetic_drums
from training.instruments.hits import Striker, period
from training.recordings.corpus import Corpus
from training.sounds.bench import Bench, Studio

KINDS = ("kick", "snare", "toms")


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _made_up(seed, *given):
    """A made-up piece, which needs no recordings, and where it is made."""
    studio = Studio(Bench(Corpus(()), RATE), _rng(seed), "train")
    return synthetic_drums.made_up(studio, *given), studio.bench


def _strike(made, rng, db):
    piece, bench = made
    return Striker(rng).strike(piece, db).make(piece, bench)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hit_is_bounded_begins_at_once_and_dies(kind):
    """No click at either end, the loudest 5 ms within 30 ms, and 25 dB less at the end, for many drums."""
    for seed in range(12):
        rng = _rng(seed)
        x = synthetic_drums.hit(rng, synthetic_drums.drum(rng, kind), 0.0)
        assert x.dtype == np.float32 and np.isfinite(x).all()
        levels = block_levels_db(x[: len(x) // 100 * 100])
        assert np.argmax(levels) * 100 / RATE < 0.06
        assert levels[-3:].max() < levels.max() - 25.0
        assert abs(x[0]) < 0.05 * np.abs(x).max() and abs(x[-1]) < 0.01 * np.abs(x).max()


def test_a_drum_is_tuned():
    """Without glide, click, air and wires the body's period is the drum's lowest mode."""
    from dataclasses import replace

    for seed in range(6):
        rng = _rng(seed)
        drawn = synthetic_drums.drum(rng, "toms", 150.0)
        drawn = replace(
            drawn,
            glide=0.0,
            click=0.0,
            air=0.0,
            levels=np.array(drawn.levels) * np.array([1] + [0.1] * (len(drawn.levels) - 1)),
        )
        hz, _ = period(synthetic_drums.hit(rng, drawn, 0.0)[: RATE // 3])
        assert hz == pytest.approx(150.0, rel=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_drum_and_another_another(kind):
    """All that is random comes from the generator."""
    one, two, other = (_made_up(seed, kind) for seed in (3, 3, 4))
    np.testing.assert_array_equal(_strike(one, _rng(1), -3.0), _strike(two, _rng(1), -3.0))
    assert one[0].names != other[0].names


def test_a_softer_stroke_is_softer_and_duller():
    """20 dB less force is 20 dB less level, and less of it high up."""
    piece = _made_up(5, "toms")
    hard, soft = (_strike(piece, _rng(2), db) for db in (0.0, -20.0))
    top = [float(block_levels_db(x[: len(x) // 100 * 100]).max()) for x in (hard, soft)]
    assert top[0] - top[1] == pytest.approx(20.0, abs=3.0)


def test_wires_are_heard_on_a_full_snare_and_not_on_a_cross_stick():
    """Share of the power that lies over 2 kHz and behind the first 30 ms."""
    shares = []
    for strike in ("full", "side"):
        found = []
        for seed in range(10):
            x = _strike(_made_up(seed, "snare", 200.0, strike), _rng(9), 0.0)
            late = np.square(np.abs(np.fft.rfft(x * (np.arange(len(x)) > 0.03 * RATE))))
            found.append(
                late[np.fft.rfftfreq(len(x), 1 / RATE) > 2_000].sum()
                / np.square(np.abs(np.fft.rfft(x))).sum()
            )
        shares.append(np.median(found))
    assert shares[0] > 0.01 > shares[1]
