"""What somebody insists on over what is learned: times, scaled."""

import contextlib
import io
import json
import sys

import numpy as np
import pytest
import soundfile

from gate import Chain, Gate
from gate.cli import live as live_command
from gate.cli import render as render_command
from gate.live.filestream import FileStream
from gate.modelfile import contract
from gate.parameters import OVERRIDES, GateValues
from gate.realtime.decision import FAILED, PATIENCE
from tests import toy_model
from tests.gate.engine_tools import (
    CURVE,
    bursts,
    curve_of,
    cuts,
    expected_gain,
    lively,
    open_engine,
    render,
    run,
)
from tests.gate.live.gates import live_gate

RATE, T_DB = 48_000, -35.0
TIMES = ("attack_ms", "hold_ms", "release_ms")
GAIN_TOLERANCE = 1e-5
"""Of a gain: the sound is float32, and so is what is left of it."""
BLOCK_MS = 100.0 / 48.0


def engine(model, **settings):
    settings = {"rate": RATE, "channels": 1, "threshold_db": T_DB, "curve_rows": 4000} | settings
    return open_engine(model, **settings)


def scaled(attack, hold, release):
    return GateValues(attack_scale=attack, hold_scale=hold, release_scale=release)


def times(curve):
    return [float(curve[-1, CURVE[name]]) for name in TIMES]


@pytest.mark.parametrize(
    ("scales", "expected"),
    [
        ((1.0, 1.0, 1.0), [3.0, 50.0, 100.0]),
        ((2.0, 0.5, 4.0), [6.0, 25.0, 400.0]),
        ((0.25, 0.25, 0.25), [1.0, 12.5, 25.0]),
        ((4.0, 4.0, 4.0), [12.0, 200.0, 400.0]),
    ],
)
@pytest.mark.parametrize("batch", [1, 64])
def test_curve_and_readouts_show_the_times_that_act(toy, scales, expected, batch):
    """Each learned time so many times; an attack of 0.75 ms would click, and is 1 ms."""
    with engine(toy, **scaled(*scales), batch=batch) as one:
        assert times(curve_of(one, bursts(RATE, 1.0))) == expected
        assert [float(one.record[name][0]) for name in TIMES] == expected


@pytest.mark.parametrize(("scale", "expected"), [(0.25, [1.0, 0.0, 5.0]), (4.0, [30.0, 500.0, 1000.0])])
def test_what_acts_stays_within_what_a_model_may_ask_for(scale, expected):
    """However long or short the learned times are."""
    asked = {"attack_ms": 29.0, "hold_ms": 400.0, "release_ms": 900.0}
    if scale < 1.0:
        asked = {"attack_ms": 2.0, "hold_ms": 0.0, "release_ms": 6.0}
    with engine(contract.read(toy_model.build(**asked)), **scaled(scale, scale, scale)) as one:
        assert times(curve_of(one, bursts(RATE, 0.5))) == expected


def test_a_scaled_gate_closes_so_much_later(toy):
    """Behind a burst the gate is fully shut after hold and release, each so many times, to a block."""
    x = np.concatenate([np.full((RATE // 2, 1), 0.25), np.zeros((RATE, 1))]).astype(np.float32)

    def shut_ms(**scales):
        with engine(toy, **scales) as one:
            openness = curve_of(one, x)[:, CURVE["openness"]]
        return (np.flatnonzero(openness > 0.0)[-1] + 1) * BLOCK_MS - 500.0

    for hold, release in ((1.0, 1.0), (4.0, 1.0), (1.0, 4.0), (0.25, 0.25)):
        wanted = 50.0 * hold + 100.0 * release
        assert shut_ms(hold_scale=hold, release_scale=release) == pytest.approx(wanted, abs=3 * BLOCK_MS)


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("link", [True, False])
def test_the_gain_is_what_the_scaled_times_say(model, rate, link):
    """On its way up too, at any rate, linked or not; and it never opens faster than in a millisecond."""
    chosen = lively(model)
    x = bursts(rate, 0.6)
    with engine(chosen, rate=rate, link=link, **scaled(0.25, 0.5, 0.5)) as one:
        pieces = list(cuts(len(x), 128))
        curve = curve_of(one, x, pieces)
        gain = expected_gain(one, curve, len(x), pieces)
        out = run(one, x, pieces)
    assert np.abs(out - x * gain[:, None]).max() < GAIN_TOLERANCE
    assert np.diff(gain).max() <= 1000.0 / rate + 1e-9


def test_unlinked_channels_are_scaled_each(toy):
    """What a channel gives is what it gives alone."""
    x = np.concatenate([bursts(RATE, 0.5, seed=seed) for seed in (1, 2)], axis=1)
    scales = scaled(2.0, 0.5, 3.0)
    with engine(toy, channels=2, link=False, **scales) as both:
        together = run(both, x, 100)
    for c in (0, 1):
        with engine(toy, **scales) as one:
            assert np.array_equal(run(one, x[:, c : c + 1], 100)[:, 0], together[:, c])


def test_live_and_file_agree(toy):
    """The openness of every block is the same bits, whatever the batch."""
    x, scales = bursts(RATE, 1.0), scaled(0.5, 2.0, 0.7)
    with engine(toy, **scales) as live, engine(toy, **scales, batch=64) as offline:
        a = curve_of(live, x)[:, CURVE["openness"]]
        render(offline, x)
        b = offline.take_curve()[: len(a), CURVE["openness"]]
    assert np.array_equal(a, b)


def test_a_change_acts_from_the_next_block(toy):
    """A running gate takes a new scale, and a reset leaves it, as all that a user sets."""
    x = bursts(RATE, 0.5)
    with engine(toy) as one:
        assert times(curve_of(one, x)) == [3.0, 50.0, 100.0]
        one.release_scale, one.attack_scale = 2.0, 4.0
        one.process(x[:100], np.empty_like(x[:100]))
        assert times(one.take_curve()) == [12.0, 50.0, 200.0]
        one.reset()
        assert (one.attack_scale, one.hold_scale, one.release_scale) == (4.0, 1.0, 2.0)


def test_the_gate_of_plain_knobs_obeys_too():
    """What takes over from a model that fails has its own times, scaled as the model's were."""
    failing = contract.read(toy_model.build(fail_over_db=-60.0))
    x = np.full((100 * (PATIENCE + 4), 1), 0.25, np.float32)
    with engine(failing, falls_back=True, **scaled(2.0, 2.0, 2.0)) as one:
        curve = curve_of(one, x, 100)
        assert one.record["fallback"][0] == FAILED
    assert times(curve) == [2.0, 240.0, 300.0]


def test_what_is_no_scale(toy):
    """One sentence, wherever it comes from, and nothing has changed."""
    match = r"^hold-scale 5 x is out of range: give 0.25 to 4 x$"
    with pytest.raises(ValueError, match=match):
        GateValues(hold_scale=5.0)
    with engine(toy) as one, pytest.raises(ValueError, match=match):
        one.hold_scale = 5.0
    with pytest.raises(ValueError, match=match):
        Gate(toy, hold_scale=5.0)
    assert one.hold_scale == 1.0


def test_not_a_number_in_the_record_is_harmless(toy):
    """Somebody who writes to the record past every check gets the usual times, and no sound that is not finite."""
    x = bursts(RATE, 0.2)
    with engine(toy) as one:
        one.record["release_scale"] = np.nan
        out = run(one, x, 100)
        assert np.isfinite(out).all()
        assert 5.0 <= times(one.take_curve())[2] <= 1000.0


def test_in_words():
    """Only what is not as learned is said."""
    assert str(GateValues()) == ""
    assert str(GateValues(attack_scale=0.5, release_scale=2.0)) == "attack-scale x0.50, release-scale x2.00"


def test_a_plugin_s_knobs(toy):
    """They act in a running stream and in a file alike; a knob at 1 changes no bit."""
    x = bursts(RATE, 1.0)
    plain, scaled = Gate(toy, threshold_db=T_DB), Gate(toy, threshold_db=T_DB, release_scale=4.0)
    assert np.array_equal(
        Chain([plain])(x, RATE), Chain([Gate(toy, threshold_db=T_DB, hold_scale=1.0)])(x, RATE)
    )
    assert not np.array_equal(Chain([plain])(x, RATE), Chain([scaled])(x, RATE))
    with contextlib.closing(Chain([scaled]).open(RATE)) as stream:
        stream.process(x[:4800])
        assert scaled.running[-1].record["release_ms"][0] == 400.0
        scaled.release_scale = 0.5
        stream.process(x[4800:9600])
        assert scaled.running[-1].record["release_ms"][0] == 50.0


@pytest.fixture
def toy_folder(tmp_path):
    return toy_model.write_preset(tmp_path / "toy")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.wav"
    soundfile.write(path, bursts(RATE, 1.0), RATE, subtype="FLOAT")
    return path


def test_scales_stay_when_the_preset_changes(tmp_path, toy_folder, source):
    """The engine that comes has what was set, before the change or under it."""
    other = toy_model.write_preset(tmp_path / "other", name="other")
    with live_gate(toy_folder, {"release-scale": 2.0}) as live:
        live.sources.play(FileStream(source, tmp_path / "out.wav"))
        live.set("attack-scale", 3.0)
        live.rack.set_preset(str(other))
        live.set("hold-scale", 0.5)
        now = live.player.engine
        assert live.preset.name == "other"
        assert (now.attack_scale, now.hold_scale, now.release_scale) == (3.0, 0.5, 2.0)


def test_options_scale_a_render(tmp_path, toy_folder, source, capsys):
    """Curve, report and summary have what acts; without the options nothing is said."""
    common = [str(source), "--preset", str(toy_folder), "--threshold=-35", "-o"]
    assert render_command.main([*common, str(tmp_path / "plain.wav")]) == 0
    assert "not as learned" not in capsys.readouterr().out
    extras = ["--report", str(tmp_path / "r.json"), "--curve", str(tmp_path / "c.csv")]
    scales = ["--release-scale", "x2", "--attack-scale", "0.5"]
    assert render_command.main([*common, str(tmp_path / "out.wav"), *extras, *scales]) == 0
    assert "  not as learned: attack-scale x0.50, release-scale x2.00\n" in capsys.readouterr().out
    report = json.loads((tmp_path / "r.json").read_text())
    assert [report[f"{name}_scale"] for name in ("attack", "hold", "release")] == [0.5, 1.0, 2.0]
    row = (tmp_path / "c.csv").read_text().splitlines()[-1].split(",")
    assert [float(row[CURVE[name]]) for name in TIMES] == [1.5, 50.0, 200.0]
    plain, out = (soundfile.read(tmp_path / name)[0] for name in ("plain.wav", "out.wav"))
    assert not np.array_equal(plain, out)


def test_lines_and_options_scale_a_live_gate(tmp_path, toy_folder, source, monkeypatch, capsys):
    """What gate-render --live-buffer gives, to the sample; a line that is out of range is said, and sound goes on."""
    options = ["--preset", str(toy_folder), "--threshold=-35", "--release-scale", "2"]
    render = [str(source), "-o", str(tmp_path / "r.wav"), "--live-buffer", "128"]
    assert render_command.main([*render, *options]) == 0
    files = ["--input", f"file:{source}", "--output", f"file:{tmp_path / 'l.wav'}", "--buffer", "128"]
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert live_command.main([*files, *options, "--fast"]) == 0
    assert np.array_equal(soundfile.read(tmp_path / "r.wav")[0], soundfile.read(tmp_path / "l.wav")[0])
    capsys.readouterr()
    monkeypatch.setattr(sys, "stdin", io.StringIO("release-scale 5\nrelease-scale x0.5\nquit\n"))
    assert live_command.main([*files, *options, "--force"]) == 0
    assert "release-scale 5 x is out of range: give 0.25 to 4 x" in capsys.readouterr().err


def test_a_live_gate_says_its_scales(toy_folder):
    """Each is a parameter as any other."""
    live = live_gate(toy_folder, {"hold-scale": 3.0})
    assert [live.value(id) for id in OVERRIDES] == [1.0, 3.0, 1.0, 20.0, 20_000.0]
