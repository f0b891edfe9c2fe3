"""The cost of a callback: both kinds of model are called, and counted, as they would be live. Times are not looked at."""

import math
import sys

import pytest

from benchmarks import block
from gate.constants import BLOCK, FRAME_S, RATE

TIGHT = 100


@pytest.mark.skipif(sys.platform != "linux", reason="its clock wakes the callbacks")
@pytest.mark.parametrize(
    ("preset", "share"), [("voice", 1.0), ("speech-music-noise", block.HOST_BUFFER / RATE / FRAME_S)]
)
def test_a_case_counts_the_callbacks_in_which_the_model_ran(preset: str, share: float) -> None:
    """A gate runs its model in every buffer of a block, a classifier in those that complete a frame, and neither fails."""
    assert block.HOST_BUFFER == BLOCK
    found = block.in_child(preset, RATE, 1, seconds=0.01, tight=TIGHT)
    assert found["preset"] == preset and found["model_errors"] == 0
    assert found["tight_model_us"]["n"] == pytest.approx(share * TIGHT, abs=1)
    assert found["model_share"] == pytest.approx(share, abs=1 / block.COLD_CALLBACKS)
    assert all(math.isfinite(value) for value in found["warm_model_us"].values())
