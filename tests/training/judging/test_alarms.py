"""False alarms: what gates do where there is only bleed."""

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from training.judging.alarms import judge_alarms, without_target
from training.judging.baselines import SHUT_GAIN, classic
from training.judging.contestants import Contestant
from training.judging.gates import Decides
from training.judging.judge import judge
from training.scenes.compose import Scene

BLOCKS = 480
"""A second."""
ROUNDING = 1e-6
"""Linear: bleed is what is left of a sum of single precision."""


def make_scene(kind, snr_db, seed=0, under_db=20.0):
    """A tone in its middle, loud level -20 dBFS, and hiss ``snr_db`` under it from the middle on."""
    rng = np.random.default_rng(seed)
    count = BLOCKS * BLOCK
    bleed = rng.normal(scale=0.1 * 10 ** (-snr_db / 20), size=count).astype(np.float32)
    bleed[: count // 2] = 0.0
    target = (0.1 * np.sqrt(2) * np.sin(2 * np.pi * 440 * np.arange(count) / RATE)).astype(np.float32)
    target[: count // 4] = target[3 * count // 4 :] = 0.0
    recipe = {"kind": kind, "snr_db": snr_db, "threshold_db": -20.0 - under_db}
    return Scene(target + bleed, target, -20.0, recipe), bleed


def test_the_target_goes_and_the_rest_stays():
    """Bleed, Threshold and recipe are those of the scene; scenes of 20 dB are left out."""
    scenes, bleeds = zip(*(make_scene("noise", snr) for snr in (0.0, 5.0, 10.0, 20.0)), strict=True)
    alone = without_target(scenes)
    assert [one.recipe for one in alone] == [scene.recipe for scene in scenes[:3]]
    for one, bleed in zip(alone, bleeds, strict=False):
        assert not one.target.any()
        assert one.mixture == pytest.approx(bleed, abs=ROUNDING)
        assert np.isnan(one.loud_db)


def test_what_opens_is_counted():
    """Half a second of hiss over the Threshold opens a level gate once; under it, never. A shut gate has none."""
    loud, _ = make_scene("noise", 0.0)
    soft, _ = make_scene("music", 10.0, under_db=5.0)
    alone = without_target([loud, soft])
    table, _ = judge_alarms(alone, Decides(classic))
    assert table["noise"]["far"] == pytest.approx(0.5, abs=2 / BLOCKS)
    assert table["noise"]["needless_min"] == pytest.approx(60.0)
    assert table["noise"]["cut_db"] == pytest.approx(0.0, abs=0.1)
    assert (table["music"]["far"], table["music"]["needless_min"]) == (0.0, 0.0)
    assert table["music"]["cut_db"] == pytest.approx(80.0)
    shut, _ = judge_alarms(alone, Decides(lambda scene, threshold_db: (None, np.full(BLOCKS, SHUT_GAIN))))
    assert shut["noise"]["far"] == 0.0


def test_intervals_hold_the_figure():
    """Over scenes, for the rows of each kind; a kind of one scene has none."""
    alone = without_target(
        [make_scene("noise", 0.0, seed, under)[0] for seed, under in enumerate((20, -5, 20))]
    )
    alone += without_target([make_scene("music", 0.0)[0]])
    table, ends = judge_alarms(alone, Decides(classic), draws=50)
    assert list(ends) == ["noise"]
    low, high = ends["noise"]["far"]
    assert 0.0 <= low < table["noise"]["far"] < high <= 1.0


def test_only_gates_that_decide_by_ear_are_asked():
    """A gate that knows the answer has no false alarms to show, and a run that does not ask for them has none."""
    scenes = [make_scene("noise", 0.0, seed)[0] for seed in range(2)]
    heard = []
    gates = [
        Contestant("classic", "baseline", Decides(classic)),
        Contestant("knows", "law", Decides(classic), by_ear=False),
    ]
    judged = judge(scenes, gates, draws=5, heard=heard.append, without_target=without_target(scenes))
    by_ear, knows = judged.verdicts
    assert set(by_ear.alarms) == {"noise", "noise 0 dB"}
    assert (knows.alarms, knows.alarms_intervals) == ({}, {})
    assert heard == ["classic"] * 4 + ["knows"] * 2
    assert judge(scenes, gates[:1], draws=5).verdicts[0].alarms == {}
