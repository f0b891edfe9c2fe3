"""What the shipped gates learned means what it is called: on recordings that they were not trained on."""

import dataclasses

import numpy as np
import pytest

from gate.constants import RATE
from gate.modelfile import contract, preset
from gate.modelfile.contract import Contract
from tests.conftest import PRESETS
from tests.training.studies import meaning
from training.networks.from_preset import from_preset
from training.scenes.judged import judged_scenes
from training.sounds.changes import amplitude, loud_db

SHIPPED = sorted(preset.names())
SCENES = 12
LEAST_COST = 0.05
"""Balanced accuracy that holding the key to other bands has to cost."""

pytestmark = pytest.mark.corpus


def _preset(name: str) -> Contract:
    return contract.read(PRESETS / name / "model.onnx")


def _heard(corpus, name, scenes=None, key_bias=None):
    shipped = _preset(name)
    scenes = scenes or judged_scenes(corpus, "val", seed=1, per_kind=SCENES, target=name)
    net = from_preset(shipped)
    return net, scenes, [meaning.hear(net, s, shipped.open_at, shipped.close_at, key_bias) for s in scenes]


def test_a_kick_is_heard_low_and_opened_for_at_once(recordings):
    """Median high edge of the key at most 250 Hz, median attack at most 2 ms."""
    _, _, heard = _heard(recordings, "kick")
    assert np.median(meaning.while_open(heard, "key_high_hz")) <= 250.0
    assert np.median(meaning.attacks_ms(heard)) <= 2.0


def test_release_follows_the_decay_of_speech(recordings):
    """Rank correlation of the release with the target's own decay time at least .5, in and out of rooms.

    Of speech alone: under noise the end of a decay cannot be heard, and the correlation is lost with it.
    """
    scenes = judged_scenes(recordings, "val", seed=1, per_kind=SCENES)
    alone = [dataclasses.replace(s, mixture=s.target) for s in scenes]
    _, _, heard = _heard(recordings, "voice", alone)
    decays, releases = meaning.decays_and_releases_ms(heard)
    assert len(decays) >= 50
    assert meaning.rank_correlation(decays, releases) >= 0.5


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
@pytest.mark.parametrize("name", sorted({"voice", "guitar"} & set(SHIPPED)))
def test_the_key_leaves_out_hum(recordings, name, mains_hz):
    """Under hum as loud as the target, four fifths of the key's weight lie over the band of the hum's fundamental."""
    scenes = []
    for clean in judged_scenes(recordings, "val", seed=1, per_kind=6, target=name):
        hummed = (
            clean.target
            + amplitude(loud_db(clean.target) - loud_db(tone := mains(len(clean.target), mains_hz))) * tone
        )
        scenes.append(dataclasses.replace(clean, mixture=hummed.astype(np.float32)))
    net, _, heard = _heard(recordings, name, scenes)
    edges = net.edges_hz.numpy()
    over_hum = edges[np.searchsorted(edges, mains_hz)]
    assert np.median(meaning.while_open(heard, "key_low_hz")) >= over_hum


def mains(samples: int, hz: float) -> np.ndarray:
    """Hum of a pickup: a strong fundamental, and harmonics that fall by 6 dB an octave."""
    t = np.arange(samples) / RATE
    return sum(np.sin(2 * np.pi * hz * k * t + k) / k for k in range(1, 12))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_wrong_key_costs(recordings, name):
    """A key held to the bands that the learned one weighs least costs at least .05 of balanced accuracy."""
    _, scenes, heard = _heard(recordings, name)
    _, _, wrong = _heard(recordings, name, scenes, meaning.wrong_key(heard))
    assert meaning.balanced(heard) - meaning.balanced(wrong) >= LEAST_COST
