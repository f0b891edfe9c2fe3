"""A knob is written once: one row more is there in Python, sessions, MIDI, on the command line and in the panel."""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gate import Chain, load, save
from gate.cli.live_options import parser
from gate.cli.live_session import begin
from gate.live.rack import SlotFacts
from gate.plugins import registry
from gate.session.session import Session, Slot
from tests.gate.tone import Tone

ROOT = Path(__file__).resolve().parents[2]

ROW = """
    decay_scale = Knob(Parameter(
        "decay-scale", "Decay, scaled", "x", 0.5, 2.0, 1.0, "log", True, "how many times it decays", overrides=True,
    ))  # fmt: skip
"""
"""What is written once, into the gate's table, and nowhere else."""


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """The plugin of ``tests.gate.tone`` can be named in texts and files."""
    kind = registry.Kind("tests.gate.tone", "Tone", "", False, "louder")
    monkeypatch.setitem(registry.KINDS, "tone", kind)


def test_in_python():
    """Attribute, keyword, help, range, and a name that is none."""
    plugin = Tone(tilt_db=3)
    assert (plugin.tilt_db, repr(plugin)) == (3.0, "Tone(tilt_db=3)")
    assert list(inspect.signature(Tone).parameters) == ["gain_db", "tilt_db"]
    assert Tone.tilt_db.__doc__ == "how much it falls on its way; -6 to 6 dB"
    with pytest.raises(ValueError, match=r"^tilt 7 dB is out of range: give -6 to 6 dB$"):
        plugin.tilt_db = 7
    with pytest.raises(
        TypeError, match=r"^Tone has no 'tilt': expected one of gain_db, tilt_db; check the spelling$"
    ):
        Tone(tilt=3)


def test_what_is_set_is_heard():
    """From the keyword to the line that reads the record's field, also while sound runs."""
    x = np.ones(8, np.float32)
    with Chain([plugin := Tone(tilt_db=6)]).open(48_000) as stream:
        assert stream.process(x) == pytest.approx([1.0] * 4 + [10 ** (-6 / 20)] * 4)
        plugin.tilt_db = 0
        assert np.array_equal(stream.process(x), x)


def test_in_a_session_and_in_a_midi_map(tmp_path):
    """Written, read, changed by hand, and bound to a control."""
    file = tmp_path / "stage.toml"
    save(Session(before=(Slot.of(Tone(tilt_db=3)),), midi_port="nano", midi_map=("tone.tilt=cc7",)), file)
    assert "tilt = 3.0" in file.read_text()
    assert load(file).midi_map == ("tone.tilt=cc7",)
    file.write_text(file.read_text().replace("tilt = 3.0", 'tilt = "-2 dB"'))
    (slot,) = load(file).before
    assert registry.from_dict(slot.table()).tilt_db == -2.0


def test_on_the_command_line():
    """Among the options of gate-live, gate-panel and whoever reads plugins from a text."""
    options = parser().parse_args(["--before", "tone:gain=1,tilt=2 dB"])
    (slot,) = begin(options, print).before
    assert dict(slot.parameters) == {"gain": 1.0, "tilt": 2.0}


@pytest.mark.qt
def test_in_the_panel(qtbot):
    """The slot's box has a slider for it, which asks for its value."""
    pytest.importorskip("PyQt6")
    from PyQt6.QtWidgets import QWidget

    from gate.panel.view.chain import SlotBox
    from gate.panel.view.parts.look import Look

    plugin, window, asked = Tone(tilt_db=3), QWidget(), []
    qtbot.addWidget(window)
    facts = SlotFacts("tone", "tone", "", False, 0, plugin.parameters, plugin.values)
    box = SlotBox(window, Look("light"), facts)
    box.asked.connect(lambda *what: asked.append(what))
    box.sliders["tilt"].asked.emit(1.5)
    assert asked == [("tone.tilt", 1.5)]


PROGRAM = """
import inspect, sys
from gate import Gate, Session
from gate.cli import live_options, render_options
from gate.cli.options import given
from gate.engine.settings import knob_numbers
from gate.midi.bindings import parse_one
from gate.modelfile import contract
from gate.parameters import BY_ID, GateValues
from gate.panel.model import IDS
from gate.realtime.record import RECORD
from gate.render.report import Report
from gate.session import table
from tests import toy_model

assert "/copy/gate/" in sys.modules["gate"].__file__
toy = contract.read(toy_model.build())
gate = Gate(toy, decay_scale=1.5)
assert (gate.decay_scale, gate.value("decay-scale")) == (1.5, 1.5)
assert "decay_scale" in inspect.signature(Gate).parameters
assert knob_numbers(toy, {"decay_scale": 1.5})["decay-scale"] == 1.5
assert "decay_scale" in RECORD.names
session, unknown = table.read({"format": 1, "parameters": {"decay-scale": "x1.5"}, "midi": {"port": "a", "map": [
    "decay-scale=cc7"]}}, ".")
assert (dict(session.parameters), session.midi_map, unknown) == ({"decay-scale": 1.5}, ("decay-scale=cc7",), [])
assert parse_one("decay-scale=cc7").value(0.0) == 0.5
for parser in (render_options.parser(), live_options.parser()):
    rest = ["in.wav", "-o", "out.wav"] if parser.prog == "gate-render" else []
    assert given(parser.parse_args([*rest, "--decay-scale", "1.5"])) == {"decay_scale": 1.5}
values = GateValues(threshold_db=-40, range_db=-80, decay_scale=1.5)
assert str(values) == "decay-scale x1.50"
report = Report(*["" for _ in range(6)], 48_000, 1, 0, 0.0, "", "", "", values, *["" for _ in range(9)])
assert (report.decay_scale, report.to_dict()["decay_scale"]) == (1.5, 1.5)
assert "decay-scale" in IDS
if "panel" in sys.argv:
    from PyQt6.QtWidgets import QApplication
    from gate.panel.view.learned import Learned
    from gate.panel.view.parts.look import Look
    application = QApplication([])
    assert Learned(Look("light")).controls["decay-scale"].parameter is BY_ID["decay-scale"]
"""


@pytest.mark.parametrize("panel", ["", pytest.param("panel", marks=pytest.mark.qt)])
def test_in_the_gate_s_own_table(tmp_path, panel):
    """A copy of the sources with one row more in the table, and no other edit."""
    if panel:
        pytest.importorskip("PyQt6")
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "gate", copy / "gate", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        ROOT / "tests", copy / "tests", ignore=shutil.ignore_patterns("__pycache__", "gate", "training")
    )
    file = copy / "gate" / "parameters" / "table.py"
    before, after = file.read_text().split("    key_low_hz = ")
    file.write_text(f"{before}{ROW.strip(chr(10))}\n    key_low_hz = {after}")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, panel], cwd=copy, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(copy), "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
