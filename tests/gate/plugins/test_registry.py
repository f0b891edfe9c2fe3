"""Plugins from texts and tables, and back."""

import json
from importlib import import_module

import numpy as np
import pytest

from gate import Gate, HighPass
from gate.errors import PresetError, UsageError
from gate.plugins.registry import KINDS, from_dict, from_text, to_dict
from tests import toy_model, toy_sound


def test_every_kind_is_what_its_class_calls_itself():
    """One name for it, in texts, files and Python."""
    for name, kind in KINDS.items():
        assert getattr(import_module(kind.module), kind.name).kind == name


def test_texts_become_plugins(tmp_path):
    """Kind, file, parameters in any order, with spaces where people put them."""
    plain = from_text("highpass")
    assert isinstance(plain, HighPass) and plain.cutoff_hz == 80.0
    assert from_text(" highpass: cutoff = 120 ").cutoff_hz == 120.0
    classic = from_text("classic:threshold=-50,hold=80,range=-inf")
    assert (classic.threshold_db, classic.hold_ms, classic.range_db) == (-50.0, 80.0, -np.inf)
    file = tmp_path / "a, b: c.onnx"
    file.write_bytes(toy_sound.audio())
    assert from_text(f"model:{file}").file == str(file)
    gate = tmp_path / "toy.onnx"
    gate.write_bytes(toy_model.build())
    made = from_text(f"gate:{gate},threshold=-30")
    assert isinstance(made, Gate) and made.threshold_db == -30.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "",
            "expected a kind of plugin (highpass, classic, gate, model, nam, convolve, vst3, classify), got ''; choose one",
        ),
        ("higpass:cutoff=80", "got 'higpass'; did you mean 'highpass'?"),
        ("highpass:cutof=80", "highpass has no 'cutof': expected one of cutoff; did you mean 'cutoff'?"),
        ("highpass:cutoff=80,120", "expected parameters such as cutoff=120, got '120' in"),
        ("highpass:cutoff=low", "highpass: expected a number in Hz, got 'low', in cutoff=low"),
        ("highpass:cutoff=5", "highpass: cutoff 5 Hz is out of range: give 10 to 2000 Hz"),
        ("highpass:80", "highpass is made of no file, got '80'; give parameters such as id=value"),
        ("model", "model is made of a file, got none; give model:FILE.onnx"),
    ],
)
def test_what_is_no_plugin_is_refused(text, said):
    """With what was expected, and what may have been meant."""
    with pytest.raises(UsageError) as caught:
        from_text(text)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_the_presets_error():
    """As everywhere else."""
    with pytest.raises(PresetError):
        from_text("model:nowhere.onnx")


def test_tables_there_and_back(tmp_path):
    """Kind, file, bypass and every parameter survive; other keys are nobody's business here."""
    file = tmp_path / "toy.onnx"
    file.write_bytes(toy_model.build())
    for text in ("highpass:cutoff=123", "classic:threshold=-51,key-high-pass=90", f"gate:{file},range=-20"):
        plugin = from_text(text)
        plugin.bypassed = True
        table = json.loads(json.dumps(to_dict(plugin)))
        again = from_dict(table | {"comment": "mine"})
        assert type(again) is type(plugin) and again.values == plugin.values
        assert again.bypassed and to_dict(again) == table


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "expected a kind of plugin"),
        (
            {"kind": "highpass", "parameters": [1]},
            "expected a slot's kind, its file and a table of parameters",
        ),
        ({"kind": "highpass", "bypassed": 1}, "expected bypassed true or false, got 1"),
        ({"kind": "highpass", "parameters": {"cutoff": None}}, "cutoff: expected a number in Hz, got None"),
    ],
)
def test_what_no_table_is_is_refused(table, said):
    """A damaged session says what is wrong with it."""
    with pytest.raises(UsageError) as caught:
        from_dict(table)
    assert said in str(caught.value)
