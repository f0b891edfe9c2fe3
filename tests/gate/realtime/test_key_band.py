"""A key that is held to a band: which bands are left, and that they are all it hears."""

import json

import numpy as np
import pytest
import soundfile

from gate import Chain, Gate
from gate.cli import render as render_command
from gate.errors import ContractError
from gate.live.filestream import FileStream
from gate.modelfile import contract, preset
from gate.realtime.key_band import OUTSIDE
from tests import toy_model
from tests.conftest import PRESETS
from tests.gate.engine_tools import CURVE, bursts, curve_of, lively, open_engine, render, run
from tests.gate.live.gates import live_gate

RATE, T_DB = 48_000, -35.0
GATES = sorted(name for name in preset.names() if contract.read(PRESETS / name / "model.onnx").kind == "gate")
HUM_BAND, VOICE_BAND = (20.0, 110.0), (300.0, 20_000.0)
PRESSED = 5.0
"""How many times better the odds of an opening are, at least, where the key hears what is there (8 and 77 measured)."""
READ_OFF_HZ = 0.02
"""Edges are read in float32, and stand in the file to a hundredth."""


@pytest.fixture(scope="module")
def holds():
    return contract.read(toy_model.build(holds=True))


def odds(probability):
    """How likely something is, against how likely it is not."""
    return probability / (1.0 - probability)


def engine(model, low=20.0, high=20_000.0, **settings):
    settings = {"rate": RATE, "channels": 1, "threshold_db": T_DB, "curve_rows": 4000} | settings
    return open_engine(model, key_low_hz=low, key_high_hz=high, **settings)


def allowed(one):
    """Which bands the engine's model was told to leave."""
    bias = one._model.memory["key_bias"]
    assert set(bias.tolist()) <= {0.0, OUTSIDE}
    return np.flatnonzero(bias == 0.0).tolist()


@pytest.mark.parametrize(
    ("low", "high", "left"),
    [
        (20.0, 20_000.0, [0, 1, 2, 3]),
        (50.0, 16_000.0, [0, 1, 2, 3]),
        (51.0, 16_000.0, [1, 2, 3]),
        (20.0, 15_999.0, [0, 1, 2]),
        (200.0, 4000.0, [1, 2]),
        (199.0, 1001.0, [1]),
        (210.0, 900.0, [1]),
        (20.0, 30.0, [0]),
        (18_000.0, 20_000.0, [3]),
        (5000.0, 60.0, [1]),
    ],
)
@pytest.mark.parametrize("batch", [1, 64])
def test_bands_that_lie_inside_are_left_or_the_nearest(holds, low, high, left, batch):
    """A band counts as inside when all of it is; with none inside, the one nearest to the middle; ends the wrong way round
    have none inside."""
    with engine(holds, low, high, batch=batch) as one:
        curve = curve_of(one, bursts(RATE, 0.3))
        assert allowed(one) == left
        edges = np.array(toy_model.BANDS_HZ)[left].mean(axis=0)
        np.testing.assert_allclose(curve[-1, [CURVE["key_low_hz"], CURVE["key_high_hz"]]], edges, rtol=1e-5)


def test_a_change_acts_from_the_next_block_and_stays_over_a_reset(holds):
    """As everything that a user sets; what is not a frequency in the record changes nothing."""
    x = bursts(RATE, 0.1)
    with engine(holds) as one:
        run(one, x, 100)
        one.key_low_hz = 1000.0
        one.process(x[:100], np.empty_like(x[:100]))
        assert allowed(one) == [2, 3]
        one.record["key_to_hz"] = np.nan
        one.process(x[:100], np.empty_like(x[:100]))
        one.record["key_to_hz"] = -5.0
        one.process(x[:100], np.empty_like(x[:100]))
        assert allowed(one) == [2, 3]
        one.record["key_to_hz"] = 20_000.0
        assert (one.key_low_hz, one.key_high_hz) == (1000.0, 20_000.0)
        run(one, x, 100)
        assert allowed(one) == [2, 3]


def test_a_file_without_bands_refuses_the_knobs_and_nothing_else(toy):
    """In one sentence, from engine, plugin and player; at their ends the knobs are free."""
    match = r"^toy breaks the contract \(key_bands_hz\): expected .*python -m export\.renew, or leave key-low at 20\.0 Hz$"
    with pytest.raises(ContractError, match=match):
        engine(toy, low=100.0)
    with pytest.raises(ContractError, match=match):
        Gate(toy, key_low_hz=100.0)
    gate = Gate(toy, key_low_hz=20.0)
    with pytest.raises(ContractError, match=match):
        gate.key_low_hz = 100.0
    assert gate.key_low_hz == 20.0
    with engine(toy) as one:
        one.key_high_hz = 20_000.0
        with pytest.raises(ContractError, match="key-high"):
            one.key_high_hz = 500.0
        assert one.key_high_hz == 20_000.0
        run(one, bursts(RATE, 0.1), 100)


def test_a_preset_without_bands_is_refused_while_a_key_is_held(tmp_path):
    """What plays plays on, held."""
    one, two = (str(toy_model.write_preset(tmp_path / name, name, holds=True)) for name in ("one", "two"))
    without = str(toy_model.write_preset(tmp_path / "without", "without"))
    source = tmp_path / "in.wav"
    soundfile.write(source, bursts(RATE, 0.5), RATE)
    with live_gate(one, {"key-low": 500.0}) as live:
        live.sources.play(FileStream(source, tmp_path / "out.wav"))
        with pytest.raises(ContractError, match="key_bands_hz"):
            live.rack.set_preset(without)
        assert live.preset.name == "one" and [slot.name for slot in live.rack.chain] == ["gate"]
        live.rack.set_preset(two)
        assert live.preset.name == "two" and live.player.engine.key_low_hz == 500.0


@pytest.mark.parametrize("name", GATES)
def test_knobs_at_their_ends_change_no_bit(name):
    """As does a band that has every band inside."""
    shipped = contract.read(PRESETS / name / "model.onnx")
    x = bursts(RATE, 0.6)
    curves = []
    for values in ({}, {"key_low_hz": 39.0, "key_high_hz": 20_000.0}):
        with open_engine(shipped, rate=RATE, channels=1, threshold_db=T_DB, **values, curve_rows=400) as one:
            curves.append(curve_of(one, x))
    assert np.array_equal(*curves)


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize(("low", "high"), [(40.0, 250.0), (500.0, 2500.0), (3000.0, 12_000.0)])
def test_where_the_key_lies_stays_inside(name, low, high):
    """In every block, live and in a file, whatever is heard."""
    shipped = contract.read(PRESETS / name / "model.onnx")
    x = bursts(RATE, 0.6)
    for batch in (1, 64):
        with engine(shipped, low, high, batch=batch) as one:
            render(one, x)
            curve = one.take_curve()
        assert curve[:, CURVE["key_low_hz"]].min() >= low - READ_OFF_HZ
        assert curve[:, CURVE["key_high_hz"]].max() <= high + READ_OFF_HZ


def test_a_held_key_is_one_for_all_channels(voice):
    """Unlinked channels give what each gives alone."""
    chosen = lively(voice)
    x = np.concatenate([bursts(RATE, 0.4, seed=seed) for seed in (1, 2)], axis=1)
    with engine(chosen, 500.0, 4000.0, channels=2, link=False) as both:
        together = run(both, x, 100)
    for c in (0, 1):
        with engine(chosen, 500.0, 4000.0) as one:
            assert np.array_equal(run(one, x[:, c : c + 1], 100)[:, 0], together[:, c])


def hum(seconds):
    """A 60 Hz tone at -20 dBFS."""
    t = np.arange(int(seconds * RATE)) / RATE
    return (0.1 * np.sqrt(2.0) * np.sin(2 * np.pi * 60.0 * t)).astype(np.float32)[:, None]


def speechlike(seconds):
    """A vowel at -26 dBFS: harmonics of 140 Hz under two formants, in bursts."""
    t = np.arange(int(seconds * RATE)) / RATE
    tone = sum(
        (np.exp(-(((k * 140 - 600) / 200.0) ** 2)) + np.exp(-(((k * 140 - 1700) / 300.0) ** 2)))
        * np.sin(2 * np.pi * 140 * k * t)
        for k in range(2, 25)
    )
    tone *= np.clip(1.2 * np.sin(2 * np.pi * 2.0 * t), 0.0, 1.0)
    return (0.05 * tone / np.sqrt(np.mean(tone**2))).astype(np.float32)[:, None]


def probability(model, x, low, high):
    """The highest of the sound."""
    with engine(model, low, high) as one:
        return curve_of(one, x)[:, CURVE["open_probability"]].max()


def test_a_key_held_to_hum_makes_hum_matter_and_one_held_away_makes_it_nothing(voice):
    """Hum 15 dB over Threshold and nothing else: held over the hum, the gate is pressed shut; held to it, it is not."""
    on_hum, off_hum = (probability(voice, hum(2.0), *band) for band in (HUM_BAND, VOICE_BAND))
    assert off_hum < 0.5 < on_hum
    assert odds(on_hum) > PRESSED * odds(off_hum)


def test_to_a_key_held_to_hum_a_voice_is_nothing(voice):
    """A vowel 9 dB over Threshold: held to its bands, the gate may open; held to the hum's, it is pressed shut."""
    on_voice, off_voice = (probability(voice, speechlike(2.0), *band) for band in (VOICE_BAND, HUM_BAND))
    assert off_voice < 0.05
    assert odds(on_voice) > PRESSED * odds(off_voice)


def test_a_plugin_and_a_chain(holds):
    """Knobs, in a stream and in a file."""
    gate = Gate(holds, threshold_db=T_DB, key_low_hz=200.0)
    x = bursts(RATE, 0.3)
    assert Chain([gate])(x, RATE).shape == x.shape
    with Chain([gate]).open(RATE) as stream:
        stream.process(x[:4800])
        gate.key_high_hz = 1000.0
        stream.process(x[4800:9600])
        assert allowed(gate.running[-1].engine) == [1]


def test_options_hold_the_key_of_a_render(tmp_path, capsys):
    """Curve, report and summary say so; a preset that cannot be held is refused, and nothing is written."""
    source = tmp_path / "in.wav"
    soundfile.write(source, bursts(RATE, 0.5), RATE, subtype="FLOAT")
    able = toy_model.write_preset(tmp_path / "able", holds=True)
    plain = toy_model.write_preset(tmp_path / "plain")
    out, curve, report = tmp_path / "out.wav", tmp_path / "c.csv", tmp_path / "r.json"
    band = ["--key-low", "200 Hz", "--key-high", "4 kHz"]
    extras = ["--curve", str(curve), "--report", str(report)]
    command = [str(source), "-o", str(out), "--preset"]
    assert render_command.main([*command, str(able), *band, *extras]) == 0
    assert "  not as learned: key-low 200 Hz, key-high 4000 Hz\n" in capsys.readouterr().out
    row = [float(cell) for cell in curve.read_text().splitlines()[-1].split(",")]
    assert (row[CURVE["key_low_hz"]], row[CURVE["key_high_hz"]]) == (600.0, 2500.0)
    written = json.loads(report.read_text())
    assert (written["key_low_hz"], written["key_high_hz"]) == (200.0, 4000.0)
    out.unlink()
    assert render_command.main([*command, str(plain), *band]) == 1
    assert "key_bands_hz" in capsys.readouterr().err
    assert not out.exists()
