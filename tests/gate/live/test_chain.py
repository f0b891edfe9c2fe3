"""The chain in a live gate: slots come, go and move, the sound goes on, and everything stays on time."""

import numpy as np
import pytest
import soundfile

from gate import Chain, ClassicGate, Gate, HighPass, Model
from gate.errors import UsageError
from gate.live.filestream import FileStream
from gate.live.player import Player, Shape
from gate.live.slots import Slots
from gate.midi.bindings import parse
from gate.midi.router import Router
from gate.modelfile import contract
from gate.plugins.registry import from_text
from gate.realtime.stream_record import LIVE_RECORD
from tests import toy_model, toy_sound
from tests.gate.engine_tools import bursts
from tests.gate.live.gates import live_gate
from tests.gate.live.jack_server import wait_until
from tests.gate.live.test_player import play

RATE = 48_000
CLICK = 1.6
"""Largest step of the output in steps of the input: a fade of 10 ms adds a little to a tone's own."""


def tone(seconds, hz=200.0):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(RATE * seconds)) / RATE)).astype(np.float32)[:, None]


def largest_step(x):
    return float(np.abs(np.diff(x.astype(np.float64), axis=0)).max())


def opened(toy, **settings):
    """A gate that is open all the time, so that a chain of it is a piece of wire."""
    return Gate(toy, threshold_db=-80, range_db=0.0, **settings)


@pytest.mark.parametrize("buffer", [64, 100, 1000])
def test_a_player_of_a_chain_is_the_chain(toy, buffer):
    """Bit for bit as the stream gives it from Python, and as late."""
    x = bursts(RATE, 0.5, 2)
    plugins = [
        HighPass(120),
        Gate(toy, threshold_db=-35, lookahead_ms=3),
        ClassicGate(threshold_db=-40),
        Model(suppressor()),
    ]
    with Chain(plugins).open(RATE, 2) as stream:
        expected = np.concatenate([stream.process(x[at : at + buffer]) for at in range(0, len(x), buffer)])
        late = stream.latency_samples
    with Player(plugins, Shape(RATE, 2, 2), fades=False) as live:
        assert np.array_equal(play(live, x, buffer), expected)
        assert live.latency_samples == late == 144 + 99
        assert [live.slot_latency_samples(plugin) for plugin in plugins] == [0, 144, 0, 99]


def suppressor():
    return contract.read(toy_sound.audio())


@pytest.mark.parametrize("monitor", ["removed", "in"])
@pytest.mark.parametrize("buffer", [64, 100, 1000, 4096])
def test_what_is_removed_by_a_chain_that_changes_nothing_is_nothing(toy, monitor, buffer):
    """Also while its latency changes, longer and shorter, at every frame of the fades; and the input does not click."""
    x, gate = tone(4.0), opened(toy, lookahead_ms=2)
    first, second = opened(toy, lookahead_ms=10), opened(toy)
    with Player([gate], Shape(RATE, 1, 1), fades=False, monitor=monitor) as live:
        changes = {
            24_000: [first, gate],
            60_000: [first, gate, second],
            96_000: [second],
            132_000: [first, second],
        }
        pending = sorted(changes)

        def each(k):
            live.tend()
            if pending and k * buffer >= pending[0]:
                live.change(changes[pending.pop(0)])

        out = play(live, x, buffer, each)
        assert not live.changing and live.latency_samples == 480
    if monitor == "removed":
        assert not out.any()
    else:
        assert np.array_equal(out[-9600:], x[-9600 - 480 : -480])
        assert largest_step(out[960:]) < CLICK * largest_step(x)


@pytest.mark.parametrize("buffer", [64, 480])
def test_a_monitor_that_comes_after_a_change_is_on_time(toy, buffer):
    """While only the output is heard, no input is kept; it is there all the same when somebody wants to hear it."""
    x, gate, late = tone(2.0), opened(toy), opened(toy, lookahead_ms=20)
    with Player([gate], Shape(RATE, 1, 1), fades=False) as live:

        def each(k):
            live.tend()
            if k == 24_000 // buffer:
                live.change([gate, late])
            if k == 27_000 // buffer:  # before the newcomer is heard
                live.monitor = "removed"

        out = play(live, x, buffer, each)
    settled = 27_000 + buffer + 2 * 480  # from 1 to -1 in steps that take 10 ms from 1 to 0
    assert not out[settled:].any()


def test_a_bypassed_gate_is_its_input_and_comes_back_at_once(toy):
    """As late as it is; nothing is removed then; it listens all the time."""
    x, gate = tone(1.0), Gate(toy, threshold_db=0, range_db=-np.inf, lookahead_ms=5)
    with Player([gate], Shape(RATE, 1, 1), fades=False) as live:

        def each(k):
            gate.bypassed = 100 <= k < 300

        out = play(live, x, 100, each)
    assert not out[1000:10_000].any() and not out[31_000:].any()
    assert np.array_equal(out[11_000:30_000], x[11_000 - 240 : 30_000 - 240])
    assert largest_step(out) < CLICK * largest_step(x)


def test_slots_that_come_and_go_make_no_click(toy):
    """A high-pass before the gate, one behind it, moved, removed, over a tone that passes."""
    x, gate = tone(4.0), opened(toy)
    low, lower = HighPass(20), HighPass(15)
    with Player([gate], Shape(RATE, 1, 1), fades=False) as live:
        orders = {
            200: [low, gate],
            300: [low, gate, lower],
            310: [gate, low, lower],
            900: [lower, gate],
            1300: [gate],
        }

        def each(k):
            live.tend()
            if k in orders:
                live.change(orders[k])

        out = play(live, x, 100, each)
        assert live.plugins == (gate,) and not low.running and not lower.running
    assert largest_step(out[960:]) < CLICK * largest_step(x)
    assert np.array_equal(out[-9600:], x[-9600:])


def test_the_callback_counts_the_gate_s_runs_wherever_it_stands(toy):
    """And goes on when another one takes over."""
    x, gate = bursts(RATE, 1.0), opened(toy)
    with Player([HighPass(), gate, HighPass()], Shape(RATE, 1, 1), fades=False) as live:

        def each(k):
            live.tend()
            if k == 100:
                gate.lookahead_ms = 5
            if k > 0:
                assert live.record["gate"][0] in {running.address for running in gate.running}

        play(live, x, 50, each)
        assert live.record["histogram_ran"][0].sum() == len(x) // 100
        assert live.record["gate"][0] == live.engine.address


def test_a_chain_without_a_gate_is_refused(toy):
    """What plays plays on."""
    gate = opened(toy)
    with pytest.raises(ValueError, match="expected plugins with a gate among them"):
        Player([HighPass()], Shape(RATE, 1, 1))
    with Player([gate], Shape(RATE, 1, 1)) as live:
        with pytest.raises(ValueError, match="expected plugins with a gate among them"):
            live.change([HighPass()])
        assert live.plugins == (gate,) and not live.changing


def test_the_live_record_s_fields_have_one_writer_each():
    """No field is there twice."""
    assert len(set(LIVE_RECORD.names)) == len(LIVE_RECORD.names)


# -- slots and their names


def test_slots_have_names_that_stay(toy):
    """The second of a kind has a number; it keeps it when the first goes, and the next takes the free one."""
    gate, one, two, three = Gate(toy), HighPass(), HighPass(), HighPass()
    slots = Slots([one, gate, two])
    assert list(slots.names.values()) == ["highpass", "gate", "highpass-2"]
    slots = slots.removed(one).added(0, three)
    assert list(slots.names.values()) == ["highpass", "gate", "highpass-2"]
    assert slots.find("highpass-2") is slots.find(2) is slots.find("2") is two
    assert slots.moved(two, 0).plugins == (two, three, gate)
    assert slots.parameter("highpass-2.cutoff") == (two, two.parameters[0])


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda slots: slots.find(3), "expected a slot from 0 to 1, got 3; there are 0 highpass, 1 gate"),
        (lambda slots: slots.find("lowpass"), "there is no slot 'lowpass'; there are 0 highpass, 1 gate"),
        (
            lambda slots: slots.parameter("highpass.q"),
            "slot highpass has no parameter 'q'; it has cutoff, bypass",
        ),
        (lambda slots: slots.added(3, HighPass()), "expected a place from 0 to 2, got 3"),
        (lambda slots: slots.moved(slots.find(0), 2), "expected a place from 0 to 1, got 2"),
    ],
)
def test_what_is_not_there_is_said(toy, ask, words):
    """With what there is."""
    with pytest.raises(UsageError) as caught:
        ask(Slots([HighPass(), Gate(toy)]))
    assert words in str(caught.value)


# -- a live gate


@pytest.fixture
def live(tmp_path):
    """From a minute of silence to file, at the pace of time; tended by the test."""
    source = tmp_path / "in.wav"
    soundfile.write(source, np.zeros(60 * RATE), RATE)
    preset = toy_model.write_preset(tmp_path / "toy")
    with live_gate(preset, before=("highpass:cutoff=90",), after=("classic",)) as made:
        made.sources.play(FileStream(source, tmp_path / "out.wav"))
        yield made


def settle(live):
    def settled():
        live.tend()
        return not live.changing

    wait_until(settled, "the change")


def test_slots_of_a_gate_line(live):
    """In order with names, parameters, values and latency; added, moved, bypassed, set and removed while it plays."""
    assert [slot.name for slot in live.rack.chain] == ["highpass", "gate", "classic"]
    assert live.rack.chain[0].values == (90.0,) and live.rack.chain[0].parameters[0].id == "cutoff"
    assert live.rack.chain[1].file == "toy"
    assert live.rack.add(3, from_text("highpass:cutoff=30")) == "highpass-2"
    live.rack.move("highpass-2", 0)
    live.rack.bypass("classic", True)
    live.set(live.rack.name(1, "cutoff"), 120)
    live.set("highpass-2.cutoff", 40)
    live.set("classic.lookahead", 10)
    settle(live)
    assert [str(slot) for slot in live.rack.chain] == [
        "highpass-2: cutoff 40.0 Hz",
        "highpass: cutoff 120 Hz",
        gate_line(live),
        "classic (bypassed): lookahead 10.0 ms",
    ]
    assert (live.value("highpass-2.cutoff"), live.value("classic.bypass")) == (40.0, 1.0)
    assert live.player.latency_samples == 480 == live.rack.chain[3].latency_samples
    assert live.status().added_ms == 10.0
    live.rack.remove("highpass-2")
    settle(live)
    assert [slot["name"] for slot in (slot.to_dict() for slot in live.rack.chain)] == [
        "highpass",
        "gate",
        "classic",
    ]


def gate_line(live):
    return f"gate: toy, threshold {live.value('threshold'):.1f} dBFS, range {live.value('range'):.1f} dB"


def test_the_gate_stays_and_can_be_bypassed(live):
    """By its number, its name, or as a parameter."""
    for which in (1, "gate"):
        with pytest.raises(UsageError, match="the gate cannot be removed; bypass it"):
            live.rack.remove(which)
    live.rack.bypass("gate", True)
    assert live.value("bypass") == 1.0 and live.status().bypassed and live.rack.chain[1].bypassed
    live.set("bypass", 0)
    assert not live.status().bypassed


def test_lookahead_and_link_change_while_it_plays(live):
    """Told at once, done by ``tend``; what else was set stays, a hold too, and what is set meanwhile is not lost."""
    live.hold("open")
    live.set("lookahead", 7.5)
    live.set("lookahead", 5.0)
    live.set("link", 0)
    live.set("threshold", -33.0)
    assert (live.value("lookahead"), live.value("link")) == (5.0, 0.0)
    settle(live)
    engine = live.player.engine
    assert (engine.latency_samples, engine.threshold_db, engine.held) == (240, -33.0, "open")
    assert live.value("lookahead") == 5.0 and live.rack.gate.link == 0.0


def test_a_preset_keeps_chain_and_settings(live, tmp_path):
    """The gate is another plugin in the same slot; Threshold follows the preset, and what was set stays."""
    other = toy_model.write_preset(tmp_path / "other", name="other")
    live.set("range", -50.0)
    live.set("lookahead", 5.0)
    live.set("bypass", 1)
    settle(live)
    live.rack.set_preset(str(other))
    settle(live)
    assert [slot.name for slot in live.rack.chain] == ["highpass", "gate", "classic"]
    assert (live.value("range"), live.value("lookahead"), live.value("bypass")) == (-50.0, 5.0, 1.0)
    assert live.value("threshold") == live.preset.defaults.threshold_db
    assert live.player.latency_samples == 240


def test_a_slot_that_cannot_be_had_changes_nothing(live, tmp_path):
    """The text says why."""
    before = live.rack.chain
    for spec, words in (("model:nowhere.onnx", "nowhere.onnx"), ("lowpass", "expected a kind of plugin")):
        with pytest.raises(Exception, match=words):
            live.rack.add(0, from_text(spec))
    with pytest.raises(UsageError, match="expected a place from 0 to 3, got 9"):
        live.rack.add(9, HighPass())
    assert live.rack.chain == before and not live.player.changing


def test_a_control_moves_a_slot_and_nothing_when_it_is_gone(live):
    """By the slot's name; a control of a slot that was removed moves nothing, and raises nothing."""
    router = Router(
        parse("highpass.cutoff=cc7,highpass.bypass=note:60,threshold=cc8", live.parameter), live, print
    )
    router.feed([0xB0, 7, 127, 0x90, 60, 100])
    assert live.value("highpass.cutoff") == 2000.0 and live.value("highpass.bypass") == 1.0
    live.rack.remove("highpass")
    router.feed([0xB0, 7, 0, 8, 127])
    assert live.value("threshold") == 0.0
    with pytest.raises(UsageError, match="there is no slot 'highpass'"):
        live.value("highpass.cutoff")


class Picky(HighPass):
    """A plugin that takes one rate."""

    def _open(self, format):
        if format.rate != RATE:
            raise ValueError(f"a sound at {format.rate} Hz: expected {RATE} Hz; resample it first")
        return super()._open(format)


def test_a_rate_that_a_slot_cannot_take_costs_the_slot_not_the_sound(tmp_path):
    """It is taken out, and said; at the start it is an error."""
    preset = toy_model.write_preset(tmp_path / "toy")
    said = []
    with live_gate(preset, tell=said.append) as live:
        live.rack.arrange((), (Picky(),))
        with live.rack.open(Shape(RATE, 1, 1)):
            assert len(live.rack.chain) == 2
        with live.rack.open(Shape(44_100, 1, 1), by_itself=True):
            assert [slot.name for slot in live.rack.chain] == ["gate"]
    assert any(text.startswith("slot highpass was taken out: a sound at 44100 Hz") for text in said)
    with live_gate(preset, tell=said.append) as live:
        live.rack.arrange((), (Picky(),))
        with pytest.raises(ValueError, match="a sound at 44100 Hz"):
            live.rack.open(Shape(44_100, 1, 1))
