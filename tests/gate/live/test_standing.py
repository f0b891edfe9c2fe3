"""How a live gate stands, and having it stand otherwise: sessions, with sound and before."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from gate.errors import GateError
from gate.live.filestream import FileStream
from gate.live.live import Live
from gate.live.wishes import Wishes
from gate.modelfile.preset import write_preset
from gate.session.choices import DeviceWishes
from gate.session.session import Session, Slot
from tests import toy_model
from tests.gate.engine_tools import bursts
from tests.gate.live.jack_server import wait_until

RATE = 48_000


class FakeHands:
    """A port and a map that remember what was asked of them."""

    def __init__(self, wish, bindings):
        self.wish, self.router, self.taken = wish, self, 0
        self.bindings = bindings

    def take(self, wish, bindings):
        self.wish, self.bindings, self.taken = wish, tuple(bindings), self.taken + 1


@pytest.fixture
def presets(tmp_path):
    """Two gates."""
    return [str(toy_model.write_preset(tmp_path / name)) for name in ("one", "two")]


@pytest.fixture
def full(presets):
    """A session with something of everything."""
    return Session(
        preset=presets[0],
        parameters={"threshold": -35.0, "range": -50.0, "lookahead": 3.0, "attack-scale": 2.0},
        before=(Slot("highpass", parameters={"cutoff": 120.0}), Slot("classic", bypassed=True)),
        after=(Slot("highpass"),),
        monitor="removed",
        midi_port="nano",
        midi_map=("threshold=cc7", "highpass-2.cutoff=cc9[100..200]"),
        devices=DeviceWishes("3", None, 48_000, 2),
    )


@pytest.fixture
def playing(presets, tmp_path):
    """From a minute of silence to file, at the pace of time; tended by the test."""
    soundfile.write(tmp_path / "in.wav", np.zeros(60 * RATE), RATE)
    with Live(Wishes(preset=presets[0]), lambda sentence: None) as live:
        live.play_file(FileStream(tmp_path / "in.wav", tmp_path / "out.wav"))
        yield live


def settle(live):
    """Until everything that was asked for has happened."""

    def done():
        live.tend()
        return not live._asked and not live.player.changing

    wait_until(done, "the change")


def test_what_was_taken_up_is_what_stands(full):
    """Before there is any sound: nothing more and nothing less."""
    live = Live(Wishes(preset=full.preset), print)
    assert live.session() == Session(preset=full.preset)
    live.apply(full)
    assert live.session() == full
    live.apply(Session(preset=full.preset))
    assert live.session() == Session(preset=full.preset)


def test_sound_is_as_the_session_says_from_its_first_sample(full, presets, tmp_path):
    """A session taken up before is as one's own wishes."""
    soundfile.write(tmp_path / "in.wav", bursts(RATE, 0.6, 2), RATE)
    outs = []
    for wishes, session in (
        (
            Wishes(
                presets[0],
                -35.0,
                -50.0,
                lookahead_ms=3.0,
                before=("highpass:cutoff=120",),
                after=("highpass",),
            ),
            None,
        ),
        (
            Wishes(presets[0]),
            replace(
                full.with_values({"attack-scale": None}), before=full.before[:1], midi_map=(), monitor="out"
            ),
        ),
    ):
        out = tmp_path / f"{len(outs)}.wav"
        with Live(wishes, print) as live:
            if session is not None:
                live.apply(session)
            live.play_file(FileStream(tmp_path / "in.wav", out, buffer=100, fast=True))
            wait_until(lambda: not live.running, "the end")
        outs.append(soundfile.read(out)[0])
    assert outs[0].any() and np.array_equal(*outs)


def test_a_gate_that_plays_goes_over_to_a_session_and_back(playing, full):
    """Preset, parameters, slots with their names, monitor, map, devices."""
    before = playing.session()
    playing.apply(full)
    settle(playing)
    assert playing.session() == full
    assert [slot.name for slot in playing.chain] == ["highpass", "classic", "gate", "highpass-2"]
    assert playing.player.engine.threshold_db == -35.0
    playing.apply(before)
    settle(playing)
    assert playing.session() == before
    assert playing.threshold_db == playing.preset.defaults.threshold_db


def test_what_stands_already_is_left_alone(playing, full):
    """No fresh plugin, no fade, no new MIDI port: equal parts do nothing."""
    playing.hands = FakeHands(full.midi_port, full.midi_map)
    playing.apply(full)
    settle(playing)
    plugins, running, taken = playing.slots.plugins, playing.player.at_work, playing.hands.taken
    playing.apply(full)
    playing.apply(full.with_values({"threshold": -20.0, "release-scale": 0.5}))
    louder = replace(full, before=(replace(full.before[0], parameters={"cutoff": 200.0}), full.before[1]))
    playing.apply(louder)
    assert not playing.player.changing and playing.slots.plugins == plugins
    assert playing.player.at_work == running and playing.hands.taken == taken
    assert playing.session() == louder
    assert plugins[0].cutoff_hz == 200.0 and playing.player.engine.threshold_db == -35.0


def test_slots_that_stay_keep_their_plugins_when_others_move(playing, full):
    """So that a filter does not begin anew because its neighbour left."""
    playing.apply(full)
    settle(playing)
    kept = {name: plugin for plugin, name in playing.slots.names.items()}
    moved = replace(
        full,
        before=(),
        after=(replace(full.after[0], name="highpass-2"), replace(full.before[0], name="highpass")),
    )
    playing.apply(moved)
    settle(playing)
    assert playing.session() == moved
    assert [playing.slots.names[plugin] for plugin in playing.slots.plugins] == [
        "gate",
        "highpass-2",
        "highpass",
    ]
    assert all(kept[name] is plugin for plugin, name in playing.slots.names.items())


def test_what_is_set_by_hand_is_in_the_session(playing):
    """By typed line, MIDI or panel; what waits for ``tend`` counts as set."""
    playing.set("threshold", -33.0)
    playing.set("lookahead", 5.0)
    name = playing.add_slot(1, "classic:hold=80")
    playing.bypass_slot(name, True)
    playing.hands = FakeHands("nano", ("range=cc8",))
    session = playing.session()
    assert session.parameters == (("threshold", -33.0), ("lookahead", 5.0))
    assert session.after == (Slot("classic", bypassed=True, parameters={"hold": 80.0}),)
    assert (session.midi_port, session.midi_map) == ("nano", ("range=cc8",))
    settle(playing)
    assert playing.session() == session


@pytest.mark.parametrize(
    "wrong",
    [
        {"preset": "/nowhere/at/all"},
        {"before": (Slot("model", "/nowhere/at/all.onnx"),)},
        {"guard_model": "/nowhere/at/all", "parameters": {"guard": 1.0}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_cannot_be_had_is_said_and_what_plays_plays_on(playing, wrong):
    """Whatever else the session says is not done halfway."""
    before = playing.session()
    with pytest.raises(GateError, match="nowhere"):
        playing.apply(replace(before, monitor="removed", **wrong))
    settle(playing)
    assert playing.session() == before


def test_a_preset_without_a_key_to_hold_takes_over_from_one_with(playing, tmp_path):
    """What it cannot do goes back to as usual first; a session that asks it for that is refused before anything changes."""
    holding = str(write_preset(tmp_path / "holding", toy_model.build(holds=True)).folder)
    before = playing.session()
    held = Session(preset=holding, parameters={"key-low": 200.0, "lookahead": 2.0})
    for session in (held, before, held):
        playing.apply(session)
        settle(playing)
        assert playing.session() == session
    with pytest.raises(GateError, match="key_bands_hz"):
        playing.apply(replace(held, preset=before.preset))
    settle(playing)
    assert playing.session() == held


def test_midi_goes_over_with_the_session(playing, full):
    """Port and map; without MIDI they are kept for when there is."""
    playing.apply(full)
    assert playing.session().midi_port == "nano" and playing.hands is None
    playing.hands = FakeHands("nano", ("threshold=cc7",))
    playing.apply(replace(playing.session(), midi_port="pedal", midi_map=("range=cc8",)))
    assert (playing.hands.wish, playing.hands.bindings) == ("pedal", ("range=cc8",))
