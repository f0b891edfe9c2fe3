"""The benchmark of clones: which boxes there are, and when a row counts as met."""

import dataclasses
from itertools import islice

import numpy as np

from benchmarks import clone_boxes, clones
from benchmarks.clones import Row
from gate.constants import RATE
from training.clone.behaviour import Behaviour
from training.clone.law import Dials

THEIRS = Behaviour(10.0, 200.0, -30.0, -36.0, -40.0, 0.0)


def row(ours, within=0.97):
    box = clone_boxes.Box("a gate", "threshold -30", -30.0, lambda x: x)
    return Row(box, Dials(), THEIRS, ours, within, -40.0, 1.0)


def test_without_other_makers_there_are_the_laws(monkeypatch):
    """Where nothing is installed, the three laws take turns, at other settings each time, the same for one seed."""
    monkeypatch.setattr(clone_boxes.shutil, "which", lambda name: None)
    monkeypatch.setattr(clone_boxes.importlib.util, "find_spec", lambda name: None)
    first, again = (list(islice(clone_boxes.boxes(3), 4)) for _ in range(2))
    assert [one.name for one in first] == ["LSP's law", "OBS's law", "JUCE's law", "LSP's law"]
    assert [one.dials for one in first] == [one.dials for one in again]
    assert first[0].dials != first[3].dials
    assert clone_boxes.absent() == ["ffmpeg", "sox", "lv2apply", "pedalboard"]
    x = 0.5 * np.random.default_rng(0).normal(size=RATE // 10)
    for box in first:
        assert np.all(np.abs(box.process(x)) <= np.abs(x) + 1e-12)


def test_a_row_is_met_within_a_tenth_and_half_a_decibel():
    """Each aim is judged alone, and what a box does not show is not judged."""
    near = Behaviour(10.9, 210.0, -30.4, -36.4, -39.6, 0.1)
    assert row(near).met() == {"times": True, "threshold": True, "range": True, "gain": True}
    far = dataclasses.replace(near, fall_ms=225.0, up_db=-29.0)
    assert row(far, 0.9).met() == {"times": False, "threshold": False, "range": True, "gain": False}
    silent = dataclasses.replace(THEIRS, fall_ms=float("nan"))
    hidden = Row(row(near).box, Dials(), silent, near, 0.99, -40.0, 1.0)
    assert hidden.met()["times"]
    text = "\n".join(clones.table([row(near), row(far, 0.9)]))
    assert "Of 2 boxes these meet the aims: times 1, threshold 1, range 2, gain 1; all of them: 1." in text


def test_what_is_judged_on_is_not_what_is_learned_from():
    """The two sounds last as long as they are said to, and differ."""
    learned, heard = clones.learned(20.0), clones.heard(2.0)
    assert len(learned) == 20 * RATE
    assert len(heard) == 2 * RATE
    assert np.max(np.abs(heard)) <= 1.0
