"""Features, augmentations and one training."""

import numpy as np
import pytest
import torch

from tests.training.studies.five.sounds import data
from training.studies.five import augment, features
from training.studies.five.fit import Inputs, cross_entropy, f1_score, fit
from training.studies.five.settings import Settings, grid, words

TOLERANCE_DB = 0.5
"""A tone's band level against its power: the window's ripple between bins."""
SAME = 1e-5
"""Rounding of single precision."""


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("kind", "shape"), [("raw", (100, 160)), ("fft", (100, 35)), ("rows", (10, 128))])
def test_tables_have_named_columns(kind, shape):
    """As many names as columns, no two the same."""
    assert features.shape(kind) == shape
    assert len(set(features.columns(kind))) == shape[1]


def test_raw_rows_are_the_samples():
    """Nothing is lost."""
    sound = torch.randn(2, 16_000)
    assert torch.equal(features.table(sound, "raw").reshape(2, -1), sound)


def test_figures_of_a_square_wave():
    """Level, zero crossings and crest as they are by hand; a row knows nothing of what follows it."""
    sound = torch.tensor([0.5] * 8 + [-0.5] * 8).repeat(1000)[None]
    table = features.table(sound, "fft")[0]
    level, crossings, crest = table[50, -3:]
    assert abs(float(level) - 20 * np.log10(0.5)) < SAME * 100
    assert abs(float(crossings) - 19 / 159) < SAME
    assert abs(float(crest)) < SAME * 100
    later = sound.clone()
    later[:, 51 * 160 :] = 0.0
    assert torch.equal(features.table(later, "fft")[0, :51], table[:51])


def test_a_tone_is_loudest_in_its_band():
    """Bands rise with pitch, and every one of them can be reached."""
    t = torch.arange(16_000) / 16_000
    loudest = []
    for hz in np.geomspace(100.0, 7_000.0, 60):
        table = features.table(torch.sin(2 * torch.pi * float(hz) * t)[None], "fft")
        loudest.append(int(table[0, 50, : features.BANDS].argmax()))
    assert loudest == sorted(loudest)
    assert features._bank().sum(0).allclose(torch.ones(features.BANDS))


def test_unknown_features_are_told():
    """By name."""
    with pytest.raises(ValueError, match="expected features raw, fft or rows, got 'mel'"):
        features.columns("mel")


def test_theirs_changes_tables_as_described():
    """A constant over a whole table; where two positives are averaged, negatives are left alone but for it."""
    tables = torch.randn(64, 10, 5)
    labels = (torch.arange(64) % 2).float()
    changed = augment.theirs(tables, labels, draw())
    apart = changed - tables
    constant = (apart - apart.mean((1, 2), keepdim=True)).abs().amax((1, 2)) < SAME
    assert torch.all(constant[labels < 0.5])
    averaged = int((~constant).sum())
    assert 0 < averaged < 32


def test_meaning_leaves_a_clip_its_length_and_adds_only_what_is_no_target():
    """Without others and rooms, what comes back is the sound itself, shifted, louder or softer, or tilted."""
    t = torch.arange(16_000) / 16_000
    sound = torch.sin(2 * torch.pi * 1_000.0 * t).repeat(16, 1) * 0.1
    room = torch.zeros(1, 8_000)
    room[0, 0] = 1.0
    changed = augment.meaning(sound, torch.full((1, 16_000), 1e-9), room, draw())
    assert changed.shape == sound.shape
    assert torch.all(torch.isfinite(changed))
    spectrum = torch.fft.rfft(changed).abs()
    assert torch.all(spectrum.argmax(1) == 1_000)
    level = 20 * torch.log10(changed.square().mean(1).sqrt() / sound.square().mean(1).sqrt())
    assert float(level.abs().max()) <= augment.GAIN_DB + TOLERANCE_DB
    assert float(level.max() - level.min()) > 1.0


def test_the_same_seed_changes_in_the_same_way():
    """Augmentation is drawn from the generator that is handed in."""
    made = [Inputs(data(), "fft").changed("train", np.arange(8), draw(3)) for _ in range(2)]
    assert torch.equal(*made)


def test_embeddings_have_no_sound_to_change():
    """And sound has no embeddings."""
    with pytest.raises(ValueError, match="expected data for features rows, got sound"):
        Inputs(data(), "rows")


def test_two_class_is_binary_with_two_scores():
    """A score of x against 0 is the same loss either way."""
    x, y = torch.randn(9, 1), (torch.arange(9) % 2).float()
    two = torch.cat([torch.zeros_like(x), x], 1)
    assert torch.allclose(cross_entropy(x, y), cross_entropy(two, y))


def test_f1_by_hand():
    """Two right of three said and four there; nothing said is nothing."""
    said = np.array([1, 1, 1, 0, 0, 0], bool)
    true = np.array([1, 1, 0, 1, 1, 0], bool)
    assert f1_score(said, true) == {"f1": 4 / 7, "precision": 2 / 3, "recall": 1 / 2}
    assert f1_score(np.zeros(2, bool), np.zeros(2, bool)) == {"f1": 0.0, "precision": 0.0, "recall": 0.0}


@pytest.mark.parametrize("augmented", ["none", "theirs", "meaning"])
def test_a_tone_in_noise_is_found(augmented):
    """A linear network on spectra learns it, whatever happens to the clips."""
    settings = Settings(width=16, batch=8, epochs=6, augment=augmented, seed=1)
    result = fit(Inputs(data(), "fft"), settings)
    assert result.test_f1 > 0.9
    assert result.val_loss == min(loss for _, loss, _ in result.curve)
    assert result.curve[result.epoch - 1][1] == result.val_loss


@pytest.mark.parametrize("arch", ["linear", "lstm"])
def test_the_same_seed_gives_the_same_result(arch):
    """To the last bit, another seed another one."""
    inputs = Inputs(data(24, 8, 8), "fft")
    settings = Settings(arch=arch, width=16, batch=8, epochs=2, augment="meaning")
    once, again = fit(inputs, settings), fit(inputs, settings)
    assert once.curve == again.curve
    assert fit(inputs, Settings.of(settings.as_dict() | {"seed": 1})).curve != once.curve


def test_the_sanity_run_learns_its_own_test():
    """Taught with the test clips, noise is told from noise: they are learned by heart."""
    made = data(16, 16, 16)
    made.test.labels[:] = (np.random.default_rng(0).random(16) < 0.5).astype(np.float32)
    inputs = Inputs(made, "fft")
    settings = Settings(width=64, batch=8, epochs=40, patience=40, sanity=True)
    assert fit(inputs, settings).test_f1 == 1.0


def test_training_that_runs_away_is_told():
    """A loss that is never a number is no result."""
    made = data(8, 8, 8)
    made.rooms[:] = np.nan
    with pytest.raises(FloatingPointError, match="the validation loss was never a number; lower the rate"):
        fit(Inputs(made, "fft"), Settings(batch=4, epochs=1, augment="meaning"))


def test_settings_are_checked_and_said():
    """A wrong value is named; the grid is the study's; words name what matters."""
    with pytest.raises(ValueError, match="expected optimiser to be one of rmsprop, adagrad, adam, got 'sgd'"):
        Settings(optimiser="sgd")
    with pytest.raises(ValueError, match="expected layers in 0 to 8, got 9"):
        Settings(layers=9)
    assert grid("conv1d")["layers"] == tuple(range(1, 9))
    assert "kernel" not in grid("linear")
    assert words(Settings(arch="conv1d")) == "adam, 32, 0.001, 64, kernel 3, dropout 0.2, 3 layers"
