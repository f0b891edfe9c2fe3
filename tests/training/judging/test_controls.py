"""What each control is worth, against hand-made scenes in which the right figure is known."""

import numpy as np
import pytest
import torch

from gate.constants import BLOCK
from gate.realtime.ballistics import gain_curve, openness_curve
from training.judging import controls
from training.judging.baselines import SHUT_GAIN
from training.judging.ramps import gain_ramps
from training.labels import OPEN, SHUT
from training.teach.losses import tail_mask

THRESHOLD_DB = -40.0
LOUD, UNDER = 0.1, 10 ** (-43 / 20)
"""Amplitudes: 20 dB over the Threshold, and 3 dB under it, where a tail lasts on."""
EXACT = 1e-5
"""dB, or a share: sounds in single precision."""
HIGH_PASS = 0.02
"""dB: the high-pass at 1 kHz takes next to nothing off sounds of 12 and 24 kHz, but settles at their edges."""
ENGINE_MATCH = 2e-7
"""Linear: sound of single precision, times a gain that was rounded to single precision in between or not."""


def made(*parts):
    """A target of parts (blocks, amplitude): its mean square is the amplitude's square in every block."""
    wave = np.tile([1.0, -1.0], BLOCK // 2)
    return np.concatenate([np.tile(a * wave, blocks) for blocks, a in parts]).astype(np.float32)


def bleed(target, amplitude):
    """Bleed of one level throughout that has nothing in common with such a target."""
    return (amplitude * np.tile([1.0, 1.0, -1.0, -1.0], len(target) // 4)).astype(np.float32)


def ground_of(target, bleed_amplitude=0.0):
    """What is judged of target and bleed."""
    return controls.Ground.of(target + bleed(target, bleed_amplitude), target, THRESHOLD_DB)


def judged(ground, gain):
    """Measures of a gate whose gain jumps at the edges of blocks."""
    gain = np.asarray(gain, np.float64)
    return controls.measure(ground, gain, np.repeat(gain, BLOCK))


def as_labelled(ground):
    """The gain of a gate that does what the label says, and shuts at once."""
    return np.where(ground.label == OPEN, 1.0, SHUT_GAIN)


WORD = ((200, 0.0), (100, LOUD), (40, 0.0), (100, LOUD), (300, 0.0))


def test_hold_is_gaps_kept_and_pauses_shut():
    """A quarter of the gap kept and four fifths of the pauses shut: .25, .8, and the mean of both."""
    ground = ground_of(made(*WORD))
    gaps, pauses = np.flatnonzero(ground.gap), np.flatnonzero(ground.label == SHUT)
    assert len(gaps) == 38  # of 40, as the 5 ms level hears the sounds beside the gap for a block
    gain = as_labelled(ground)
    kept = len(gaps) // 4
    gain[gaps[kept:]] = SHUT_GAIN
    gain[pauses[: len(pauses) // 5]] = 1.0
    row = judged(ground, gain)
    assert row["gaps_kept"] == pytest.approx(kept / 38)
    assert row["pauses_shut"] == pytest.approx(1.0 - (len(pauses) // 5) / len(pauses))
    assert row["hold"] == pytest.approx((row["gaps_kept"] + row["pauses_shut"]) / 2)


def test_hold_is_not_won_by_one_that_never_shuts_or_shuts_at_once():
    """Both have half, the right one has all."""
    ground = ground_of(made(*WORD))
    hasty = np.where(ground.gap, SHUT_GAIN, as_labelled(ground))
    assert judged(ground, np.ones(len(ground.label)))["hold"] == 0.5
    assert judged(ground, hasty)["hold"] == 0.5
    assert judged(ground, as_labelled(ground))["hold"] == 1.0


def test_without_a_gap_hold_has_no_figure():
    """A pause of 200 ms is no gap; its share of pauses stays known."""
    ground = ground_of(made((200, 0.0), (100, LOUD), (300, 0.0)))
    row = judged(ground, as_labelled(ground))
    assert np.isnan(row["hold"]) and np.isnan(row["gaps_kept"]) and row["pauses_shut"] == 1.0


@pytest.fixture
def dying():
    """A target that stays 3 dB under the Threshold for 100 blocks before it ends; with the blocks of that, and after."""
    target = made((50, 0.0), (100, LOUD), (100, UNDER), (300, 0.0))
    ground = ground_of(target)
    still = np.zeros(len(ground.label), bool)
    still[152:248] = True
    assert ground.tail[still].all()
    return ground, still


def test_release_is_the_distance_from_the_target_s_own_level(dying):
    """Halved while the target is still there: 6.02 dB for as long; where both are silent 0 dB."""
    ground, still = dying
    gain = np.ones(len(ground.label))
    gain[150:250] = 0.5
    share = controls.measure(ground, gain, np.repeat(gain, BLOCK))["tail_db"]
    distance = np.mean(np.where(still, 6.0206, 0.0)[ground.tail])
    edges = 4 * 6.0206 / ground.tail.sum()  # the two blocks at either end are only partly in it
    assert distance - EXACT <= share <= distance + edges + EXACT


def test_silence_is_thirty_db_under_the_threshold(dying):
    """A gate that shuts at once is 27 dB from a target at T - 3 dB, not 77; bleed in silence counts from T - 30 dB."""
    ground, still = dying
    shut = judged(ground, as_labelled(ground))["tail_db"]
    near = np.mean(np.where(still, 27.0, 0.0)[ground.tail])
    assert near - EXACT <= shut <= near + 4 * 30.0 / ground.tail.sum()
    loud = controls.Ground.of(
        ground.target + bleed(ground.target, 10 ** (-50 / 20)), ground.target, THRESHOLD_DB
    )
    let_through = judged(loud, np.ones(len(loud.label)))
    silent = ground.tail & (np.arange(len(ground.tail)) > 252)
    added = 10 * np.log10(1 + 10**-0.7)
    far = np.mean(np.where(silent, 20.0, np.where(still, added, 0.0))[ground.tail])
    assert let_through["tail_db"] == pytest.approx(far, abs=5 * 30.0 / ground.tail.sum())
    assert let_through["tail_bleed_db"] == 0.0


def test_bleed_let_through_in_tails_is_how_far_it_is_taken_down():
    """A gain of .1 in the tail takes bleed down by 20 dB, whatever the gate does elsewhere."""
    ground = ground_of(made(*WORD), 0.05)
    gain = np.where(ground.tail, 0.1, 1.0)
    assert judged(ground, gain)["tail_bleed_db"] == pytest.approx(20.0)


def test_a_release_that_follows_beats_one_that_shuts_and_one_that_hangs_on(dying):
    """In quiet bleed; in loud bleed the one that shuts is the best of the three: no constant is right for both."""
    ground, _ = dying

    def distances(amplitude):
        here = ground_of(ground.target, amplitude)
        follows = as_labelled(here)
        follows[150:250] = 1.0
        gates = {"shuts": as_labelled(here), "follows": follows, "hangs on": np.ones(len(here.label))}
        return {name: judged(here, gain)["tail_db"] for name, gain in gates.items()}

    quiet, loud = distances(0.1 * UNDER), distances(100 * UNDER)
    assert quiet["follows"] < min(quiet["shuts"], quiet["hangs on"])
    assert loud["shuts"] < min(loud["follows"], loud["hangs on"])


def onset(bleed_amplitude):
    """A stroke that begins with block 100."""
    return ground_of(made((100, 0.0), (60, LOUD), (200, 0.0)), bleed_amplitude)


def test_the_attack_s_error_is_bleed_switched_on_and_target_lost():
    """Open at once, bleed half of the target's amplitude: -6 dB with the floor; the step is a hard switch."""
    ground = onset(0.5 * LOUD)
    gain = np.full(len(ground.label), SHUT_GAIN)
    gain[100:160] = 1.0
    row = judged(ground, gain)
    assert row["attack_db"] == pytest.approx(10 * np.log10(0.25 + 0.01), abs=HIGH_PASS)
    assert row["attack_lost_db"] == pytest.approx(0.0, abs=EXACT)
    assert row["attack_step"] == pytest.approx(1.0 - SHUT_GAIN)
    halved = np.where(gain == 1.0, 0.6, gain)
    row = judged(ground, halved)
    assert row["attack_db"] == pytest.approx(10 * np.log10(0.16 + 0.36 * 0.25 + 0.01), abs=HIGH_PASS)
    assert row["attack_lost_db"] == pytest.approx(-20 * np.log10(0.6), abs=EXACT)


def test_only_the_first_twenty_ms_of_an_opening_count():
    """What happens 20 ms after the gate began to open is not the attack's."""
    ground = onset(0.5 * LOUD)
    gain = np.full(len(ground.label), SHUT_GAIN)
    gain[100:160] = 1.0
    early = judged(ground, gain)
    gain[110:140] = 0.8
    for name in ("attack_db", "attack_lost_db", "attack_step"):
        assert judged(ground, gain)[name] == early[name]


def opened_at(ground, block, attack_ms):
    """Measures of a gate that opens with a block and for the rest of the opening, with the engine's own ramps."""
    gate = np.full((4, len(ground.label)), 10.0, np.float32)
    gate[0] = (np.arange(len(ground.label)) >= block) & (ground.label == OPEN)
    gate[1] = attack_ms
    goals = gain_curve(openness_curve(gate, 0.5, 0.5), -80.0)
    return controls.measure(ground, goals, gain_ramps(goals, gate[1]))


def opening(bleed_amplitude, attack_ms):
    """Measures of a gate that opens when a stroke begins."""
    return opened_at(onset(bleed_amplitude), 100, attack_ms)


def test_no_constant_attack_wins_under_quiet_and_loud_bleed():
    """Far over the bleed the shortest is best, under it the longest; energy lost alone would always ask for the shortest."""
    quiet = {ms: opening(0.1 * LOUD, ms) for ms in (1.0, 8.0, 30.0)}
    loud = {ms: opening(2.0 * LOUD, ms) for ms in (1.0, 8.0, 30.0)}
    assert quiet[1.0]["attack_db"] < quiet[8.0]["attack_db"] < quiet[30.0]["attack_db"]
    assert loud[1.0]["attack_db"] > loud[8.0]["attack_db"] > loud[30.0]["attack_db"]
    for rows in (quiet, loud):
        assert rows[1.0]["attack_lost_db"] < rows[8.0]["attack_lost_db"] < rows[30.0]["attack_lost_db"]
        assert rows[1.0]["attack_step"] > rows[8.0]["attack_step"] > rows[30.0]["attack_step"]


def test_what_nobody_hears_is_no_error():
    """Without bleed the errors of attacks of 1 and 2 ms are 3 dB apart, and count as less; none counts under -20 dB."""
    rows = [opening(0.0, ms)["attack_db"] for ms in (1.0, 2.0)]
    without_floor = [10 * np.log10(10 ** (db / 10) - controls.ATTACK_FLOOR) for db in rows]
    assert without_floor[1] - without_floor[0] == pytest.approx(3.0, abs=0.2)
    assert -20.0 < rows[0] < rows[1] < rows[0] + 2.5


def test_a_hum_cut_open_in_the_middle_of_a_wave_is_an_error():
    """Bleed of 50 Hz is hardly heard over 1 kHz, but clicks where it is switched on, the more the shorter the attack."""
    target = made((100, 0.0), (60, 0.2 * LOUD), (200, 0.0))
    hum = 5.0 * LOUD * np.cos(2 * np.pi * 50 * (np.arange(len(target)) - 100 * BLOCK) / 48_000)
    ground = controls.Ground.of(target + hum.astype(np.float32), target, THRESHOLD_DB)
    quick, slow = (opened_at(ground, 100, ms) for ms in (1.0, 30.0))
    assert quick["attack_lost_db"] < slow["attack_lost_db"]
    assert quick["attack_db"] > slow["attack_db"] + 0.5


@pytest.mark.parametrize(
    ("gain", "expected"),
    [
        ([0, 0, 0, 0, 1, 1, 1, 1, 0, 0], [4]),
        ([0, 0, 0, 0, 0.1, 0.3, 1, 1, 0, 0], [4]),  # it begins to open before it is over -12 dB
        ([0, 0, 0.3, 1, 1, 1, 1, 1, 0, 0], [2]),  # in the foot
        ([0.9, 0.5, 0.2, 0.1, 1, 1, 1, 1, 0, 0], [4]),  # while it was still closing
        ([0, 0, 0, 0, 1, 0, 1, 1, 0, 0], [4]),  # again in the same opening: the first counts
        ([0, 0, 0, 0, 0, 0, 0, 0, 1, 1], []),  # missed
        ([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], []),  # opened for something else
    ],
)
def test_an_opening_begins_where_the_gain_begins_to_rise_for_it(gain, expected):
    """In the foot or in the opening; else there is nothing to judge the attack on."""
    lead = 30  # longer than any foot
    label = np.r_[np.zeros(lead, int), [0, 0, -1, -1, 1, 1, 1, 1, -1, 0]]
    before = np.full(lead, 1.0 if gain[0] > 0 else 0.0)
    found = controls.begins(label, np.maximum(np.r_[before, gain], SHUT_GAIN))
    assert [block - lead for block in found] == expected


def test_the_key_s_figure_is_the_bleed_kept_out_and_beside_it_openings_counted():
    """One needless opening and one of two missed in the scene, ten blocks of bleed let through."""
    ground = ground_of(made((200, 0.0), (50, LOUD), (200, 0.0), (50, LOUD), (200, 0.0)), 0.05)
    minutes = len(ground.label) * BLOCK / 48_000 / 60
    gain = np.full(len(ground.label), SHUT_GAIN)
    gain[200:250] = gain[50:60] = 1.0
    row = judged(ground, gain)
    assert row["wrong_min"] == pytest.approx(2 / minutes)
    assert row["needless_min"] == pytest.approx(1 / minutes)
    passed = 10 / (ground.label == SHUT).sum()
    assert row["cut_db"] == pytest.approx(-10 * np.log10(passed), abs=1e-3)
    assert row["kept_out_db"] == pytest.approx(-10 * np.log10(passed + 0.001), abs=1e-3)


def test_more_than_thirty_db_kept_out_are_thirty_and_a_gate_that_never_shuts_has_none():
    """Though the latter has one needless opening only; without bleed there is no figure."""
    ground = ground_of(made((200, 0.0), (50, LOUD), (200, 0.0)), 0.05)
    never, always = (judged(ground, np.full(len(ground.label), g)) for g in (SHUT_GAIN, 1.0))
    assert never["kept_out_db"] == pytest.approx(30.0, abs=1e-3) and never["cut_db"] == pytest.approx(80.0)
    assert always["kept_out_db"] == pytest.approx(0.0, abs=0.01)
    assert (never["needless_min"], always["needless_min"] * len(ground.label) * BLOCK / 48_000 / 60) == (
        0.0,
        1.0,
    )
    quiet = ground_of(made((200, 0.0), (50, LOUD), (200, 0.0)))
    assert np.isnan(judged(quiet, as_labelled(quiet))["kept_out_db"])


def test_tails_are_those_that_are_taught(seed=3):
    """The same blocks as in the losses, whatever the labels."""
    rng = np.random.default_rng(seed)
    for _ in range(20):
        labels = np.repeat(rng.choice([1, 0, -1], 60), rng.integers(1, 9, 60)).astype(np.int8)
        taught = tail_mask(torch.from_numpy(labels)[None])[0].numpy()
        np.testing.assert_array_equal(controls.tails(labels), taught)


def test_a_row_is_the_mean_of_the_scenes_that_have_a_figure():
    """Scenes without a gap do not count in hold; intervals hold the mean."""
    with_gap, without = ground_of(made(*WORD)), ground_of(made((200, 0.0), (100, LOUD), (300, 0.0)))
    rows = [judged(g, as_labelled(g)) for g in (with_gap, without, with_gap)]
    rows[2]["hold"] = 0.5
    row = controls.pool(rows)
    assert tuple(row) == controls.MEASURES and row["hold"] == 0.75
    low, high = controls.intervals(rows, draws=50)["hold"]
    assert 0.5 <= low <= 0.75 <= high <= 1.0
    assert np.isnan(row["cut_db"])  # there is no bleed


def test_what_does_not_fit_is_refused():
    """Lengths, and gains that are no numbers."""
    target = made((100, LOUD))
    with pytest.raises(ValueError, match="cut both alike"):
        controls.Ground.of(target, target[:-100], THRESHOLD_DB)
    ground = ground_of(target)
    with pytest.raises(ValueError, match="9999 of them finite"):
        controls.measure(ground, np.ones(100), np.r_[np.ones(9999), np.nan])


def test_ramps_are_the_engine_s():
    """The mixture times the ramps of the engine's own goals and attacks is the sound that the engine gives."""
    from gate.engine.engine import CURVE_COLUMNS, Engine
    from gate.engine.settings import EngineSettings
    from gate.modelfile.preset import resolve

    rng = np.random.default_rng(1)
    target = np.zeros(48_000)
    for start in (9_600, 24_000, 36_050):
        fades = np.exp(-np.arange(6_000) / 1_500)
        target[start : start + 6_000] = (
            0.5 * fades * np.sin(2 * np.pi * 180 * np.arange(6_000) / 48_000)
            + rng.normal(size=6_000) * 0.2 * fades
        )
    sound = (target + 0.001 * rng.normal(size=48_000)).astype(np.float32)
    settings = EngineSettings(48_000, channels=1, batch=64, curve_rows=1_000)
    with Engine(resolve("snare").contract, settings, range_db=-80.0) as engine:
        engine.threshold_db = -40.0
        out = engine.whole(sound[:, None])[:, 0]
        curve = engine.take_curve()[:480]
    column = {name: curve[:, i] for i, name in enumerate(CURVE_COLUMNS)}
    ramps = gain_ramps(10.0 ** (column["gain_db"] / 20.0), column["attack_ms"])
    assert ramps.min() < 0.01 and ramps.max() == 1.0
    np.testing.assert_allclose(sound * ramps, out, atol=ENGINE_MATCH)
