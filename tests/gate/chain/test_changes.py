"""Parameters that change while sound runs: nothing clicks, and a change acts from exactly the next block."""

from typing import Any

import numpy as np
import pytest

from gate import Chain, ClassicGate, Gate, HighPass
from gate.chain.stream import FADE_S
from gate.modelfile import contract
from gate.modelfile.contract import Contract
from gate.parameters import BY_ID, PARAMETERS, Parameter
from gate.plugins.plugin import Plugin
from gate.realtime.clock import Clock
from gate.realtime.gain import OPENING_MS
from tests import toy_model
from tests.gate.engine_tools import bursts

RATE = 48_000

STEP = 1000.0 / (OPENING_MS * RATE)
"""Of a gain, from sample to sample: from 0 to 1 in the shortest ramp."""

ROUNDING = 1e-6
"""Of a gain that is measured as output over input, both float64."""

LIVE = [parameter for parameter in PARAMETERS if parameter.live and parameter.id != "guard"]
"""The guard needs a classifier: tests/gate/engine/test_guard.py has it."""

LIVE_CLASSIC = [parameter for parameter in ClassicGate.table() if parameter.live]

LEVEL = 0.1
"""Of the steady sound that goes through, full scale 1: -20 dBFS."""


@pytest.fixture(scope="module")
def holds() -> Contract:
    """A gate whose key may be held to a band."""
    return contract.read(toy_model.build(holds=True))


def jumps(parameter: Parameter, k: int) -> float:
    """From end to end, with the middle between."""
    return parameter.at((0.0, 1.0, 0.5, 1.0, 0.0)[k % 5])


def gains(plugin: Plugin, sizes: list[int], change: Any, rate: int = RATE) -> np.ndarray:
    """Gain at each frame of a steady sound that comes in calls of these sizes, each behind ``change(number)``."""
    out = []
    with Chain([plugin]).open(rate, dtype=np.float64) as stream:
        for k, size in enumerate(sizes):
            change(k)
            out.append(stream.process(np.full(size, LEVEL)))
    return np.concatenate(out) / LEVEL


@pytest.mark.parametrize("parameter", LIVE, ids=lambda parameter: parameter.id)
@pytest.mark.parametrize("buffer", [37, 100, 480])
def test_no_parameter_clicks(parameter: Parameter, buffer: int, holds: Contract) -> None:
    """Thrown from end to end at every buffer, with the gate open, shut and between."""
    gate = Gate(holds, threshold_db=-30.0, range_db=-20.0)

    def change(k: int) -> None:
        if parameter.id == "bypass":
            gate.bypassed = k % 23 > 11
        else:
            gate.set(parameter.id, jumps(parameter, k))
        if parameter.id != "threshold":  # so that there is something to hear of it
            gate.threshold_db = -60.0 if k // 7 % 2 else 0.0

    found = gains(gate, [buffer] * (RATE // buffer), change)
    assert np.ptp(found) > 0.5, "the gate never moved"
    assert np.abs(np.diff(found)).max() <= STEP + ROUNDING


@pytest.mark.parametrize("parameter", LIVE_CLASSIC, ids=lambda parameter: parameter.id)
def test_no_parameter_of_the_classic_gate_clicks(parameter: Parameter) -> None:
    """Its gain may go by no more than the same ramp, either."""
    gate = ClassicGate(threshold_db=-15.0)
    found = gains(gate, [64] * 400, lambda k: gate.set(parameter.id, jumps(parameter, k)))
    assert np.abs(np.diff(found)).max() <= STEP + ROUNDING


def expected_frame(changed_at: int, sizes: list[int], rate: int) -> int:
    """Frame where the first block acts that is complete in a call behind ``changed_at`` frames."""
    clock, begin, block = Clock(rate), 0, 0
    for size in sizes:
        while clock.block_ready(block) <= begin + size:
            if begin >= changed_at:
                return max(clock.block_start(block), begin)
            block += 1
        begin += size
    raise AssertionError("no block was complete")


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("buffer", [1, 37, 64, 100, 480, 1000])
@pytest.mark.parametrize("name", ["range_db", "threshold_db"])
def test_a_change_acts_from_exactly_the_next_block(name: str, buffer: int, rate: int, toy: Contract) -> None:
    """Whatever the size of buffers: not a sample later, and not a sample earlier."""
    gate = Gate(toy, threshold_db=0.0, range_db=-6.0)
    sizes = [buffer] * (3 * rate // 100 // buffer + 3)
    changed = len(sizes) // 2

    def change(k: int) -> None:
        if k == changed:
            setattr(gate, name, -20.0 if name == "range_db" else -70.0)

    found = gains(gate, sizes, change, rate)
    first = int(np.argmax(np.abs(found - found[changed * buffer - 1]) > ROUNDING))
    assert first == expected_frame(changed * buffer, sizes, rate)


@pytest.mark.parametrize("sizes", [[100], [37, 480, 1, 5], [48_000]], ids=str)
def test_a_glide_is_the_same_however_the_sound_is_cut(sizes: list[int]) -> None:
    """A cutoff that was set between two calls: the glide counts samples."""
    x = bursts(RATE, 0.5)[:, 0].astype(np.float64)
    half = 9_600
    outs = []
    for cuts in ([half], sizes):
        plugin = HighPass(60)
        with Chain([plugin]).open(RATE, dtype=np.float64) as stream:
            out = [stream.process(x[:half])]
            plugin.cutoff_hz = 900.0
            begin, k = half, 0
            while begin < len(x):
                size = cuts[k % len(cuts)]
                out.append(stream.process(x[begin : begin + size]))
                begin, k = begin + size, k + 1
        outs.append(np.concatenate(out))
    assert np.array_equal(*outs)


def test_the_table_says_how_a_change_reaches_the_sound() -> None:
    """What moves the gain by itself does so in the shortest ramp or a chain's fade; all else moves decisions."""
    smoothed = {parameter.id: parameter.smoothing_ms for parameter in PARAMETERS if parameter.smoothing_ms}
    assert smoothed == {"range": OPENING_MS, "bypass": 1000.0 * FADE_S}
    assert {p.id: p.smoothing_ms for p in ClassicGate.table() if p.smoothing_ms} == {"range": OPENING_MS}
    assert BY_ID["threshold"].smoothing_ms == 0.0
