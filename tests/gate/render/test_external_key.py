"""An external key: another sound opens the gate."""

import json

import numpy as np
import pytest
import soundfile

from gate import Chain, ClassicGate, Gate
from gate.cli import render as command
from gate.engine.guard import Guard
from gate.modelfile import contract
from tests import toy_classify, toy_model
from tests.gate.engine_tools import BUFFERS, bursts, cuts, open_engine

RATE = 48_000
KNOBS = {"threshold_db": -35.0, "range_db": -60.0}


def run(engine, x, key, buffer):
    out = np.empty_like(x)
    for piece in cuts(len(x), buffer):
        engine.process(x[piece], out[piece], None if key is None else np.ascontiguousarray(key[piece]))
    return out


def steady(seconds, rate=RATE, channels=1):
    return np.full((int(rate * seconds), channels), 0.25, np.float32)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("key_channels", [1, 2])
def test_the_key_decides_and_the_sound_is_what_is_gated(toy, rate, key_channels):
    """The gain is that of a gate on the key itself, to the bit, whatever the sound is."""
    key, x = bursts(rate, 0.6, key_channels), steady(0.6, rate, 2)
    with open_engine(toy, rate=rate, channels=key_channels, **KNOBS) as engine:
        run(engine, key, None, 100)
        expected = engine.record.copy()
    with open_engine(
        toy, rate=rate, channels=2, key_channels=key_channels, curve_rows=1000, **KNOBS
    ) as engine:
        out = run(engine, x, key, 100)
        for name in ("openness", "gain_db", "level_db", "blocks", "open_probability"):
            assert engine.record[name][0] == expected[name][0]
    gain = out[:, 0] / 0.25
    assert gain.max() == 1.0 and gain.min() < 0.002  # it opened and shut with the bursts


def test_a_loud_sound_without_a_key_stays_shut_and_a_key_without_sound_opens(toy):
    """What is heard has no say."""
    x, silence = steady(0.3), np.zeros((int(0.3 * RATE), 1), np.float32)
    with open_engine(toy, rate=RATE, channels=1, key_channels=1, **KNOBS) as engine:
        assert np.abs(run(engine, x, silence, 100)).max() < 0.25 * 0.0011
        assert not engine.record["openness"][0]
        assert not run(engine, silence, x, 100).any()
        assert engine.record["openness"][0] == 1.0
        assert np.array_equal(run(engine, x, x, 100), x)


@pytest.mark.parametrize("buffer", BUFFERS)
@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sound_as_its_own_key_is_the_gate_without_one(toy, buffer, batch, dtype):
    """Bit for bit, whatever the calls; in place too."""
    x = bursts(RATE, 0.4, 2).astype(dtype)
    outs = []
    for key_channels in (0, 2):
        with open_engine(
            toy,
            rate=RATE,
            channels=2,
            batch=batch,
            dtype=dtype,
            key_channels=key_channels,
            lookahead_ms=2.0,
            **KNOBS,
        ) as engine:
            outs.append(run(engine, x, x if key_channels else None, buffer))
    assert np.array_equal(*outs) and np.abs(outs[0]).max() > 0.1
    inside, key = x.copy(), x.copy()
    with open_engine(
        toy, rate=RATE, channels=2, batch=batch, dtype=dtype, key_channels=2, lookahead_ms=2.0, **KNOBS
    ) as engine:
        for piece in cuts(len(x), buffer):
            engine.process(inside[piece], inside[piece], key[piece])
    assert np.array_equal(inside, outs[0])


def test_a_guard_listens_to_the_key(toy):
    """Speech in the key confirms a sound of noise, and noise in the key does not."""
    hears = contract.read(toy_classify.build())
    speech, noise = (toy_classify.tone(hz, RATE, 0.8)[:, None].astype(np.float32) for hz in (500.0, 6_500.0))
    for key, x, passes in ((speech, noise, True), (noise, speech, False)):
        with open_engine(
            toy, rate=RATE, channels=1, key_channels=1, guard=Guard(hears, "speech", 150.0), **KNOBS
        ) as engine:
            out = run(engine, x, key, 100)
            assert (np.abs(out[-4800:]).max() > 0.01) == passes


def test_a_key_that_is_not_finite_is_counted_and_heard_as_silence(toy):
    """And never reaches the sound."""
    x, key = steady(0.2), np.full((int(0.2 * RATE), 1), np.nan, np.float32)
    with open_engine(toy, rate=RATE, channels=1, key_channels=1, **KNOBS) as engine:
        assert np.isfinite(run(engine, x, key, 100)).all()
        assert engine.record["nonfinite_samples"][0] == len(key) and engine.record["model_errors"][0] == 0


@pytest.mark.parametrize(
    ("settings", "key", "words"),
    [
        ({}, np.zeros((10, 1), np.float32), "expected a key of no channels, got one"),
        ({"key_channels": 2}, None, "expected a key of 2 channels, got none"),
        ({"key_channels": 2}, np.zeros((10, 1), np.float32), r"key of \(10, 1\): expected \(10, 2\)"),
        ({"key_channels": 2}, np.zeros((9, 2), np.float32), "a key of 9 samples for 10: expected as many"),
        ({"key_channels": 1, "link": False}, None, "a key of 1 channels for 2 that are not linked"),
        ({"key_channels": 33}, None, "a key of 33 channels: expected 1 to 32"),
    ],
)
def test_keys_that_cannot_be_are_refused(toy, settings, key, words):
    """With expected and got."""
    x = np.zeros((10, 2), np.float32)
    with (
        pytest.raises(ValueError, match=words),
        open_engine(toy, rate=RATE, channels=2, **settings) as engine,
    ):
        engine.process(x, x, key)


# -- in a chain


def play(chain, x, key, buffer, each=lambda chain, k: None):
    with chain.open(RATE, x.shape[1], dtype=x.dtype, key_channels=key.shape[1]) as stream:
        out = []
        for k, piece in enumerate(cuts(len(x), buffer)):
            each(chain, k)
            out.append(stream.process(x[piece], key=key[piece]))
        return np.concatenate(out)


@pytest.mark.parametrize("buffer", BUFFERS)
def test_a_chain_hands_its_key_to_the_gate(toy, buffer):
    """As late as the sound is when it comes there: behind a delay everything is the same, only later."""
    key, x = bursts(RATE, 0.5, 1), bursts(RATE, 0.5, 2)[::-1].copy()
    with open_engine(toy, rate=RATE, channels=2, key_channels=1, **KNOBS) as engine:
        expected = run(engine, x, key, buffer)
    assert np.array_equal(play(Chain([Gate(toy, **KNOBS)]), x, key, buffer), expected)
    delay = ClassicGate(
        threshold_db=-96, range_db=0, lookahead_ms=10
    )  # open all the time: 480 frames, or multiples of 100
    if buffer in (1, 480):
        got = play(Chain([delay, Gate(toy, **KNOBS)]), x, key, buffer)
        late = np.concatenate([np.zeros((480, 1), np.float32), key])[: len(key)]
        with open_engine(toy, rate=RATE, channels=2, key_channels=1, **KNOBS) as engine:
            wanted = run(engine, np.concatenate([np.zeros((480, 2), np.float32), x])[: len(x)], late, buffer)
        assert np.array_equal(got, wanted)


def test_a_key_stays_on_time_while_slots_come_and_go(toy):
    """A click in the key opens the gate for the click in the sound, whatever delays them both."""
    n = 3 * RATE
    x, key = np.full((n, 1), 0.25, np.float32), np.zeros((n, 1), np.float32)
    key[RATE // 2 :] = 0.5
    delay, gate = (
        ClassicGate(threshold_db=-96, range_db=0, lookahead_ms=20),
        Gate(toy, threshold_db=-35, range_db=-60),
    )

    def each(chain, k):
        if k == 600:
            chain.insert(0, delay)
        if k == 900:
            chain.remove(delay)

    out = play(Chain([gate]), x, key, 100, each)
    assert np.abs(out[: RATE // 2]).max() < 0.0003
    assert np.array_equal(
        out[RATE // 2 + 2400 :], x[RATE // 2 + 2400 :]
    )  # nothing shuts it, whatever comes and goes


def test_a_whole_sound_with_a_key(toy):
    """Nothing late; the key may be of the other float type; its length has to be the sound's."""
    key, x = bursts(RATE, 0.7, 1), bursts(RATE, 0.7, 2)[::-1].copy()
    chain = Chain(
        [ClassicGate(threshold_db=-96, range_db=0, lookahead_ms=10), Gate(toy, lookahead_ms=3, **KNOBS)]
    )
    alone = Chain([Gate(toy, lookahead_ms=3, **KNOBS)])
    got = chain(x, RATE, key=key)
    assert np.array_equal(got, chain(x, RATE, key=key.astype(np.float64)[:, 0]))
    assert got.shape == x.shape and not np.array_equal(got, chain(x, RATE))
    assert np.array_equal(alone(x, RATE, key=x), alone(x, RATE))
    with pytest.raises(ValueError, match=r"a key of 10 frames for 33600: expected as many; cut or pad it"):
        chain(x, RATE, key=key[:10])


def test_a_stream_says_what_key_it_wants(toy):
    """Opened for one it wants one, of its shape; opened for none it takes none."""
    block = np.zeros((64, 2), np.float32)
    with Chain([Gate(toy)]).open(RATE, 2, key_channels=1) as stream:
        with pytest.raises(ValueError, match="expected a key, of 1 channels"):
            stream.process(block)
        with pytest.raises(ValueError, match=r"a key of \(63,\): expected \(64, 1\)"):
            stream.process(block, key=np.zeros(63, np.float32))
        with pytest.raises(TypeError, match="a key of float64: expected float32"):
            stream.process(block, key=np.zeros(64))
    with Chain([Gate(toy)]).open(RATE, 2) as stream, pytest.raises(ValueError, match="expected a key, none"):
        stream.process(block, key=np.zeros(64, np.float32))


# -- gate-render --key


@pytest.fixture
def files(tmp_path):
    """A steady sound, a key of bursts, and what every command line here begins with."""
    soundfile.write(tmp_path / "in.wav", steady(1.0, channels=2), RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "key.wav", bursts(RATE, 1.0), RATE, subtype="FLOAT")
    preset = toy_model.write_preset(tmp_path / "toy")
    common = ["--preset", preset, "--threshold=-35", "--range=-60", "--key", tmp_path / "key.wav"]
    return [str(word) for word in (tmp_path / "in.wav", "-o", tmp_path / "out.wav", *common)]


@pytest.mark.parametrize(
    "extra",
    [[], ["--live-buffer", "128", "--lookahead", "5"], ["--threshold=auto"]],
    ids=["offline", "live", "auto"],
)
def test_a_file_opens_another(files, tmp_path, capsys, extra):
    """As the chain does it; the report and the summary say by what."""
    report = tmp_path / "r.json"
    assert command.main([*files, *extra, "--report", str(report)]) == 0
    assert f"opened by {tmp_path / 'key.wav'}" in capsys.readouterr().out
    assert json.loads(report.read_text())["key"] == str(tmp_path / "key.wav")
    out, rate = soundfile.read(tmp_path / "out.wav", dtype="float32")
    x, key = steady(1.0, channels=2), soundfile.read(tmp_path / "key.wav", dtype="float32")[0]
    assert out.shape == x.shape
    if not extra:
        gate = Gate(toy_model.write_preset(tmp_path / "again"), **KNOBS)
        assert np.array_equal(out, Chain([gate])(x, rate, key=key))
    gain = out[:, 0] / 0.25
    assert gain.max() == 1.0 and gain.min() < 0.002


@pytest.mark.parametrize(
    ("frames", "rate", "words"),
    [
        (RATE, 44_100, "has 44100 Hz, a key for"),
        (RATE - 1, RATE, "has 47999 samples, a key for"),
    ],
)
def test_a_key_of_another_rate_or_length_is_refused(files, tmp_path, capsys, frames, rate, words):
    """And nothing is written."""
    soundfile.write(tmp_path / "key.wav", np.zeros(frames), rate)
    assert command.main(files) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out.wav").exists()


def test_a_key_is_for_one_file(files, tmp_path, capsys):
    """A usage error."""
    assert command.main([files[0], files[0], "-o", str(tmp_path / "folder"), *files[3:]]) == 2
    assert "--key goes with one input file" in capsys.readouterr().err
