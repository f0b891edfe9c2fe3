"""The one table of what a user can set, and how its values are written, read and laid along a knob."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.parameters import BY_ID, PARAMETERS, Parameter, attribute, default
from gate.plugins.classic import ClassicGate
from gate.plugins.highpass import HighPass

CUTOFF = HighPass.cutoff_hz.parameter

ALL = (*PARAMETERS, *ClassicGate.table(), CUTOFF)
"""Of the gate and of every plugin that has its own."""

FACTOR = Parameter("scale", "Scale", "x", 0.25, 4.0, 1.0, "log", True, "how many times as long")

ROUNDING = 1e-9
"""Of a value's way through a knob, as a share of the range."""

every = pytest.mark.parametrize("parameter", ALL, ids=lambda parameter: parameter.id)


def test_ids_are_unique_and_found() -> None:
    """Each parameter is found by its id."""
    assert [BY_ID[parameter.id] for parameter in PARAMETERS] == list(PARAMETERS)
    assert {"threshold", "range", "lookahead", "link", "guard", "guard-grace"} <= set(BY_ID)
    assert default("guard-grace") == 350.0


@every
def test_a_parameter_takes_its_range_and_nothing_else(parameter: Parameter) -> None:
    """Both ends are taken, what lies beyond them and NaN are refused."""
    low, high = parameter.minimum, parameter.maximum
    assert low < high
    assert parameter.default is None or low <= parameter.default <= high
    assert [parameter.check(low), parameter.check(high)] == [low, high]
    for value in (low - 1.0, high + 1.0, np.nan, np.inf, 10**400, 0.5 if parameter.words else high * 2 + 1):
        with pytest.raises(ValueError, match=f"^{parameter.id} .* is out of range: give "):
            parameter.check(value)


def test_range_may_be_minus_infinity() -> None:
    """A range of -inf is silence, and the text of an error says that it is allowed."""
    assert BY_ID["range"].check(-np.inf) == -np.inf
    with pytest.raises(ValueError, match=r"^range 6 dB is out of range: give -120 to 0 dB, or -inf$"):
        BY_ID["range"].check(6.0)
    with pytest.raises(ValueError, match="is out of range"):
        BY_ID["threshold"].check(-np.inf)


def test_a_choice_says_what_its_numbers_mean() -> None:
    """When there is no such number."""
    match = r"^guard 5 is out of range: give 0 \(off\), 1 \(speech\), 2 \(not-music\)$"
    with pytest.raises(ValueError, match=match):
        BY_ID["guard"].check(5)
    with pytest.raises(ValueError, match=r"^link 0\.5 is out of range: give 0 \(off\), 1 \(on\)$"):
        BY_ID["link"].check(0.5)


@every
def test_the_rest_of_a_row_fits_together(parameter: Parameter) -> None:
    """Help is a sentence without the range, which stands in the row alone; a log taper is over 0; only what may
    change while sound runs has a smoothing."""
    assert parameter.help[0].islower() and "\n" not in parameter.help and not parameter.help.endswith(".")
    assert f"{parameter.minimum:g} to {parameter.maximum:g}" not in parameter.help
    assert parameter.sentence.startswith(parameter.help)
    assert parameter.taper != "log" or parameter.minimum > 0.0
    assert bool(parameter.words) == (parameter.taper in ("switch", "choice"))
    assert not parameter.words or parameter.maximum == len(parameter.words) - 1
    assert parameter.live or parameter.smoothing_ms == 0.0


@pytest.mark.parametrize(
    ("parameter", "value", "text"),
    [
        (BY_ID["threshold"], -45.0, "-45.0 dBFS"),
        (BY_ID["threshold"], -0.01, "0.0 dBFS"),
        (BY_ID["range"], -math.inf, "-inf dB"),
        (BY_ID["guard-grace"], 350.0, "350 ms"),
        (BY_ID["lookahead"], 2.5, "2.5 ms"),
        (CUTOFF, 80.0, "80.0 Hz"),
        (CUTOFF, 1234.5, "1234 Hz"),
        (FACTOR, 0.5, "x0.50"),
        (BY_ID["guard"], 2.0, "not-music"),
        (BY_ID["link"], 1.0, "on"),
    ],
)
def test_a_value_is_written_with_its_unit_and_read_again(
    parameter: Parameter, value: float, text: str
) -> None:
    """As people read it."""
    assert parameter.text(value) == text
    assert parameter.parse(text) == pytest.approx(value, abs=0.5 if abs(value) >= 100 else 0.05)


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (BY_ID["threshold"], "-45", -45.0),
        (BY_ID["threshold"], " -45 dB ", -45.0),
        (BY_ID["threshold"], "-45dbfs", -45.0),
        (BY_ID["range"], "-inf", -math.inf),
        (BY_ID["range"], "-inf dB", -math.inf),
        (BY_ID["guard-grace"], "0.35 s", 350.0),
        (BY_ID["guard-grace"], "350MS", 350.0),
        (CUTOFF, "1.2 kHz", 1200.0),
        (FACTOR, "2x", 2.0),
        (FACTOR, "x 2", 2.0),
        (FACTOR, "2", 2.0),
        (BY_ID["guard"], "Speech", 1.0),
        (BY_ID["guard"], "2", 2.0),
        (BY_ID["link"], "off", 0.0),
    ],
)
def test_what_people_write_is_read(parameter: Parameter, text: str, value: float) -> None:
    """With the unit, with a larger one, or without."""
    assert parameter.parse(text) == value


@pytest.mark.parametrize(
    ("parameter", "text", "sentence"),
    [
        (BY_ID["threshold"], "loud", "expected a number in dBFS, got 'loud'"),
        (BY_ID["threshold"], "45 ms", "expected a number in dBFS, got '45 ms'"),
        (BY_ID["threshold"], "6 dB", "threshold 6 dBFS is out of range: give -80 to 0 dBFS"),
        (BY_ID["threshold"], "", "expected a number in dBFS, got ''"),
        (BY_ID["guard"], "loud", "expected off, speech or not-music, got 'loud'"),
        (BY_ID["link"], "", "expected off or on, got ''"),
        (BY_ID["guard-grace"], "5 s", "guard-grace 5000 ms is out of range: give 100 to 2000 ms"),
    ],
)
def test_what_is_no_value_is_refused(parameter: Parameter, text: str, sentence: str) -> None:
    """With what was expected, or the range."""
    with pytest.raises(ValueError) as caught:
        parameter.parse(text)
    assert str(caught.value) == sentence


@every
def test_travel_and_value_are_inverse(parameter: Parameter) -> None:
    """All along a knob of 128 places, and at its ends exactly the range's."""
    assert (parameter.at(0.0), parameter.at(1.0)) == (parameter.minimum, parameter.maximum)
    assert (parameter.at(-1.0), parameter.at(2.0)) == (parameter.minimum, parameter.maximum)
    width = parameter.maximum - parameter.minimum
    for k in range(128):
        value = parameter.at(k / 127)
        assert parameter.check(value) == value
        assert parameter.at(parameter.travel(value)) == pytest.approx(value, abs=ROUNDING * width)
    for number in range(len(parameter.words)):
        assert parameter.at(parameter.travel(number)) == number


def test_tapers() -> None:
    """Halfway is halfway in the unit, or halfway in factors."""
    assert BY_ID["threshold"].at(0.5) == -40.0
    assert FACTOR.at(0.5) == pytest.approx(1.0)
    assert CUTOFF.at(0.5) == pytest.approx(math.sqrt(10.0 * 2000.0))
    assert BY_ID["range"].travel(-math.inf) == 0.0


@settings(deadline=None, derandomize=True)
@given(
    travel=st.floats(-0.5, 1.5),
    ends=st.tuples(st.floats(0.25, 4.0), st.floats(0.25, 4.0)),
    taper=st.sampled_from(["linear", "log"]),
)
def test_a_knob_stays_between_its_ends(travel: float, ends: tuple[float, float], taper: str) -> None:
    """Whichever end is larger, and however the numbers round."""
    value = FACTOR.at(travel, ends, taper)
    assert min(ends) <= value <= max(ends)
    assert 0.0 <= FACTOR.travel(value, ends, taper) <= 1.0


@pytest.mark.parametrize(
    ("unit", "called", "said"), [("%", "mix", "30 %"), ("s", "mix_s", "30s"), ("st/oct", "mix_st_oct", "30")]
)
def test_units_of_others_stand_for_themselves(unit, called, said):
    """A third-party plugin's: in an attribute's name by their letters, behind a number as they are."""
    parameter = Parameter("mix", "Mix", unit, 0.0, 100.0, 50.0, "linear", True, "how much")
    assert attribute(parameter) == called
    assert parameter.parse(said) == 30.0


def test_words_are_read_in_any_case():
    """Also those that have capitals of their own."""
    parameter = Parameter("mode", "Mode", "", 0.0, 1.0, 0.0, "choice", True, "which", ("Low Pass", "notch"))
    assert parameter.parse("low pass") == 0.0 and parameter.parse("NOTCH") == 1.0
