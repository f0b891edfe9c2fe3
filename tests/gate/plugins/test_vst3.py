"""Third-party plugins that work: identity, delays, parameters, state, and what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest

from gate import Chain, HighPass, Vst3
from gate.errors import PluginError, UsageError
from gate.plugins.registry import from_dict, from_text, to_dict
from gate.plugins.running import Format
from gate.plugins.vst3.hosted import counts_in_words
from gate.session import file as session_file
from gate.session.session import Session, Slot
from tests.gate.engine_tools import bursts, cuts
from tests.gate.plugins.outside import is_running
from tests.toy_vst3 import LATE

RATE = 48_000

HALF_DB = -6.020599913279624
"""A gain of one half."""

GAIN_TOLERANCE = 1e-6
"""The toy's own gain, in float32, against the exact one."""


def play(chain, x, frames, buffer=None, rate=RATE):
    """What a stream gives, and how late it says it is; nothing may be late."""
    with chain.open(rate, x.shape[1], dtype=x.dtype, frames=frames) as stream:
        out = np.concatenate([stream.process(x[piece]) for piece in cuts(len(x), frames or buffer)])
        for running in stream.running:
            assert not running.trouble
            if hasattr(running, "counts"):
                assert not any(running.counts.values())
        return out, stream.latency_samples


@pytest.mark.parametrize(
    ("rate", "channels", "frames", "headroom_ms", "wait"),
    [
        (48_000, 1, 100, 1, 100),
        (48_000, 2, 480, 10, 480),
        (44_100, 2, 64, 10, 448),
        (8_000, 1, 7, 1, 14),
        (192_000, 6, 4096, 10, 4096),
        (48_000, 10, 100, 1, 100),
        (48_000, 16, 100, 1, 100),
        (48_000, 32, 100, 1, 100),
    ],
)
def test_an_identity_comes_back_bit_for_bit(toys, rate, channels, frames, headroom_ms, wait):
    """Headroom in whole buffers, and the plugin's own delay; nothing else changes."""
    x = bursts(RATE, 0.3, channels)[: 12_288 // frames * frames]
    y, late = play(Chain([Vst3(toys(), headroom_ms=headroom_ms)]), x, frames, rate=rate)
    assert late == wait + LATE
    assert np.array_equal(y[late:], x[: len(x) - late]) and not y[:late].any()


@pytest.mark.parametrize("buffer", [1, 37, 5000, 0])
def test_buffers_of_any_size_wait_for_1024(toys, buffer):
    """Also one longer than that: it is cut."""
    x = bursts(RATE, 0.05 if buffer == 1 else 0.3, 2)
    y, late = play(Chain([Vst3(toys())]), x, None, buffer)
    assert late == 1024 + LATE
    assert np.array_equal(y[late:], x[: len(x) - late])


def test_what_it_says_is_what_an_impulse_measures(toys):
    """Also of a plugin that needs more behind a setting of its own, and of one that needs nothing."""
    x = np.zeros((9600, 1), np.float32)
    x[1000] = 1.0
    for plugin, own in (
        (Vst3(toys()), LATE),
        (Vst3(toys("LATE=0")), 0),
        (Vst3(toys(), trouble="later"), LATE + 11),
    ):
        y, late = play(Chain([plugin]), x, 480)
        assert late == 480 + own
        assert np.flatnonzero(y[:, 0]).tolist() == [1000 + late]


def test_a_whole_sound_is_on_time_and_the_same_each_time(toys):
    """Every delay is taken out; two calls give the same bits; float64 goes through it as float32."""
    x = bursts(RATE, 1.3, 2)
    chain = Chain([Vst3(toys(), gain_db=HALF_DB)])
    y = chain(x, RATE)
    assert np.abs(y - 0.5 * x).max() < GAIN_TOLERANCE
    assert np.array_equal(chain(x, RATE), y)
    deep = chain(x.astype(np.float64), RATE)
    assert deep.dtype == np.float64 and np.array_equal(deep, y.astype(np.float64))


def test_delays_add_up_and_bypass_is_aligned(toys):
    """Two of them round a high-pass; with all bypassed the sound itself comes, as late."""
    plugins = [Vst3(toys()), HighPass(20), Vst3(toys("LATE=0"))]
    x = bursts(RATE, 0.2, 2)[:9600]
    _, late = play(Chain(plugins), x, 480)
    assert late == 480 + LATE + 480
    for plugin in plugins:
        plugin.bypassed = True
    dry, same = play(Chain(plugins), x, 480)
    assert same == late
    assert np.array_equal(dry[late:], x[:-late])


def test_one_comes_goes_and_changes_its_headroom_without_a_click(toys):
    """The tone is shifted under a fade: no step is much larger than its own."""
    x = (0.5 * np.sin(2 * np.pi * 100.0 * np.arange(RATE) / RATE)).astype(np.float32)[:, None]
    chain, plugin = Chain([HighPass(20)]), Vst3(toys())
    with chain.open(RATE, frames=480) as stream:
        out = []
        for k, piece in enumerate(cuts(len(x), 480)):
            if k == 20:
                chain.append(plugin)
            elif k == 50:
                plugin.headroom_ms = 30
            elif k == 55:
                assert stream.latency_samples == 3 * 480 + LATE
            elif k == 75:
                chain.remove(plugin)
            out.append(stream.process(x[piece]))
        assert not stream.changing and stream.latency_samples == 0
    y = np.concatenate(out)
    assert np.abs(np.diff(y, axis=0))[480:].max() < 1.6 * np.abs(np.diff(x, axis=0)).max()


def test_parameters_have_the_plugin_s_names_units_ranges_and_words(toys):
    """Numbers where it says numbers, words where it says words; the slot's own comes first."""
    plugin = Vst3(toys())
    assert [p.id for p in plugin.parameters] == ["headroom", "gain", "trouble"]
    gain, trouble = plugin.parameters[1:]
    assert (gain.unit, gain.minimum, gain.maximum, gain.default) == ("dB", -40.0, 40.0, 0.0)
    assert trouble.words == ("none", "crash", "hang", "slow", "nan", "later")
    assert (plugin.gain_db, plugin.trouble) == (0.0, "none")
    plugin.gain_db = "-6 dB"
    plugin.trouble = 3
    assert (plugin.gain_db, plugin.trouble) == (-6.0, "slow")
    assert repr(plugin) == f"Vst3({str(toys())!r}, gain_db=-6.0, trouble='slow')"
    with pytest.raises(ValueError, match=r"^gain 41 dB is out of range: give -40 to 40 dB$"):
        plugin.gain_db = 41
    with pytest.raises(ValueError, match="expected none, crash, hang, slow, nan or later, got 'boom'"):
        plugin.trouble = "boom"
    with pytest.raises(
        AttributeError, match="Vst3 has no 'gian_db': expected one of headroom_ms, gain_db, trouble"
    ):
        plugin.gian_db = 3


def test_a_change_acts_on_the_next_block_s_first_sample(toys):
    """Whenever the process gets round to it."""
    plugin = Vst3(toys("LATE=0"))
    x = np.full((480 * 40, 1), 0.5, np.float32)
    with Chain([plugin]).open(RATE, frames=480) as stream:
        out = []
        for k, piece in enumerate(cuts(len(x), 480)):
            plugin.gain_db = HALF_DB if k % 2 else 0.0
            out.append(stream.process(x[piece]))
    y = np.concatenate(out)[480:, 0].reshape(-1, 480)
    assert np.abs(y[0::2] - 0.5).max() < GAIN_TOLERANCE
    assert np.abs(y[1::2] - 0.25).max() < GAIN_TOLERANCE


def test_state_goes_there_and_back(toys):
    """From a plugin at work to a table, through JSON, to another that plays the same; and into one that plays."""
    x = bursts(RATE, 0.2)[:9600]
    plugin = Vst3(toys())
    assert plugin.state == b""
    with Chain([plugin]).open(RATE, frames=480) as stream:
        plugin.gain_db = HALF_DB
        stream.process(x[:480])
        stream.wait()
        table = json.loads(json.dumps(to_dict(plugin)))
        state = plugin.state
        plugin.gain_db = 12
        stream.process(x[:480])
        plugin.state = state
        assert plugin.gain_db == pytest.approx(HALF_DB, abs=0.01)
        stream.process(x[:480])
        ones = np.ones((480, 1), np.float32)
        heard = [stream.process(ones) for _ in range(4)][-1]
    assert np.abs(heard - 0.5).max() < GAIN_TOLERANCE
    again = from_dict(table)
    assert again.gain_db == HALF_DB and again.state == state
    assert np.abs(Chain([again])(x, RATE) - 0.5 * x).max() < GAIN_TOLERANCE
    with pytest.raises(UsageError, match="vst3: expected its state in base64, or none, got '!'"):
        from_dict(table | {"state": "!"})
    with pytest.raises(UsageError, match="highpass has no state but its parameters"):
        from_dict({"kind": "highpass", "state": "AAAA"})


def test_a_session_s_slot_keeps_it(toys, tmp_path):
    """The plugin's own parameters in its state, the slot's as everybody's; read from the file, it plays the same."""
    plugin = Vst3(toys(), gain_db=HALF_DB, headroom_ms=20)
    session = Session(after=(Slot.of(plugin),))
    session_file.save(session, tmp_path / "a.toml")
    slot = session_file.load(tmp_path / "a.toml").after[0]
    assert slot == session.after[0] and slot.parameters == (("headroom", 20.0),)
    again = from_dict(slot.table())
    assert again.headroom_ms == 20 and again.gain_db == pytest.approx(HALF_DB, abs=0.01)
    x = bursts(RATE, 0.1)
    assert np.abs(Chain([again])(x, RATE) - 0.5 * x).max() < GAIN_TOLERANCE


def test_texts_name_it_and_what_is_in_it(toys):
    """FILE, FILE:NAME, and parameters behind."""
    made = from_text(f"vst3:{toys('SEVERAL')}:Other,gain=-6,trouble=none")
    assert isinstance(made, Vst3) and made.gain_db == -6.0
    assert made.file == f"{toys('SEVERAL')}:Other"
    assert from_dict(to_dict(made)).values == made.values


def test_reset_begins_anew(toys):
    """Rings, counters and the plugin's own memory."""
    x = bursts(RATE, 0.1)[:4800]
    with Chain([Vst3(toys())]).open(RATE, frames=480) as stream:
        first = [stream.process(x[piece]) for piece in cuts(len(x), 480)]
        stream.reset()
        again = [stream.process(x[piece]) for piece in cuts(len(x), 480)]
    assert np.array_equal(first, again)


def test_samples_that_are_not_finite_never_reach_it(toys):
    """They become 0, as everywhere."""
    x = bursts(RATE, 0.1)[:4800]
    bad = x.copy()
    bad[2000], bad[3000] = np.nan, np.inf
    x[2000] = x[3000] = 0.0
    y, late = play(Chain([Vst3(toys())]), bad, 480)
    assert np.array_equal(y[late:], x[:-late])


@pytest.mark.parametrize(
    ("defines", "name", "said"),
    [
        (
            ("SEVERAL",),
            None,
            '{}: expected the name of one of its plugins, got 2 of Toy, Other; give name="Toy"',
        ),
        (
            ("SEVERAL",),
            "Mine",
            "{}: expected the name of one of its plugins, got no 'Mine' among Toy, Other; give name=\"Toy\"",
        ),
        (("SYNTH",), None, "{}: expected an effect, got an instrument (no audio input); choose another"),
        (
            ("CRASHES",),
            None,
            "{}: expected a plugin that works, got one that ended by SIGABRT; choose another, or fix it",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused(toys, defines, name, said):
    """When it is made, with a sentence."""
    with pytest.raises(PluginError) as caught:
        Vst3(toys(*defines), name)
    assert str(caught.value) == said.format(toys(*defines))


def test_a_file_that_is_none_is_refused(tmp_path):
    """Not there, or no plugin."""
    with pytest.raises(PluginError, match=r"nowhere\.vst3: expected a VST3 or AU plugin, got no such file"):
        Vst3(tmp_path / "nowhere.vst3")
    text = tmp_path / "text.vst3"
    text.write_text("no plugin")
    with pytest.raises(
        PluginError, match=r"text\.vst3: expected a VST3 or AU plugin for this system, got a file that"
    ):
        Vst3(text)


def test_channels_that_it_does_not_take_are_refused(toys):
    """When it is opened, with those that it takes; nothing is left behind."""
    with pytest.raises(
        PluginError, match=r"^Toy: expected 2 channels, got 1; convert the sound, or choose another plugin$"
    ):
        Vst3(toys("STEREO")).open(Format(RATE, 1, np.dtype(np.float32)))
    Vst3(toys("STEREO")).open(Format(RATE, 2, np.dtype(np.float32))).close()


@pytest.mark.parametrize(
    ("counts", "words"),
    [([2], "2"), ([1, 2], "1 or 2"), ([1, 2, 6, 7, 8], "1 or 2 or 6 to 8"), ([*range(1, 33)], "1 to 32")],
)
def test_counts_of_channels_are_written_short(counts, words):
    """A plugin that takes any number is no sentence of 32 numbers."""
    assert counts_in_words(counts) == words


def test_without_pedalboard_the_command_is_named(toys, monkeypatch):
    """A module of that name that cannot be imported stands for one that is not installed."""
    fake = toys().parent / "without"
    fake.mkdir(exist_ok=True)
    (fake / "pedalboard.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(fake))
    with pytest.raises(PluginError, match=r"got none; pip install 'learned-gate\[vst3\]'$"):
        Vst3(toys())


def test_closing_ends_the_process(toys):
    """It is waited for, so it is gone at once."""
    with Chain([Vst3(toys())]).open(RATE) as stream:
        pid = stream.running[0].pid
        assert is_running(pid)
    assert not is_running(pid)


def test_nothing_of_it_is_loaded_here(toys):
    """pedalboard, and the plugin, are in the other process alone."""
    program = (
        "import sys, gate, numpy; "
        f"gate.Chain([gate.Vst3({str(toys())!r})])(numpy.zeros(100), 48_000); "
        "print('pedalboard' in sys.modules, any('Toy.so' in line for line in open('/proc/self/maps')))"
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("memory is read from /proc")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
