"""SoundFonts: which samples are there, what they are of, and how they sound on."""

import numpy as np
import pytest

from tests.training.packages import made_up
from training.packages.soundfont import read, unrolled, voices

RATE = 22_050
STEP = 1 / 32768


def pcm(x):
    """Samples of 16 bits."""
    return np.round(np.clip(x, -1, 1) * 32767)


def saw(period, n):
    """A wave that repeats exactly."""
    return pcm((np.arange(n) % period) / period - 0.5)


@pytest.fixture(scope="module")
def font(tmp_path_factory):
    """A guitar with a loop and a decay, a stereo pair by link, one by name, a drum, a sample nobody uses, one packed."""
    rng = np.random.default_rng(0)
    noise = [pcm(0.3 * rng.normal(size=3000)) for _ in range(5)]
    samples = [
        {"name": "Guitar E2", "data": saw(100, 5000), "rate": RATE, "loop": (4000, 5000)},
        {"name": "Piano C4(L)", "data": noise[0], "rate": RATE, "kind": 4, "link": 2},
        {"name": "Piano C4(R)", "data": noise[1], "rate": RATE, "kind": 2, "link": 1},
        {"name": "Snare 1(L)", "data": noise[2], "rate": RATE, "kind": 4},
        {"name": "Snare 1(R)", "data": noise[3], "rate": RATE, "kind": 2},
        {"name": "Unused", "data": noise[4], "rate": RATE},
        {"name": "In ROM", "data": noise[4], "rate": RATE, "kind": 0x8001},
        {"name": "Flute A4", "data": made_up.file(made_up.tone(440, 0.5), 44_100, "OGG"), "rate": 44_100},
    ]
    decay = {54: 1, 35: -1200, 36: 1200, 37: 400}
    presets = [
        {"name": "Guitar", "bank": 0, "program": 25, "common": decay, "zones": [(0, {})]},
        {"name": "Grand Piano", "bank": 0, "program": 0, "zones": [(1, {}), (2, {}), (6, {})]},
        {"name": "Standard", "bank": 128, "program": 0, "zones": [(3, {}), (4, {})]},
        {"name": "Flute", "bank": 0, "program": 73, "zones": [(7, {})]},
    ]
    path = tmp_path_factory.mktemp("font") / "made.sf2"
    path.write_bytes(made_up.soundfont(samples, presets))
    return path, samples


def test_samples_are_listed_with_what_they_are_of(font):
    """Pairs are one sound, by link or by name; drums are drums; what no instrument uses, or lies in a chip, is not there."""
    found = [(v.name, v.instrument, v.program, v.drum, len(v.sample.starts)) for v in voices(font[0])]
    assert found == [
        ("Guitar E2", "Guitar", 25, False, 1),
        ("Piano C4", "Grand Piano", 0, False, 2),
        ("Snare 1", "Standard", 128, True, 2),
        ("Flute A4", "Flute", 73, False, 1),
    ]


def test_samples_are_read_to_the_bit(font):
    """Both sides of a pair are what was written; a packed sample sounds as it did."""
    path, samples = font
    piano, flute = voices(path)[1].sample, voices(path)[3].sample
    x = read(path, piano)
    np.testing.assert_array_equal(x, np.stack([samples[1]["data"], samples[2]["data"]], 1) * STEP)
    y = read(path, flute)[:, 0]
    assert len(y) == 22_050
    assert np.corrcoef(y, made_up.tone(440, 0.5))[0, 1] > 0.99


def test_a_loop_goes_on_without_a_seam_and_dies_as_the_envelope_says(font):
    """The wave repeats past its end; after half a second it falls by 50 dB a second, at most by 40 dB."""
    path, _ = font
    sample = voices(path)[0].sample
    assert (sample.loop, sample.hold_s, sample.decay_db_s, sample.sustain_db) == (
        (4000, 5000),
        0.5,
        50.0,
        40.0,
    )
    x = unrolled(read(path, sample)[:, 0], sample, 3.0)
    assert len(x) == 3 * RATE
    flat = saw(100, len(x)) * STEP
    np.testing.assert_allclose(x[: RATE // 2], flat[: RATE // 2], atol=STEP)
    for second, fall_db in ((1.0, 25.0), (2.0, 40.0)):
        at = int(second * RATE)
        gain = np.sqrt(np.mean(x[at : at + 100] ** 2) / np.mean(flat[at : at + 100] ** 2))
        assert 20 * np.log10(gain) == pytest.approx(-fall_db, abs=0.3)


def test_without_a_loop_a_sample_ends_where_it_ends(font):
    """A drum is not made longer."""
    path, _ = font
    sample = voices(path)[2].sample
    assert len(unrolled(read(path, sample)[:, 0], sample, 3.0)) == 3000


def test_what_is_no_soundfont_is_told(tmp_path, font):
    """Another file, and one that is cut short: expected, got, remedy."""
    for data in (b"RIFFxxxxWAVE" * 9, b"", font[0].read_bytes()[:30_000]):
        (tmp_path / "bad.sf2").write_bytes(data)
        with pytest.raises(ValueError, match=r"expected a SoundFont 2 in .*bad\.sf2, got .*; leave it out"):
            voices(tmp_path / "bad.sf2")
