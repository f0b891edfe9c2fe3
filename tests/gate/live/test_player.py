"""What a stream plays through: equal to the engine, and calm whatever changes."""

import numpy as np
import pytest

from gate import Gate
from gate.live.player import FADE_S, Player, Shape
from gate.modelfile import contract
from gate.realtime.stream_record import percentiles_us
from gate.session.choices import MONITORS
from tests import toy_model
from tests.gate.engine_tools import bursts, open_engine, run

RATE, T_DB = 48_000, -35.0
LARGEST_STEP = 0.05
"""Of a gain from sample to sample: a ramp of 1 ms at 48 kHz steps by 0.021."""


def player(model, channels=1, out_channels=None, rate=RATE, before=(), after=(), **settings):
    """A player of a gate and what stands round it; settings of either."""
    settings = {"threshold_db": T_DB, "range_db": -80.0, "fades": False} | settings
    own = {
        name: settings.pop(name)
        for name in ("dtype", "monitor", "fades", "tape_s", "scope_s")
        if name in settings
    }
    return Player(
        [*before, Gate(model, **settings), *after], Shape(rate, channels, out_channels or channels), **own
    )


def play(live, x, buffer=100, each=lambda k: None):
    out = np.empty((len(x), live.shape.out_channels), live.dtype)
    for k, at in enumerate(range(0, len(x), buffer)):
        live.play(x[at : at + buffer], out[at : at + buffer])
        each(k)
    return out


@pytest.mark.parametrize("buffer", [1, 64, 100, 441, 4096])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_gives_what_the_engine_gives(toy, buffer, dtype):
    """Host buffers of any size come out bit for bit as from the engine."""
    x = bursts(RATE, 0.5, 2).astype(dtype)
    with open_engine(toy, rate=RATE, channels=2, threshold_db=T_DB, range_db=-80.0, dtype=dtype) as engine:
        expected = run(engine, x, buffer)
    with player(toy, 2, dtype=dtype) as live:
        assert np.array_equal(play(live, x, buffer), expected)
        assert live.record["frames"][0] == len(x)
        assert live.record["buffers"][0] == -(-len(x) // buffer)


def test_one_channel_goes_to_both_sides(toy):
    """A microphone is heard in both ears."""
    x = bursts(RATE, 0.2)
    with player(toy) as one, player(toy, 1, 2) as two:
        left = play(one, x)
        assert np.array_equal(play(two, x), np.repeat(left, 2, axis=1))


@pytest.mark.parametrize("lookahead_ms", [0.0, 7.5])
def test_monitors(toy, lookahead_ms):
    """In is the input as late as the output; removed is what lies between the two."""
    x, late = bursts(RATE, 0.4), int(lookahead_ms * 48)
    heard = {}
    for monitor in MONITORS:
        with player(toy, lookahead_ms=lookahead_ms, monitor=monitor) as live:
            heard[monitor] = play(live, x)
    delayed = np.concatenate([np.zeros((late, 1), np.float32), x[: len(x) - late]])
    assert np.array_equal(heard["in"], delayed)
    assert np.allclose(heard["removed"], delayed - heard["out"], atol=1e-7)
    assert np.abs(heard["removed"]).max() > 1e-4


def test_a_change_of_monitor_does_not_click(toy):
    """From output to input and to what is removed, over a steady sound."""
    x = np.full((RATE, 1), 0.25, np.float32)
    with player(toy, threshold_db=-60.0) as live:
        changes = {100: "in", 200: "removed", 300: "out"}
        out = play(live, x, each=lambda k: changes.get(k) and setattr(live, "monitor", changes[k]))
    assert np.abs(np.diff(out[9600:, 0])).max() < 0.25 * LARGEST_STEP


def test_a_preset_changes_without_gap_or_click(toy):
    """The new one listens first, then takes over; the old one's memory goes only when it is out of use."""
    x = np.full((2 * RATE, 1), 0.25, np.float32)
    other = contract.read(toy_model.build(hold_ms=10.0))
    with player(toy, threshold_db=-60.0) as live:
        old = live.engine
        closed_at = []

        def each(k):
            live.tend()
            if k == 200:
                live.change([Gate(other, threshold_db=-60.0, range_db=-80.0)])
                assert live.changing and live.engine is not old
            if old._model is None and not closed_at:
                closed_at.append(k)

        out = play(live, x, each=each)
        assert live.engine.contract is other and not live.changing
        assert live.engine.contract.graph_sha256 != old.contract.graph_sha256
    assert np.array_equal(out[9600:, 0], x[9600:, 0])  # both are open: not a bit changes
    assert closed_at[0] > 200 + (Gate.settle_s + FADE_S) * RATE / 100


def test_a_change_to_a_gate_that_stays_shut_fades(toy):
    """Where the new one disagrees, the gain goes over in a fade."""
    x = np.full((2 * RATE, 1), 0.25, np.float32)
    with player(toy, threshold_db=-60.0) as live:

        def each(k):
            live.tend()
            if k == 200:
                live.change([Gate(toy, threshold_db=0.0, range_db=-80.0)])

        out = play(live, x, each=each)[9600:, 0]
    assert out[0] == 0.25 and out[-1] < 1e-4
    assert np.abs(np.diff(out)).max() < 0.25 * LARGEST_STEP


def test_a_second_change_overtakes_the_first(toy):
    """Who turns through presets hears the last one, and nothing is left behind."""
    x = np.full((3 * RATE, 1), 0.25, np.float32)
    with player(toy) as live:
        made = []

        def each(k):
            live.tend()
            if k in (100, 110, 120):
                live.change([Gate(toy, threshold_db=-60.0, range_db=-k / 2)])
                made.append(live.engine)

        play(live, x, each=each)
        assert live.engine is made[-1] and live.engine.range_db == -60.0
        assert not live.changing
        assert [engine._model is None for engine in made] == [True] * (len(made) - 1) + [False]


@pytest.mark.parametrize("how", ["nan_over_db", "fail_over_db"])
def test_a_model_that_fails_hands_over_to_the_classic_gate(how):
    """It says so, takes the same Threshold and Range, and does not click."""
    model = contract.read(toy_model.build(**{how: -20.0}))
    quiet, loud = np.full((RATE // 2, 1), 0.02, np.float32), np.full((RATE // 2, 1), 0.25, np.float32)
    with player(model, threshold_db=-50.0, range_db=-40.0) as live:
        out = play(live, np.concatenate([quiet, loud, quiet * 0.01]))[:, 0]
        assert live.engine.record["fallback"][0] == 1
        assert live.engine.record["model_errors"][0] == 8
    gain = out / np.concatenate([quiet, loud, quiet * 0.01])[:, 0]
    assert gain[RATE // 2 - 1] == 1.0 and gain[RATE - 1] == 1.0
    assert gain[-1] == pytest.approx(0.01, abs=1e-6)
    assert np.abs(np.diff(gain)).max() < LARGEST_STEP


def test_a_model_that_is_too_slow_hands_over(toy):
    """Ten products of 256 x 256 take longer than 0.52 ms of a processor's time; the classic gate does not."""
    slow = contract.read(toy_model.build(busy=10))
    x = np.full((19_200, 1), 0.25, np.float32)
    with player(slow, rate=192_000, threshold_db=-50.0) as live:
        out = play(live, x)
        assert live.engine.record["fallback"][0] == 2
        assert live.record["over"][0] >= 8
    assert out[-1, 0] == 0.25
    with player(toy, rate=192_000) as live:
        live.record["strikes"] = 0
        play(live, x)
        assert live.engine.record["fallback"][0] == 0


def test_fades_at_beginning_and_end(toy):
    """Heard comes from nothing and goes to nothing, within 10 ms."""
    x = np.full((RATE, 1), 0.25, np.float32)
    with player(toy, threshold_db=-60.0, fades=True, range_db=0.0) as live:
        out = play(live, x, each=lambda k: k == 300 and live.fade_out())[:, 0]
        assert live.faded
    assert out[0] < 0.001 and out[480] == 0.25
    assert np.abs(np.diff(out)).max() < 0.25 * LARGEST_STEP
    assert np.all(out[30_000 + 100 + 480 :] == 0.0)


def test_the_tape_holds_what_the_gate_gave(toy):
    """Whatever is monitored; what finds no room is counted."""
    x = bursts(RATE, 1.0)
    with player(toy) as plain:
        expected = play(plain, x)
    with player(toy, monitor="in", tape_s=0.1) as live:
        live.tape.start()
        taken = []
        play(live, x, each=lambda k: taken.append(live.tape.take()) if k % 10 == 9 else None)
        assert np.array_equal(np.concatenate(taken), expected)
        assert live.record["tape_lost"][0] == 0
        play(live, x)
        assert live.record["tape_lost"][0] == len(x) - 4800
        live.tape.stop()


@pytest.mark.parametrize("buffer", [100, 441, 6000])
@pytest.mark.parametrize("out_channels", [1, 2])
def test_the_scope_holds_the_newest_of_what_came_and_what_is_heard(toy, buffer, out_channels):
    """Both sides, frame for frame, whatever is monitored and however long the buffers are."""
    x = bursts(RATE, 0.3)
    with player(toy, 1, out_channels, monitor="removed", scope_s=0.1) as live:
        for k in range(0, len(x) - buffer, buffer):
            out = play(live, x[k : k + buffer], buffer)
            assert live.scope.written == k + buffer
            came, heard = live.scope.newest(300)
            n = min(300, k + buffer)
            assert np.array_equal(came, x[k + buffer - n : k + buffer])
            both = min(n, buffer)
            assert np.array_equal(heard[n - both :], out[-both:, :1])
        assert len(live.scope.newest(10**9)[0]) == min(4800, live.scope.written)
        assert [side.shape for side in live.scope.newest(0)] == [(0, 1)] * 2


def test_the_scope_leaves_out_what_is_overwritten_under_it(toy):
    """The oldest frames go when the callback has begun to write where they were."""
    x = bursts(RATE, 0.3)
    with player(toy, scope_s=0.1) as live:
        play(live, x)
        live.record["scope_begun"] += 100  # as within a callback of 100 frames
        came, heard = live.scope.newest(4800)
        assert np.array_equal(came, x[-4700:]) and len(heard) == 4700
        assert len(live.scope.newest(4700)[0]) == 4700


def test_without_a_scope_there_is_nothing_to_see(toy):
    """It is asked for before sound runs."""
    with player(toy, 2) as live:
        play(live, bursts(RATE, 0.1, 2))
        assert [side.shape for side in live.scope.newest(100)] == [(0, 2)] * 2


def test_late_buffers_are_counted(toy):
    """What the host flags, and only that: priming the output is not late."""
    x, out = np.zeros((100, 1), np.float32), np.empty((100, 1), np.float32)
    with player(toy) as live:
        for flags in (0x0, 0x2, 0x4, 0x6, 0x10):
            live.play(x, out, flags)
        assert live.record["late"][0] == 3


def test_callback_times(toy):
    """Every buffer is in the histogram, those that ran the model in both, and percentiles come from it."""
    with player(toy, rate=96_000) as live:
        play(live, np.zeros((9600, 1), np.float32), 50)
        every, ran = live.record["histogram"][0], live.record["histogram_ran"][0]
    assert every.sum() == 192 and ran.sum() == 47
    half, most = percentiles_us(every, (0.5, 1.0))
    assert 0.0 < half <= most
    assert np.isnan(percentiles_us(np.zeros(4, np.int64), (0.5,))[0])
