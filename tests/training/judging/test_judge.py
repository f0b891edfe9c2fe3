"""What is taken from a run: intervals, the sound behind a gate, folders that appear whole or not at all."""

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from gate.errors import AudioFileError
from gate.files.atomic import write_bytes
from gate.files.atomic_folder import AtomicFolder
from training.judging import metrics_more
from training.judging.baselines import SHUT_GAIN
from training.judging.contestants import Contestant, Ranged, ranged
from training.judging.evaluate import Truth
from training.judging.gates import Decides, SoundGate
from training.judging.judge import judge, sound_of
from training.judging.picture import POINTS, envelope
from training.scenes.compose import Scene

BLOCKS = 480


def make_scene(seed=0, threshold_db=-40.0):
    rng = np.random.default_rng(seed)
    mixture = (0.1 * rng.normal(size=BLOCKS * BLOCK)).astype(np.float32)
    target = mixture * np.repeat(np.arange(BLOCKS) % 240 >= 150, BLOCK)
    recipe = {"kind": "noise", "snr_db": 0.0, "threshold_db": threshold_db, "seed": seed}
    return Scene(mixture, target.astype(np.float32), -20.0, recipe)


def half(scene, threshold_db):
    """Open in every other stretch of 50 blocks."""
    return None, np.where(np.arange(BLOCKS) // 50 % 2 == 0, 1.0, SHUT_GAIN)


def test_intervals_of_the_second_table_are_seeded_and_hold_the_value():
    """Scenes are drawn with replacement; what no scene has (clicks of block gains) has no interval."""
    scenes = [make_scene(seed) for seed in range(4)]
    verdict = judge(scenes, [Contestant("half", "baseline", Decides(half))], draws=50).verdicts[0]
    ends = metrics_more.intervals(verdict.mores, seed=3, draws=200)
    assert repr(ends) == repr(metrics_more.intervals(verdict.mores, seed=3, draws=200))  # nan is not nan
    low, high = ends["si_sdr_db"]
    values = [more["si_sdr_db"] for more in verdict.mores]
    assert min(values) <= low < metrics_more.pool(verdict.mores)["si_sdr_db"] < high <= max(values)
    assert np.isnan(ends["click"]).all()


def test_scenes_are_ordered_by_the_first_gate():
    """The worst comes first, by its balanced accuracy."""
    scenes = [make_scene(0), make_scene(1), make_scene(2)]

    def wrong_in_the_second(scene, threshold_db):
        right = (scene.target.reshape(BLOCKS, BLOCK) != 0).any(axis=1)
        return None, np.where(right != (scene.recipe["seed"] == 1), 1.0, SHUT_GAIN)

    judged = judge(scenes, [Contestant("a", "baseline", Decides(wrong_in_the_second))], draws=2)
    assert judged.worst_first()[0] == 1


def test_a_gate_of_block_gains_is_heard_without_clicks():
    """A gain changes over the first millisecond of a block, and holds for the rest of it."""
    scene = make_scene()
    gain = half(scene, -40.0)[1].astype(np.float32)
    truth = Truth(-40.0, np.zeros(BLOCKS, np.int8), np.zeros(BLOCKS), np.zeros(BLOCKS))
    sound = sound_of(Contestant("half", "baseline", Decides(half)), scene, truth, gain)
    gains = metrics_more.sample_gain(scene.mixture, sound)
    assert metrics_more.largest_step(gains) == pytest.approx(1 / 48, rel=0.01)  # a ramp over a millisecond
    settled = gains.reshape(BLOCKS, BLOCK)[:, RATE // 1000 :]
    assert np.nanmax(np.abs(settled - gain[:, None])) < 1e-6


def test_a_range_moves_shut_and_leaves_open():
    """Two-valued gates get exactly the range; gates that make their own sound stay as they are."""
    gate = Decides(half)
    _, gain = Ranged(gate, -20.0)(make_scene(), -40.0)
    assert sorted(set(gain.round(12))) == [pytest.approx(0.1), pytest.approx(1.0)]
    assert ranged(gate, -80.0) is gate

    class Own(SoundGate):
        def hear(self, scene, threshold_db):
            return (*half(scene, threshold_db), scene.mixture)

    own = Own()
    assert ranged(own, -20.0) is own


def test_an_envelope_keeps_the_peaks():
    """The largest sample is in it, whatever the length."""
    for n in (1, 99, BLOCK * BLOCKS, 20 * RATE + 7):
        sound = np.zeros(n)
        sound[n // 2] = -0.7
        peaks = envelope(sound)
        assert len(peaks) <= POINTS
        assert peaks.max() == 0.7


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    """What fails on the way leaves nothing; what is somebody else's is never replaced."""
    target = tmp_path / "page"
    with pytest.raises(RuntimeError), AtomicFolder(target, "marker", force=False) as folder:
        write_bytes(folder.path / "marker", b"1", force=False)
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    for text, force in ((b"1", False), (b"2", True)):
        with AtomicFolder(target, "marker", force=force) as folder:
            write_bytes(folder.path / "marker", text, force=False)
            folder.commit()
        assert (target / "marker").read_bytes() == text
    with pytest.raises(AudioFileError, match="exists already"):
        AtomicFolder(target, "marker", force=False)
    (target / "marker").rename(target / "holiday.jpg")
    with pytest.raises(AudioFileError, match="has other things in it"):
        AtomicFolder(target, "marker", force=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(AudioFileError, match="is a file where a folder"):
        AtomicFolder(tmp_path / "file", "marker", force=True)
