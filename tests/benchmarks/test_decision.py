"""How long a gate takes to open, held to gates and gains that are known."""

import numpy as np
import pytest

from benchmarks import decision, sounds
from gate.errors import UsageError
from gate.modelfile import preset as presets
from gate.modelfile.contract import Contract
from tests.gate.engine_tools import open_engine

EXACT = 1e-9
BLOCK_MS = 100 / 48.0
LOUD_TOLERANCE_DB = 1e-3


def test_first_open_counts_from_the_onset_to_the_first_sample_over_6_db() -> None:
    """Silent samples say nothing; half the gain is open, less is not."""
    x = np.ones(100, np.float32)
    x[:10] = 0.0
    y = np.where(np.arange(100) < 42, 0.4, 0.6).astype(np.float32) * x
    assert decision.first_open(x, y, 10) == 32
    assert decision.first_open(x, 0.4 * x, 10) is None


def test_a_gate_that_was_open_before_is_no_fast_gate() -> None:
    """Open just before the onset is told apart from opening at once."""
    x = np.ones(100, np.float32)
    assert decision.first_open(x, x, 10) == -1
    y = x.copy()
    y[:10] = 0.0
    assert decision.first_open(x, y, 10) == 0


@pytest.mark.parametrize("host_buffer", [100, 64])
def test_the_toy_gate_opens_within_its_blocks(toy: Contract, host_buffer: int) -> None:
    """A gate that opens at once for a loud block opens within two blocks, a ramp of 3 ms and a buffer."""
    target = np.full(4800, 0.5, np.float32)
    with open_engine(toy, rate=48_000, channels=1) as engine:
        found = decision.one(engine, target, host_buffer, in_noise=False)
    assert (found["missed"], found["open_before"]) == (0, 0)
    assert found["ms"]["n"] == decision.PLACES
    assert 0.0 <= found["ms"]["min"] <= found["ms"]["max"] <= 2 * BLOCK_MS + 3.0 + host_buffer / 48.0


def test_a_sound_under_threshold_is_missed(toy: Contract) -> None:
    """Sound that a gate is not to open for gives no figure, and is counted."""
    target = np.full(4800, 1e-4, np.float32)
    target[0] = 0.02  # over Threshold for one sample: the onset, and nothing to open for
    with open_engine(toy, rate=48_000, channels=1) as engine:
        found = decision.one(engine, target, 100, in_noise=True)
    assert found == {"ms": None, "missed": decision.PLACES, "open_before": 0}


def test_rows_say_what_was_measured_and_are_the_same_again(toy: Contract) -> None:
    """One row a rate and buffer, the same at every run."""
    rows = decision.measure("toy", toy, "voice", [8_000, 48_000], [64, 100])
    assert [(row["rate_hz"], row["host_buffer"]) for row in rows] == [
        (8_000, 64),
        (8_000, 100),
        (48_000, 64),
        (48_000, 100),
    ]
    assert rows == decision.measure("toy", toy, "voice", [8_000, 48_000], [64, 100])
    assert rows[0]["block_ms"] == pytest.approx(BLOCK_MS, abs=EXACT)


@pytest.mark.parametrize("name", presets.names())
def test_shipped_presets_open_for_their_sound(name: str) -> None:
    """Every preset opens for the made-up sound that its latency is measured with, each time, in silence."""
    kind = sounds.kind_of(name)
    (row,) = decision.measure(name, presets.resolve(name).contract, kind, [48_000], [100])
    assert (row["in_silence"]["missed"], row["in_silence"]["open_before"]) == (0, 0)


@pytest.mark.parametrize("kind", sounds.KINDS)
def test_sounds_begin_at_once_and_are_as_loud_as_they_say(kind: str) -> None:
    """Over Threshold's default within 5 ms; the loudest 5 ms at the level; the same again."""
    x = sounds.onset(kind)
    assert np.flatnonzero(np.abs(x) > 0.01)[0] < 240
    power = np.convolve(x.astype(np.float64) ** 2, np.ones(240) / 240, "valid")
    assert 10.0 * np.log10(power.max()) == pytest.approx(sounds.LOUD_DB, abs=LOUD_TOLERANCE_DB)
    assert np.array_equal(x, sounds.onset(kind))


def test_a_preset_s_name_says_its_sound_or_the_user_has_to() -> None:
    """ "my-kick-2" is a kick; a name that says nothing, or two things, is refused with the remedy."""
    assert sounds.kind_of("my-kick-2") == "kick"
    assert sounds.kind_of("tom") == "toms"
    for name in ("mine", "kick-snare"):
        with pytest.raises(UsageError, match="--onset"):
            sounds.kind_of(name)
