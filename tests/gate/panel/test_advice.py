"""Plain words, each with its remedy, when and as long as something is wrong."""

from dataclasses import replace

import pytest

from gate.live.status import DECIDES, Status
from gate.panel.advice import QUIET_S, SPAN_S, Adviser

FINE = Status(
    seconds=1.0, preset="voice", decides=DECIDES[0], monitor="out", threshold_db=-40.0, range_db=-80.0, input_db=-20.0,
    output_db=-20.0, open=True, gain_db=0.0, attack_ms=3.0, hold_ms=50.0, release_ms=100.0, key_low_hz=100.0,
    key_high_hz=8000.0, load=0.05, load_most=0.1, p999_us=80.0, buffer=100, buffers=1000, late=0, over=0, model_errors=0,
    latency_ms=4.2, added_ms=0.0, decision_delay_ms=2.1, nonfinite=0, tape_lost=0,
)  # fmt: skip
JACK = {"host_api": "JACK", "native": True}


def keys(adviser, status, now_s, facts=JACK):
    return [advice.key for advice in adviser(status, facts, now_s)]


def test_nothing_is_said_while_all_is_well():
    """Not at the beginning and not later."""
    adviser = Adviser()
    assert not any(keys(adviser, FINE, float(now)) for now in range(30))


def test_late_buffers_are_said_with_their_number_until_they_are_long_ago():
    """Those of before the panel looked do not count; ten seconds later it is over."""
    adviser = Adviser()
    assert keys(adviser, replace(FINE, late=7), 0.0) == []
    (said,) = adviser(replace(FINE, late=10), JACK, 2.0)
    assert said.key == "late" and said.values["late"] == 3 and "longer buffer" in said.remedy
    assert keys(adviser, replace(FINE, late=10), 2.0 + SPAN_S) == ["late"]
    assert keys(adviser, replace(FINE, late=10), 3.0 + SPAN_S) == []


def test_late_buffers_of_a_file_are_nobodys_worry():
    """Nobody hears them."""
    adviser, files = Adviser(), {"host_api": "files"}
    assert keys(adviser, FINE, 0.0, files) == keys(adviser, replace(FINE, over=5), 1.0, files) == []


def test_silence_is_said_after_a_while():
    """Digital silence alone: a quiet room is not silent."""
    adviser, silent = Adviser(), replace(FINE, input_db=float("-inf"))
    assert keys(adviser, silent, 0.0) == []
    assert keys(adviser, silent, QUIET_S + 1.0) == ["silent"]
    assert keys(adviser, replace(FINE, input_db=-90.0), QUIET_S + 2.0) == []


def test_clipping_is_said_for_a_few_seconds():
    """It is a peak, so it is over before it can be read."""
    adviser = Adviser()
    assert keys(adviser, replace(FINE, input_db=0.0), 0.0) == ["clipped"]
    assert keys(adviser, FINE, 1.0) == ["clipped"]
    assert keys(adviser, FINE, SPAN_S) == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_fallen_model_is_said(number):
    """In the words of the status."""
    assert keys(Adviser(), replace(FINE, decides=DECIDES[number]), 0.0) == ["fallback"]


def test_python_in_the_callback_is_said_with_its_reason():
    """And a disk that is too slow."""
    facts = {"host_api": "ALSA", "native": False, "reason": "no wheel"}
    said = Adviser()(replace(FINE, tape_lost=3), facts, 0.0)
    assert [advice.key for advice in said] == ["python", "disk"]
    assert said[0].what.format(**said[0].values).endswith("no wheel")


def test_every_sentence_can_be_filled_in():
    """All that is wrong at once: each has a remedy, and every name in it a value."""
    adviser = Adviser()
    adviser(FINE, JACK, 0.0)
    worst = replace(FINE, late=3, decides=DECIDES[1], input_db=1.0, tape_lost=1)
    said = adviser(worst, {"host_api": "ALSA", "native": False, "reason": ""}, 1.0)
    assert len(said) == 5
    for advice in said:
        assert "{" not in advice.what.format(**advice.values) and advice.remedy
