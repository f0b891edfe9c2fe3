"""Plugins as objects: attributes with units and ranges, which reach whatever runs."""

import numpy as np
import pytest

from gate import Classify, Gate, HighPass
from gate.errors import ContractError, PresetError
from gate.modelfile import contract
from gate.parameters import Parameter, attribute
from gate.plugins.running import Format
from tests import toy_classify

MONO = Format(48_000, 1, np.dtype(np.float32))


def test_settings_are_attributes_named_with_their_units(toy):
    """Each parameter of the table is an attribute, and starts where it is told or where the preset says."""
    gate = Gate(toy, threshold_db=-45)
    assert (gate.threshold_db, gate.range_db) == (-45.0, toy.default_range_db)
    assert [attribute(parameter) for parameter in gate.parameters] == [
        "threshold_db",
        "range_db",
        "lookahead_ms",
        "link",
        "guard",
        "guard_grace_ms",
        "attack_scale",
        "hold_scale",
        "release_scale",
        "key_low_hz",
        "key_high_hz",
    ]
    assert all(isinstance(parameter, Parameter) for parameter in gate.parameters)
    assert [p.unit for p in HighPass().parameters] == ["Hz"]
    assert repr(HighPass(120)) == "HighPass(cutoff_hz=120)"
    assert repr(gate).startswith("Gate('toy', threshold_db=-45, range_db=-80")


def test_a_value_out_of_range_is_refused_and_changes_nothing(toy):
    """The text is the table's."""
    gate = Gate(toy)
    with pytest.raises(ValueError, match=r"^threshold 3 dBFS is out of range: give -80 to 0 dBFS$"):
        gate.threshold_db = 3
    assert gate.threshold_db == toy.default_threshold_db
    with pytest.raises(ValueError, match=r"^cutoff 5 Hz is out of range: give 10 to 2000 Hz$"):
        HighPass(5)


def test_a_misspelled_attribute_is_refused():
    """It would do nothing, silently."""
    with pytest.raises(
        AttributeError,
        match=r"^HighPass has no 'cutof_hz': expected one of cutoff_hz, bypassed; check the spelling$",
    ):
        HighPass().cutof_hz = 100


def test_setting_an_attribute_reaches_all_that_runs_and_nothing_that_is_closed(toy):
    """As long as it runs."""
    gate = Gate(toy)
    first, second = gate.open(MONO), gate.open(MONO)
    gate.threshold_db, gate.range_db = -33, -np.inf
    for running in (first, second):
        assert running.record["threshold_db"][0] == -33
        assert running.record["range_db"][0] == -np.inf
    first.close()
    gate.threshold_db = -20
    assert gate.running == (second,)
    assert second.record["threshold_db"][0] == -20
    second.close()
    second.close()
    assert gate.running == ()


def test_what_is_laid_out_at_opening_stays_in_a_plugin_opened_by_itself(toy):
    """Lookahead is memory; only a stream can fade in a fresh one. Nothing has changed, and the text says what to do."""
    gate = Gate(toy, lookahead_ms=5)
    running = gate.open(MONO)
    assert running.latency_samples == 240
    with pytest.raises(ValueError, match="got one opened by itself; open it again to set this"):
        gate.lookahead_ms = 10
    assert gate.lookahead_ms == 5
    running.close()
    gate.lookahead_ms = 10
    with_more = gate.open(MONO)
    assert with_more.latency_samples == 480
    with_more.close()


def test_models_of_another_kind_and_presets_that_are_not_there_are_refused(toy):
    """When the plugin is made, not when sound runs."""
    with pytest.raises(ContractError, match="expected a gate, got a classify"):
        Gate(contract.read(toy_classify.build()))
    with pytest.raises(ContractError, match="expected a classify, got a gate"):
        Classify(toy)
    with pytest.raises(PresetError, match="did you mean voice"):
        Gate("voise")


@pytest.mark.parametrize(
    ("format", "error", "text"),
    [
        ((100, 1, np.float32), ValueError, "a sound at 100 Hz: expected a whole rate from 8000 to 192000 Hz"),
        ((48_000, 33, np.float32), ValueError, "33 channels: expected 1 to 32; split the sound"),
        ((48_000, 1, np.int16), TypeError, "sound of int16: expected float32 or float64; convert it first"),
        ((48_000, 1, np.float32, 0), ValueError, "calls of 0 frames: expected 1 or more; give None for any"),
    ],
)
def test_a_sound_that_cannot_be_is_refused(format, error, text):
    """Rate, channels, type and frames, each with its sentence."""
    rate, channels, dtype, *frames = format
    with pytest.raises(error) as caught:
        Format(rate, channels, np.dtype(dtype), *frames)
    assert str(caught.value).startswith(text)
