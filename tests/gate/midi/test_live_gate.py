"""A live gate as MIDI moves it: every parameter of the table, from any thread, whatever changes meanwhile."""

import threading

import numpy as np
import pytest
import soundfile

from gate import Gate
from gate.engine.guard import MODES
from gate.errors import ContractError
from gate.live.filestream import FileStream
from gate.live.live import Live
from gate.midi.bindings import parse
from gate.midi.router import Router
from gate.parameters import PARAMETERS
from tests import toy_classify, toy_model
from tests.gate.live.jack_server import wait_until


@pytest.fixture
def said():
    return []


@pytest.fixture
def live(tmp_path, said):
    """From a minute of file to file, at the pace of time; tended by the test."""
    source = tmp_path / "in.wav"
    soundfile.write(source, np.zeros(60 * 48_000), 48_000)
    preset = str(toy_model.write_preset(tmp_path / "toy", holds=True))
    classes = str(toy_classify.write_preset(tmp_path / "classes"))
    with Live(preset, classes, on_event=said.append) as made:
        made.sources.play(FileStream(source, tmp_path / "out.wav"))
        yield made


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.id)
def test_every_parameter_can_be_moved(live, parameter):
    """Each value that a control gives is what is told of the gate at once, and in the end what the engine has."""
    router = Router(parse(f"{parameter.id}=cc7"), live, lambda binding: None)
    for value in (127, 0, 64, 127):
        router.feed([0xB0, 7, value])
        assert live.value(parameter.id) == router.bindings[0].value(value / 127)
        live.tend()
        assert live.value(parameter.id) == router.bindings[0].value(value / 127)
    wait_until(lambda: settled(live), "a change that takes a fresh engine")
    engine, status = live.player.engine, live.status()
    shown = {
        "threshold": engine.threshold_db,
        "range": engine.range_db,
        "lookahead": engine.latency_samples / 48,
        "link": float(engine.record["units"][0]),
        "bypass": float(status.bypassed),
        "guard": MODES.index(status.guard),
        "guard-grace": engine.guard_grace_ms,
        "attack-scale": engine.attack_scale,
        "hold-scale": engine.hold_scale,
        "release-scale": engine.release_scale,
        "key-low": engine.key_low_hz,
        "key-high": engine.key_high_hz,
    }
    assert shown[parameter.id] == parameter.maximum


def test_what_a_preset_cannot_take_is_left(live, tmp_path):
    """A control for the key's band moves nothing while a preset without bands plays; and that preset is refused while a key
    is held."""
    router = Router(parse("key-low=cc7"), live, lambda binding: None)
    plain = str(toy_model.write_preset(tmp_path / "plain", name="plain"))
    live.set("key-low", 500.0)
    with pytest.raises(ContractError, match="key_bands_hz"):
        live.rack.set_preset(plain)
    router.feed([0xB0, 7, 0])
    live.rack.set_preset(plain)
    wait_for_changes(live)
    router.feed([0xB0, 7, 64])
    assert (live.value("key-low"), router.refused) == (20.0, 1)


def test_what_is_moved_while_a_preset_is_made_ready_is_not_lost(live, tmp_path, monkeypatch):
    """The new engine has what was set during its making, a hold and the guard's grace time too."""
    other = toy_model.write_preset(tmp_path / "other", name="other")
    live.set_guard("not-music")
    wait_for_changes(live)
    make = Gate._open

    def slowly(gate, format):
        made = make(gate, format)
        thread = threading.Thread(target=move)  # another one, as MIDI's
        thread.start()
        thread.join()
        return made

    def move():
        live.set("threshold", -33.0)
        live.set("guard-grace", 500.0)
        live.set("release-scale", 2.0)
        live.hold("shut")

    monkeypatch.setattr(Gate, "_open", slowly)
    live.ask_preset(str(other))
    live.tend()
    wait_for_changes(live)
    engine = live.player.engine
    assert live.preset.name == "other"
    assert (engine.threshold_db, engine.guard_grace_ms, engine.held) == (-33.0, 500.0, "shut")
    assert engine.release_scale == 2.0


def wait_for_changes(live):
    wait_until(lambda: settled(live), "the change")


def settled(live):
    """Is there nothing asked for or under way any more?"""
    live.tend()
    return not live.changing


def test_only_the_newest_wish_is_served(live, said, tmp_path):
    """Who turns through presets gets the last one; what is not there is said, and what plays plays on."""
    other = toy_model.write_preset(tmp_path / "other", name="other")
    for wish in (str(tmp_path / "toy"), "nowhere", 99, str(other)):
        live.ask_preset(wish)
    live.tend()
    assert said == ["preset other"]
    for wish, words in (("nowhere", "expected a preset's name"), (99, "program 99 has no preset")):
        live.ask_preset(wish)
        live.tend()
        assert words in said[-1] and live.preset.name == "other"


def test_a_number_is_a_preset_in_the_order_of_names(live, monkeypatch):
    """0 is the first."""
    taken = []
    monkeypatch.setattr("gate.live.live.names", lambda kind: ["drum", "voice"])
    monkeypatch.setattr(live.rack, "set_preset", taken.append)
    for number in (0, 1):
        live.ask_preset(number)
        live.tend()
    assert taken == ["drum", "voice"]
