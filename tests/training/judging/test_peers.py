"""Other people's detectors and gates, run as gates: what they open for, and that they never hear the future."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from gate.errors import UsageError
from training.judging import metrics
from training.judging.baselines import SHUT_GAIN
from training.judging.laws import JUCE
from training.judging.peers import PEERS, Peer, frames

SECONDS = 4
THRESHOLD_DB = -40.0
SAME_LAW = 1e-3
"""Linear gain: single precision there, double here, and an exponent of 9."""


def vowels(seconds=SECONDS):
    """Something like a voice: a buzz of 110 to 150 Hz through three resonances that move, four syllables a second."""
    from scipy.signal import lfilter

    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(130 + 20 * np.sin(2 * np.pi * 0.7 * t)) / RATE
    buzz = sum(np.cos(k * phase) / k for k in range(1, 40))
    x = np.zeros(len(t))
    piece = RATE // 4
    for n, start in enumerate(range(0, len(t), piece)):
        part = buzz[start : start + piece]
        for hz in ((700, 1200, 2500), (300, 2200, 2900), (450, 900, 2400))[n % 3]:
            radius, angle = np.exp(-np.pi * 90 / RATE), 2 * np.pi * hz / RATE
            x[start : start + piece] += lfilter(
                [1 - radius], [1, -2 * radius * np.cos(angle), radius**2], part
            )
    x *= np.clip(1.4 * np.sin(np.pi * 4 * t) ** 2, 0.0, 1.0)
    return (0.3 * x / np.abs(x).max()).astype(np.float32)


def scene(mixture):
    return SimpleNamespace(mixture=mixture, target=mixture)


@pytest.fixture(scope="module", params=PEERS, ids=lambda peer: peer.package)
def peer(request):
    """Each peer; on a build server all of them have to be there."""
    if not request.param.installed():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{request.param.package} is not there; {request.param.how_to_get}", pytrace=False)
        pytest.skip(f"{request.param.package} is not there")
    return request.param


@pytest.fixture(scope="module")
def gate(peer):
    return peer.load()


def test_opens_for_a_voice_and_not_for_silence(gate):
    """Two seconds of silence, then a loud voice: shut in the one, open for most of the other, the right shapes."""
    sound = np.concatenate((np.zeros(2 * RATE, np.float32), vowels()))
    probability, gain = gate(scene(sound), THRESHOLD_DB)
    blocks = len(sound) // BLOCK
    assert gain.shape == (blocks,)
    assert gain.min() >= SHUT_GAIN
    is_open = gain > metrics.OPEN_GAIN
    voice = 2 * RATE // BLOCK
    assert not is_open[:voice].any()
    assert is_open[voice:].mean() > 0.5
    if probability is not None:
        assert probability.shape == (blocks,)
        assert probability.min() >= 0.0
        assert probability.max() <= 1.0
        assert probability[voice:].mean() > probability[:voice].mean() + 0.3


def test_is_causal(gate):
    """Other sound from some sample on changes no decision of a block that ended before it."""
    sound = vowels()
    at = 2 * RATE + 37  # in the middle of a block, of a frame of 10 ms and of a chunk of 32 ms
    other = sound.copy()
    other[at:] = 0.3 * np.random.default_rng(1).normal(size=len(other) - at).astype(np.float32)
    past = at // BLOCK
    (p, gain), (q, changed) = (gate(scene(x), THRESHOLD_DB) for x in (sound, other))
    assert np.array_equal(gain[:past], changed[:past])
    if p is not None and q is not None:
        assert np.array_equal(p[:past], q[:past])
        assert not np.array_equal(p[past:], q[past:])


def test_scenes_are_apart(gate):
    """A scene is judged alike whatever was played before it."""
    sound = vowels(2)
    _, first = gate(scene(sound), THRESHOLD_DB)
    gate(scene(np.random.default_rng(2).normal(size=RATE).astype(np.float32)), THRESHOLD_DB)
    assert np.array_equal(first, gate(scene(sound), THRESHOLD_DB)[1])


def test_akiki_writes_nothing(tmp_path, monkeypatch):
    """Akiki runs the weights of its package: it makes no others, and keeps none in a cache."""
    (akiki,) = (one for one in PEERS if one.package == "akiki")
    if not akiki.installed() and os.environ.get("CI") != "true":
        pytest.skip("akiki is not there")
    monkeypatch.setenv("AKIKI_CACHE_DIR", str(tmp_path))
    akiki.load()(scene(vowels(1)), THRESHOLD_DB)
    assert list(tmp_path.iterdir()) == []


def test_pedalboard_follows_juce_s_law():
    """Our re-implementation of JUCE's law gives the gains that JUCE's own code gives."""
    (pedalboard,) = (one for one in PEERS if one.package == "pedalboard")
    if not pedalboard.installed() and os.environ.get("CI") != "true":
        pytest.skip("pedalboard is not there")
    sound = vowels() + 0.001 * np.random.default_rng(3).normal(size=SECONDS * RATE).astype(np.float32)
    for threshold_db in (-45.0, -25.0, -12.0):
        _, theirs = pedalboard.load()(scene(sound), threshold_db)
        _, ours = JUCE.at_default(scene(sound), threshold_db)
        assert theirs == pytest.approx(ours, abs=SAME_LAW)
        assert np.ptp(ours) > 0.1


def test_names():
    """Names, packages and modules are each one peer's own, and each says when it knows."""
    for field in ("name", "package", "module"):
        assert len({getattr(one, field) for one in PEERS}) == len(PEERS)
    assert all(one.delay and "pip install" in one.how_to_get for one in PEERS)


def test_a_peer_that_is_not_there_says_how_to_get_it():
    """Neither a package nor a library that is lacking is a crash: one sentence with the remedy."""
    for lacking in ({"module": "no_such_module_here"}, {"module": "json", "libraries": ("libnone.so.0",)}):
        nobody = Peer(name="nobody", package="nobody", delay="none", make=lambda: None, **lacking)
        assert not nobody.installed()
        with pytest.raises(
            UsageError, match=r"expected nobody to be installed, and it is not; pip install .*\[learn,peers\]"
        ):
            nobody.load()


def test_a_peer_that_does_not_load_says_so():
    """A package that is there and broken names its trouble."""

    def make():
        raise OSError("libx: no such file")

    broken = Peer(name="broken", package="broken", module="json", delay="none", make=make)
    assert broken.installed()
    with pytest.raises(UsageError, match="expected broken to load, got libx: no such file; install it again"):
        broken.load()


def test_listing_peers_loads_none_of_them():
    """Naming the peers, and asking which are there, imports no package of theirs and no torch."""
    modules = sorted({one.module for one in PEERS} | {"torch"})
    program = (
        "import sys; from training.judging.peers import PEERS; [p.installed() for p in PEERS]\n"
        f"print([m for m in {modules} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_a_decision_counts_from_when_it_is_known():
    """A frame of 480 samples ends in block 4 and counts from there; one sample of lookahead more, a block later."""
    assert list(frames.known_at(3, 480)) == [480, 960, 1440]
    values = np.array([1.0, 2.0])
    assert list(frames.by_block(values, np.array([480, 960]), 11)) == [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]
    assert list(frames.by_block(values, np.array([500, 501]), 7)) == [0, 0, 0, 0, 1, 2, 2]


def test_latched():
    """Open at once, shut two frames behind the first low one; a middling frame neither begins nor ends the wait."""
    p = np.array([0.4, 0.5, 0.2, 0.4, 0.2, 0.4, 0.9, 0.4, 0.1, 0.6, 0.1, 0.1, 0.1, 0.4])
    assert list(frames.latched(p, 0.5, 0.35, 2).astype(int)) == [0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
    assert list(frames.latched(p, 0.5, 0.5).astype(int)) == [0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]


def test_the_resampler_reaches_no_further_than_it_says():
    """A click at 48 kHz is in no 16 kHz sample whose reach ends before it."""
    x = np.zeros(3000)
    x[1500] = 1.0
    first = int(np.flatnonzero(np.abs(frames.to_16_khz(x)) > 0)[0])
    assert first * frames.DOWN_16_KHZ + frames.RESAMPLER_AHEAD_SAMPLES >= 1500


def test_sixteen_bits_are_clipped():
    """Full scale and beyond is the largest integer, never a wrap."""
    assert list(frames.to_int16(np.array([0.0, 1.0, 2.0, -2.0, 0.5]))) == [0, 32767, 32767, -32767, 16384]
