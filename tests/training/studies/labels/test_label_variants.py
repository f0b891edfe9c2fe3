"""Other careful labels, and how agreement with ours is counted."""

import json

import numpy as np
import pytest

from gate.constants import BLOCK
from gate.levels import WINDOW, block_levels_db
from training.labels import GAP_BLOCKS, _label
from training.scenes.compose import Scene
from training.studies.labels import variants as label_variants
from training.studies.labels.variants import VARIANTS, agreement, balanced, centred_levels_db, compare

LEVEL_MATCH_DB = 1e-4
"""Levels are single precision, about -100 dB at the lowest."""
T = -40.0


def bursts(*runs):
    """Sound from (amplitude, blocks) runs of a square wave, whose level is flat."""
    return np.concatenate(
        [
            np.full(blocks * BLOCK, amplitude) * np.tile([1.0, -1.0], blocks * BLOCK // 2)
            for amplitude, blocks in runs
        ]
    ).astype(np.float32)


def test_the_slow_level_of_5_ms_is_the_ordinary_level():
    """With the ordinary window, the variant's level is gate.levels' own."""
    x = np.random.default_rng(0).normal(scale=0.1, size=5000).astype(np.float32)
    np.testing.assert_allclose(centred_levels_db(x, WINDOW), block_levels_db(x), atol=LEVEL_MATCH_DB)


@pytest.mark.parametrize("seed", range(5))
def test_the_slower_label_with_our_gap_is_our_label(seed):
    """Only window and gap differ: with our gap the same levels get the same label."""
    rng = np.random.default_rng(seed)
    over = np.cumsum(rng.normal(0, 2.0, 3000)).astype(np.float32)
    over -= np.median(over)
    np.testing.assert_array_equal(label_variants._filled(over, GAP_BLOCKS), _label(over))


def test_a_gap_of_175_ms_is_filled_by_ours_alone():
    """84 blocks of silence between two words: open in ours, a pause in the slower one and in the trigger."""
    x = bursts((0.0, 100), (0.3, 50), (0.0, 84), (0.3, 50), (0.0, 200))
    labels = {name: make(x, T) for name, make in VARIANTS.items()}
    middle = slice(210, 225)  # behind the slower one's tail, before its foot
    assert (labels["ours"][middle] == 1).all()
    assert (labels["slower"][middle] == 0).all()
    assert (labels["schmitt"][middle] == 1).all()  # held for 200 ms


def test_the_trigger_holds_200_ms_and_never_abstains():
    """It opens with the level, stays for 96 blocks after it left T - 6 dB, and scores every block."""
    made = VARIANTS["schmitt"](bursts((0.0, 100), (0.3, 50), (0.0, 200)), T)
    on = np.flatnonzero(made == 1)
    assert set(made) == {0, 1}
    assert on[0] in (99, 100)  # the centred window hears a sound up to 1.5 ms before its block
    assert on[-1] in (149 + 96, 150 + 96)


def test_agreement_is_counted_over_blocks_that_both_score():
    """Blocks that either leaves unscored count for nothing; balance weighs both classes alike."""
    truth = np.array([1, 1, 1, 1, 0, 0, -1, 1], np.int8)
    other = np.array([1, 1, 1, 0, 0, 1, 1, -1], np.int8)
    assert agreement(truth, other).tolist() == [1, 2, 3, 4]
    assert balanced(agreement(truth, other)) == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert np.isnan(balanced(np.array([0, 0, 1, 1])))


def scenes():
    """Four scenes of bursts."""
    rng = np.random.default_rng(7)
    made = []
    for _ in range(4):
        runs = [(rng.choice([0.0, 0.3]), int(rng.integers(10, 150))) for _ in range(30)]
        x = bursts(*runs)
        made.append(Scene(mixture=x, target=x, loud_db=-10.0, recipe={"threshold_db": T}))
    return made


def test_every_pair_is_compared_and_the_interval_holds_the_number():
    """Three labels, six ordered pairs, seeded intervals about each; shares sum to one."""
    result = compare(scenes(), draws=100)
    pairs = {name: row for name, row in result.items() if "balanced" in row}
    assert len(pairs) == 6
    for row in pairs.values():
        low, high = row["interval_95"]
        assert low <= row["balanced"] <= high <= 1.0
    for name in VARIANTS:
        assert sum(result[name].values()) == pytest.approx(1.0)
    assert result == compare(scenes(), draws=100)


def test_the_command_prints_every_pair(monkeypatch, capsys):
    """Lines for people, JSON when asked, one sentence when the corpus is not there."""
    assert label_variants.main(["--corpus", "/nowhere/at/all"]) == 1
    assert capsys.readouterr().err.startswith("label_variants: error: ")
    monkeypatch.setattr("training.recordings.corpus.Corpus.from_manifest", lambda folder: folder)
    monkeypatch.setattr(
        "training.scenes.judged.judged_scenes", lambda corpus, split, seed, per_kind: scenes()
    )
    assert label_variants.main(["--corpus", "x"]) == 0
    assert capsys.readouterr().out.count("balanced") == 6
    assert label_variants.main(["--corpus", "x", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 9


def test_the_trigger_s_hold_can_be_chosen(monkeypatch, capsys):
    """A longer hold is open for longer; a negative one is wrong usage."""
    monkeypatch.setattr("training.recordings.corpus.Corpus.from_manifest", lambda folder: folder)
    monkeypatch.setattr(
        "training.scenes.judged.judged_scenes", lambda corpus, split, seed, per_kind: scenes()
    )
    opened = []
    for hold_ms in ("50", "300"):
        assert label_variants.main(["--corpus", "x", "--json", "--hold-ms", hold_ms]) == 0
        opened.append(json.loads(capsys.readouterr().out)["schmitt"]["open"])
    assert opened[0] < opened[1]
    with pytest.raises(SystemExit) as caught:
        label_variants.main(["--corpus", "x", "--hold-ms=-1"])
    assert caught.value.code == 2
