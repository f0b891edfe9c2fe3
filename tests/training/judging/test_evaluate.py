"""Judging a gate on scenes: what goes into the table."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from gate.constants import BLOCK, BLOCK_MS
from training.judging import evaluate, metrics, metrics_more, tables
from training.judging.baselines import ceiling
from training.judging.gates import Decides
from training.scenes.compose import Scene

GAIN_MATCH = 1e-3
"""Linear: a gain measured on single-precision sound against the engine's own curve."""
BLOCKS = 600


def make_scene(kind="noise", snr_db=0.0, seed=0, threshold_db=-40.0):
    """1.25 s: two bursts of a tone 20 dB over the threshold, in noise ``snr_db`` under it."""
    rng = np.random.default_rng(seed)
    t = np.arange(BLOCKS * BLOCK)
    on = np.zeros(BLOCKS * BLOCK)
    for start, stop in ((120, 200), (400, 460)):
        on[start * BLOCK : stop * BLOCK] = np.sqrt(2) * 0.1
    target = (on * np.sin(2 * np.pi * 1000 * t / 48_000)).astype(np.float32)
    bleed = rng.normal(scale=0.1 * 10 ** (-snr_db / 20), size=len(target)).astype(np.float32)
    recipe = {"kind": kind, "snr_db": snr_db, "threshold_db": threshold_db, "seed": seed}
    return Scene(mixture=target + bleed, target=target, loud_db=-20.0, recipe=recipe)


@pytest.fixture
def scenes():
    return [make_scene(kind, snr, seed) for seed, (kind, snr) in enumerate(SHAPES)]


SHAPES = [("noise", 0.0), ("noise", 20.0), ("music", 0.0), ("noise", 20.0)]


def knowing(scene, threshold_db):
    """A gate that knows the label, and opens exactly where it says so."""
    label = evaluate.prepare([scene])[0].label
    return (label == 1).astype(float), np.where(label == 1, 1.0, 1e-4)


def test_a_gate_that_knows_the_label_is_perfect(scenes):
    """Every measure of a gate that does what the label says is the best there is."""
    row = evaluate.evaluate(scenes, knowing)["noise"]
    best = {
        "auc": 1.0, "balanced": 1.0, "onset_ms": BLOCK_MS, "onset_p90_ms": BLOCK_MS, "missed": 0.0,
        "needless_min": 0.0, "chops_min": 0.0, "lost_db": 0.0, "cut_db": 80.0,
    }  # fmt: skip
    assert {name: row[name] for name in metrics.MEASURES} == pytest.approx(best)
    assert (row["scenes"], row["openings"]) == (3, 6)


def test_rows_are_kinds_and_their_snrs(scenes):
    """Each kind has a row with all of its scenes, then one for each SNR."""
    table = evaluate.evaluate(scenes, knowing)
    counts = {name: row["scenes"] for name, row in table.items()}
    assert counts == {"noise": 3, "noise 0 dB": 1, "noise 20 dB": 2, "music": 1, "music 0 dB": 1}


def test_a_row_is_made_of_its_own_scenes(scenes):
    """A gate that fails under music alone has its failure in the music rows alone."""

    def deaf_to_music(scene, threshold_db):
        probability, gain = knowing(scene, threshold_db)
        return (
            (probability, gain)
            if scene.recipe["kind"] == "noise"
            else (1 - probability, np.full(BLOCKS, 1e-4))
        )

    table = evaluate.evaluate(scenes, deaf_to_music)
    assert (table["noise"]["missed"], table["music"]["missed"]) == (0.0, 1.0)
    assert (table["noise"]["auc"], table["music"]["auc"]) == (1.0, 0.0)


def test_bleed_is_what_is_not_target(scenes):
    """Truths kept from before give the same table; the bleed is the mixture less the target."""
    truths = evaluate.prepare(scenes)
    assert evaluate.evaluate(scenes, ceiling, truths) == evaluate.evaluate(scenes, ceiling)
    assert truths[0].bleed_power.mean() == pytest.approx(0.01, rel=0.05)  # the noise's own scatter
    assert truths[0].target_power[150] == pytest.approx(
        0.01, rel=0.2
    )  # a block is not whole periods of the tone


def test_intervals_are_given_for_the_rows_with_all_snrs(scenes):
    """The bootstrap runs over a whole kind, not over the few scenes of one SNR, and is seeded."""
    scores = evaluate.score_scenes(scenes, ceiling)
    ends = evaluate.table_intervals(scenes, scores, seed=3, draws=50)
    assert list(ends) == ["noise", "music"]
    assert ends == evaluate.table_intervals(scenes, scores, seed=3, draws=50)
    low, high = ends["noise"]["balanced"]
    assert low <= evaluate.table(scenes, scores)["noise"]["balanced"] <= high


def test_the_data_hash_is_of_what_the_scenes_are_made_of(scenes):
    """The same recipes give the same hash; another threshold, or another order, another one."""
    digest = evaluate.data_sha256(scenes)
    assert digest == evaluate.data_sha256([make_scene(kind, snr, i) for i, (kind, snr) in enumerate(SHAPES)])
    assert digest != evaluate.data_sha256(scenes[::-1])
    assert digest != evaluate.data_sha256([make_scene(threshold_db=-41.0), *scenes[1:]])


def test_the_printed_table_has_every_gate_in_every_row(scenes):
    """Gates stand beside each other, what cannot be measured is a dash, and lines fit a screen."""

    def silent(scene, threshold_db):
        return None, np.full(BLOCKS, 1e-4)

    both = {"taught": evaluate.evaluate(scenes, knowing), "never": evaluate.evaluate(scenes, silent)}
    lines = tables.format_tables(both).splitlines()
    assert lines[0].split() == ["noise", "(3", "scenes)", *" ".join(tables.HEADINGS).split()]
    assert lines[1].split() == ["taught", "1.000", "1.000", "2.1", "2", "0.000", "0.0", "0.0", "0.00", "80.0"]
    assert lines[2].split()[:3] == ["never", "-", "0.500"]
    assert sum(line.startswith("  taught") for line in lines) == 5
    assert max(map(len, lines)) <= 110
    kinds = tables.format_tables(both, by_snr=False).splitlines()
    assert [line.split()[0] for line in kinds if line[:1].strip()] == ["noise", "music"]


def test_the_second_table_of_a_gate_that_knows_the_label(scenes):
    """Its edges are where the label's are, nothing is clipped, and only gates with a sound have clicks."""
    truths = evaluate.prepare(scenes)
    scores, mores = evaluate.score_more(scenes, Decides(knowing), truths)
    row = evaluate.table_more(scenes, mores)["noise"]
    assert metrics.pool(scores) == metrics.pool(evaluate.score_scenes(scenes, knowing, truths))
    errors = {name: row[name] for name in metrics_more.MEASURES if "error" in name or "clip" in name}
    assert errors == dict.fromkeys(errors, 0.0)
    assert (row["onset_edges"], row["offset_edges"]) == (6, 6)
    assert row["si_sdr_gain_db"] > 0.0
    assert np.isnan(row["click"])


def test_the_second_table_is_printed_in_the_same_rows(scenes):
    """Every gate has a line in every row, with a dash for the click of a gate that has no sound."""
    _, mores = evaluate.score_more(scenes, Decides(knowing), evaluate.prepare(scenes))
    lines = tables.format_more({"taught": evaluate.table_more(scenes, mores)}).splitlines()
    assert lines[0].split() == ["noise", *" ".join(tables.MORE_HEADINGS).split()]
    assert lines[1].split()[:-2] == ["taught", *["+0.0", "+0", "+0"] * 2, "0.0", "0.0", "-"]
    assert max(map(len, lines)) <= 120  # characters: one screen, a little wider than the first table


def toy_model():
    """The tests' toy models, found beside this folder whatever the import mode."""
    path = Path(__file__).parents[2] / "toy_model.py"
    spec = importlib.util.spec_from_file_location("toy_model_for_evaluate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return toy_model().write(tmp_path_factory.mktemp("model") / "toy.onnx")


def test_the_engine_is_judged_by_the_sound_that_comes_out(model_path):
    """The gain of each block is the engine's own: 1 where fully open, the range where shut."""
    from gate.modelfile import contract

    scene = make_scene(snr_db=60.0)
    with evaluate.EngineGate(contract.read(model_path), seconds=2.0, batch=64) as gate:
        probability, gain = gate(scene, -40.0)
        again = gate(scene, -40.0)
    assert probability.shape == gain.shape == (BLOCKS,)
    assert np.array_equal(again[0], probability)  # the state of one scene is not heard in the next
    assert np.array_equal(again[1], gain)
    assert gain[150:195] == pytest.approx(1.0, abs=GAIN_MATCH)
    assert gain[50:110] == pytest.approx(1e-4, abs=1e-6)  # -80 dB in single precision
    assert (probability[125:195] > 0.99).all()
    assert (probability[50:110] < 0.01).all()
    row = metrics.pool(evaluate.score_scenes([scene], lambda *_: (probability, gain)))
    assert row["balanced"] > 0.98
    assert row["onset_p90_ms"] <= 2 * BLOCK_MS + 1e-9


def test_the_engine_follows_each_scene_s_threshold(model_path):
    """The same mixture at a threshold over its level stays shut."""
    from gate.modelfile import contract

    scene = make_scene(snr_db=60.0)
    with evaluate.EngineGate(contract.read(model_path), seconds=2.0) as gate:
        assert gate(scene, -40.0)[1].max() > 0.99
        assert gate(scene, 0.0)[1].max() < 2e-4
        assert gate(scene, -40.0)[1].max() > 0.99


def test_silence_has_the_gain_of_the_curve(model_path):
    """Blocks of digital silence have no energy to measure on; they count with the gain the engine had."""
    from gate.modelfile import contract

    silent = np.zeros(BLOCKS * BLOCK, np.float32)
    scene = Scene(mixture=silent, target=silent, loud_db=float("nan"), recipe={"threshold_db": -40.0})
    with evaluate.EngineGate(contract.read(model_path), seconds=2.0) as gate:
        _, gain = gate(scene, -40.0)
    assert gain == pytest.approx(1e-4, rel=1e-3)
