"""The one table of what a user can set."""

import numpy as np
import pytest

from gate.parameters import BY_ID, PARAMETERS


def test_ids_are_unique_and_found() -> None:
    """Each parameter is found by its id."""
    assert [BY_ID[parameter.id] for parameter in PARAMETERS] == list(PARAMETERS)
    assert list(BY_ID) == ["threshold", "range", "lookahead", "link", "guard", "guard-grace"]


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.id)
def test_a_parameter_takes_its_range_and_nothing_else(
    parameter: object,
) -> None:
    """Both ends are taken, what lies beyond them and NaN are refused."""
    low, high = parameter.minimum, parameter.maximum
    assert low < high
    assert parameter.default is None or low <= parameter.default <= high
    assert [parameter.check(low), parameter.check(high)] == [low, high]
    for value in (low - 1.0, high + 1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=f"^{parameter.id} .* is out of range: give "):
            parameter.check(value)


def test_range_may_be_minus_infinity() -> None:
    """A range of -inf is silence, and the text of an error says that it is allowed."""
    assert BY_ID["range"].check(-np.inf) == -np.inf
    with pytest.raises(ValueError, match=r"^range 6 dB is out of range: give -120 to 0 dB, or -inf$"):
        BY_ID["range"].check(6.0)
    with pytest.raises(ValueError, match="is out of range"):
        BY_ID["threshold"].check(-np.inf)


def test_help_is_one_sentence_with_its_range() -> None:
    """Help names the unit, and the range where there is one."""
    for parameter in PARAMETERS:
        assert parameter.help[0].islower()
        assert "\n" not in parameter.help
        if parameter.taper == "linear":
            assert (
                f"{parameter.minimum:g} to {parameter.maximum:g}".replace("-120 to 0", "-120 to 0")
                in parameter.help
            )
