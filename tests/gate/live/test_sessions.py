"""How a live gate stands, and having it stand otherwise: sessions, with sound and before."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from gate.errors import GateError
from gate.live.filestream import FileStream
from gate.live.live import Live
from gate.live.sessions import NoMidi, capture, take_up
from gate.modelfile.preset import write_preset
from gate.plugins.highpass import HighPass
from gate.plugins.registry import from_text
from gate.session.choices import Devices
from gate.session.session import Session, Slot
from tests import toy_model
from tests.gate.engine_tools import bursts
from tests.gate.live.jack_server import wait_until

RATE = 48_000


class FakeHands:
    """A port and a map that remember what was asked of them."""

    def __init__(self, wish, bindings):
        self.wish, self.bindings, self.taken = wish, bindings, 0

    @property
    def setting(self):
        return self.wish, self.bindings

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
        devices=Devices("3", None, 48_000, 2),
    )


@pytest.fixture
def playing(presets, tmp_path):
    """From a minute of silence to file, at the pace of time; tended by the test."""
    soundfile.write(tmp_path / "in.wav", np.zeros(60 * RATE), RATE)
    with Live(presets[0], on_event=lambda sentence: None) as live:
        live.sources.play(FileStream(tmp_path / "in.wav", tmp_path / "out.wav"))
        yield live


def settle(live):
    """Until everything that was asked for has happened."""

    def done():
        live.tend()
        return not live.changing

    wait_until(done, "the change")


def test_what_was_taken_up_is_what_stands(full):
    """Before there is any sound: nothing more and nothing less."""
    live, midi = Live(full.preset, on_event=print), NoMidi()
    assert capture(live, midi) == Session(preset=full.preset)
    take_up(live, full, midi)
    assert capture(live, midi) == full
    take_up(live, Session(preset=full.preset), midi)
    assert capture(live, midi) == Session(preset=full.preset)


def test_sound_is_as_the_session_says_from_its_first_sample(full, presets, tmp_path):
    """A session taken up before is as what is set by hand."""
    soundfile.write(tmp_path / "in.wav", bursts(RATE, 0.6, 2), RATE)

    def by_hand(live):
        for id, value in (("threshold", -35.0), ("range", -50.0), ("lookahead", 3.0)):
            live.rack.set(id, value)
        live.rack.arrange([HighPass(cutoff_hz=120)], [HighPass()])

    def by_session(live):
        session = full.with_values({"attack-scale": None})
        take_up(live, replace(session, before=full.before[:1], midi_map=(), monitor="out"))

    outs = []
    for set_up in (by_hand, by_session):
        out = tmp_path / f"{len(outs)}.wav"
        with Live(presets[0], on_event=print) as live:
            set_up(live)
            live.sources.play(FileStream(tmp_path / "in.wav", out, buffer=100, fast=True))
            wait_until(lambda: not live.sources.running, "the end")
        outs.append(soundfile.read(out)[0])
    assert outs[0].any() and np.array_equal(*outs)


def test_a_gate_that_plays_goes_over_to_a_session_and_back(playing, full):
    """Preset, parameters, slots with their names, monitor, map, devices."""
    midi = NoMidi()
    before = capture(playing, midi)
    take_up(playing, full, midi)
    settle(playing)
    assert capture(playing, midi) == full
    assert [slot.name for slot in playing.rack.chain] == ["highpass", "classic", "gate", "highpass-2"]
    assert playing.player.engine.threshold_db == -35.0
    take_up(playing, before, midi)
    settle(playing)
    assert capture(playing, midi) == before
    assert playing.value("threshold") == playing.preset.defaults.threshold_db


def test_what_stands_already_is_left_alone(playing, full):
    """No fresh plugin, no fade, no new MIDI port: equal parts do nothing."""
    hands = FakeHands(full.midi_port, full.midi_map)
    take_up(playing, full, hands)
    settle(playing)
    plugins, running, taken = playing.rack.slots.plugins, playing.player.at_work, hands.taken
    take_up(playing, full, hands)
    take_up(playing, full.with_values({"threshold": -20.0, "release-scale": 0.5}), hands)
    louder = replace(full, before=(replace(full.before[0], parameters={"cutoff": 200.0}), full.before[1]))
    take_up(playing, louder, hands)
    assert not playing.player.changing and playing.rack.slots.plugins == plugins
    assert playing.player.at_work == running and hands.taken == taken
    assert capture(playing, hands) == louder
    assert plugins[0].cutoff_hz == 200.0 and playing.player.engine.threshold_db == -35.0


def test_slots_that_stay_keep_their_plugins_when_others_move(playing, full):
    """So that a filter does not begin anew because its neighbour left."""
    midi = NoMidi()
    take_up(playing, full, midi)
    settle(playing)
    kept = {name: plugin for plugin, name in playing.rack.slots.names.items()}
    moved = replace(
        full,
        before=(),
        after=(replace(full.after[0], name="highpass-2"), replace(full.before[0], name="highpass")),
    )
    take_up(playing, moved, midi)
    settle(playing)
    assert capture(playing, midi) == moved
    assert [playing.rack.slots.names[plugin] for plugin in playing.rack.slots.plugins] == [
        "gate",
        "highpass-2",
        "highpass",
    ]
    assert all(kept[name] is plugin for plugin, name in playing.rack.slots.names.items())


def test_what_is_set_by_hand_is_in_the_session(playing):
    """By typed line, MIDI or panel; what waits for ``tend`` counts as set."""
    playing.set("threshold", -33.0)
    playing.set("lookahead", 5.0)
    name = playing.rack.add(1, from_text("classic:hold=80"))
    playing.rack.bypass(name, True)
    hands = FakeHands("nano", ("range=cc8",))
    session = capture(playing, hands)
    assert session.parameters == (("threshold", -33.0), ("lookahead", 5.0))
    assert session.after == (Slot("classic", bypassed=True, parameters={"hold": 80.0}),)
    assert (session.midi_port, session.midi_map) == ("nano", ("range=cc8",))
    settle(playing)
    assert capture(playing, hands) == session


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
    before = capture(playing)
    with pytest.raises(GateError, match="nowhere"):
        take_up(playing, replace(before, monitor="removed", **wrong))
    settle(playing)
    assert capture(playing) == before


def test_a_preset_without_a_key_to_hold_takes_over_from_one_with(playing, tmp_path):
    """What it cannot do goes back to as usual first; a session that asks it for that is refused before anything changes."""
    holding = str(write_preset(tmp_path / "holding", toy_model.build(holds=True)).folder)
    before = capture(playing)
    held = Session(preset=holding, parameters={"key-low": 200.0, "lookahead": 2.0})
    for session in (held, before, held):
        take_up(playing, session)
        settle(playing)
        assert capture(playing) == session
    with pytest.raises(GateError, match="key_bands_hz"):
        take_up(playing, replace(held, preset=before.preset))
    settle(playing)
    assert capture(playing) == held


def test_midi_goes_over_with_the_session(playing, full):
    """Port and map; without MIDI they are stored for when there is."""
    stored = NoMidi()
    take_up(playing, full, stored)
    assert capture(playing, stored).midi_port == "nano" and capture(playing).midi_port is None
    hands = FakeHands("nano", ("threshold=cc7",))
    take_up(playing, replace(capture(playing, hands), midi_port="pedal", midi_map=("range=cc8",)), hands)
    assert (hands.wish, hands.bindings) == ("pedal", ("range=cc8",))
