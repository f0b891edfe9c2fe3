"""``--threshold auto`` where something happens once: no single event moves the proposal by more than 2 dB."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from gate.levels import RATE
from gate.render.auto_threshold import AutoThreshold, Levels, choose

MOST_DB = 2.0
"""By which one event, or several accidents together, may move the proposal."""

Sound = NDArray[np.float64]


def gain(db: float) -> float:
    return float(10 ** (db / 20))


def noise(seconds: float, db: float, seed: int) -> Sound:
    return np.random.default_rng(seed).normal(size=int(seconds * RATE)) * gain(db)


def talk(seconds: float, loud_db: float, floor_db: float, seed: int = 0) -> Sound:
    """Make syllables of 80 to 250 ms and various levels, in phrases of about two seconds with pauses, over noise."""
    rng = np.random.default_rng(seed)
    x = noise(seconds, floor_db, seed)
    at = 0.3
    while at < seconds - 0.3:
        length = int(rng.uniform(0.08, 0.25) * RATE)
        shape = np.hanning(length) * gain(loud_db + rng.normal(0.0, 4.0))
        place = int(at * RATE)
        x[place : place + length] += (rng.normal(size=length) * shape)[: len(x) - place]
        at += length / RATE + (rng.uniform(0.3, 0.9) if rng.random() < 0.15 else 0.02)
    return x


def put(x: Sound, event: Sound, at_s: float) -> Sound:
    y = x.copy()
    place = int(at_s * RATE)
    y[place : place + len(event)] += event[: len(y) - place]
    return y


def peaked(x: Sound, peak_db: float) -> Sound:
    return x / np.max(np.abs(x)) * gain(peak_db)


def seconds(length: float) -> Sound:
    return np.arange(int(length * RATE)) / RATE


def clap(peak_db: float = 6.0) -> Sound:
    """Make a slate's clap, with some room."""
    return peaked(noise(0.35, 0.0, 5) * np.exp(-25.0 * seconds(0.35)), peak_db)


def pop() -> Sound:
    return peaked(np.exp(-600.0 * seconds(0.01)) * np.sin(2 * np.pi * 80.0 * seconds(0.01)), 0.0)


def door(peak_db: float = 0.0) -> Sound:
    """Make half a second of rumble under 150 Hz that decays, and its tail."""
    spectrum = np.fft.rfft(noise(0.8, 0.0, 6))
    spectrum /= 1.0 + (np.fft.rfftfreq(int(0.8 * RATE), 1.0 / RATE) / 150.0) ** 2
    return peaked(np.fft.irfft(spectrum, int(0.8 * RATE)) * np.exp(-8.0 * seconds(0.8)), peak_db)


def tone(db: float, length: float = 10.0, hz: float = 1000.0) -> Sound:
    return np.sqrt(2.0) * gain(db) * np.sin(2 * np.pi * hz * seconds(length))


def ident(db: float) -> Sound:
    """Make a line-up tone that is silent for a quarter of a second every three seconds, as EBU R 49 has it."""
    x = tone(db, 12.0)
    for begin in range(0, 12, 3):
        x[begin * RATE : begin * RATE + RATE // 4] = 0.0
    return x


def bursts(db: float) -> Sound:
    """Make line-up tones one after the other with pauses, a channel's each, as BLITS has them."""
    hertz = (880.0, 880.0, 1318.5, 659.3, 659.3, 82.4)
    return np.concatenate([np.append(tone(db, 0.6, hz), np.zeros(RATE // 5)) for hz in hertz])


SILENCE = np.zeros(10 * RATE)
ONE = np.array([1000.0])
DITHER = noise(10.0, -96.3, 7)

EVENTS: dict[str, Callable[[Sound], Sound]] = {
    "a slate clap": lambda x: put(x, clap(), 6.0),
    "a slate clap at once": lambda x: put(x, clap(), 0.01),
    "a pop": lambda x: put(x, pop(), 10.0),
    "one sample of 1000": lambda x: put(x, ONE, 10.0),
    "a door": lambda x: put(x, door(), 10.0),
    "a soft door": lambda x: put(x, door(-20.0), 10.0),
    "silence before": lambda x: np.concatenate([SILENCE, x]),
    "silence after": lambda x: np.concatenate([x, SILENCE]),
    "dither at both ends": lambda x: np.concatenate([DITHER, x, DITHER]),
    "tone of -18": lambda x: np.concatenate([tone(-18.0), x]),
    "tone of -12, after": lambda x: np.concatenate([x, tone(-12.0)]),
    "tone of -20, in the middle": lambda x: np.concatenate([x[: 10 * RATE], tone(-20.0), x[10 * RATE :]]),
    "half a minute of 440 Hz": lambda x: np.concatenate([tone(-18.0, 30.0, 440.0), x]),
    "interrupted tone": lambda x: np.concatenate([ident(-18.0), x]),
    "all of them": lambda x: np.concatenate(
        [
            tone(-18.0),
            SILENCE,
            put(put(put(put(x, clap(), 1.0), door(), 8.0), pop(), 12.0), ONE, 15.0),
            DITHER,
        ]
    ),
}

RECORDINGS = {
    "quiet talk": talk(20.0, -40.0, -75.0),
    "clean talk": talk(20.0, -25.0, -84.0, 1),
    "noisy talk": talk(20.0, -40.0, -55.0, 2),
    "loud talk": talk(20.0, -10.0, -50.0, 3),
    "three speakers": np.concatenate(
        [talk(8.0, db, -70.0, 4 + i) for i, db in enumerate((-30.0, -42.0, -22.0))]
    ),
    "two sentences in a minute": put(
        put(noise(60.0, -65.0, 8), talk(3.0, -25.0, -90.0, 9), 12.0), talk(3.0, -25.0, -90.0, 10), 41.0
    ),
    "only room": noise(20.0, -65.0, 11),
    "only loud noise": noise(20.0, -20.0, 12),
}


def listened(x: Sound) -> AutoThreshold:
    """Return what is chosen for a sound, taken in pieces as ``measure`` takes it."""
    levels = Levels(RATE)
    piece = 273 * levels.window
    for begin in range(0, len(x), piece):
        levels.add(x[begin : begin + piece, None].astype(np.float32))
    return choose(levels.floor_db(), levels.loud_db(), -40.0)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("recording", RECORDINGS)
def test_no_event_moves_the_proposal(recording: str, event: str) -> None:
    """A clap, a pop, a door, a broken sample, silence, a line-up tone: 2 dB at the most, and so all of them together."""
    x = RECORDINGS[recording]
    assert listened(EVENTS[event](x)).threshold_db == pytest.approx(listened(x).threshold_db, abs=MOST_DB)


@pytest.mark.parametrize("recording", ["quiet talk", "clean talk", "noisy talk", "loud talk", "only room"])
def test_nor_do_bursts_of_tone(recording: str) -> None:
    """Six line-up tones with pauses are one thing, not six events."""
    x = RECORDINGS[recording]
    found = listened(np.concatenate([bursts(-18.0), x]))
    assert found.threshold_db == pytest.approx(listened(x).threshold_db, abs=MOST_DB)


@pytest.mark.parametrize("event", ["a slate clap", "a door", "tone of -18", "all of them"])
def test_nor_in_ten_minutes(event: str) -> None:
    """A long recording is moved as little."""
    x = np.tile(RECORDINGS["quiet talk"], 30)
    assert listened(EVENTS[event](x)).threshold_db == pytest.approx(listened(x).threshold_db, abs=MOST_DB)


@pytest.mark.parametrize("event", [clap(), clap(-10.0), pop(), ONE])
def test_nor_in_five_seconds(event: Sound) -> None:
    """Auto of the panel hears five seconds, and somebody claps meanwhile."""
    x = talk(5.0, -35.0, -70.0, 13)
    assert listened(put(x, event, 2.0)).threshold_db == pytest.approx(listened(x).threshold_db, abs=MOST_DB)


@pytest.mark.parametrize("every_s", [0.5, 1.0, 2.0, 3.0])
def test_sparse_strokes_are_no_accidents(every_s: float) -> None:
    """A kick drum fills a few per cent of the time, and is what is wanted: its level is the loud level."""
    stroke = 0.5 * np.exp(-15.0 * seconds(0.4)) * np.sin(2 * np.pi * 60.0 * seconds(0.4))
    x = noise(20.0, -70.0, 14)
    for at in np.arange(0.25, 19.5, every_s):
        x = put(x, stroke, float(at))
    assert listened(x).loud_db == pytest.approx(-12.0, abs=4.0)
    assert listened(put(x, clap(), 5.1)).threshold_db == pytest.approx(listened(x).threshold_db, abs=MOST_DB)


def test_a_tone_that_is_all_there_is_counts() -> None:
    """A file of nothing but a tone, or a tone and silence, has the tone's level."""
    for x in (tone(-20.0), np.concatenate([SILENCE, tone(-20.0)])):
        assert listened(x).loud_db == pytest.approx(-20.0, abs=0.1)


def test_a_single_hit_counts() -> None:
    """A sample of one stroke, cut close, is that stroke."""
    x = 0.5 * np.exp(-8.0 * seconds(0.5)) * np.sin(2 * np.pi * 60.0 * seconds(0.5))
    assert listened(x).loud_db == pytest.approx(-12.0, abs=6.0)


def test_faint_files_have_a_level() -> None:
    """What is all under -90 dBFS is measured, not called silent."""
    found = listened(DITHER)
    assert found.loud_db == pytest.approx(-96.3, abs=1.0) and found.threshold_db == -80.0


def test_pieces_do_not_matter() -> None:
    """However the sound is cut into pieces of whole windows, the figures are the same."""
    x = EVENTS["all of them"](RECORDINGS["clean talk"])[:, None]
    whole, parts = Levels(RATE), Levels(RATE)
    whole.add(x)
    for begin in range(0, len(x), 7 * parts.window):
        parts.add(x[begin : begin + 7 * parts.window])
    assert (parts.floor_db(), parts.loud_db()) == (whole.floor_db(), whole.loud_db())
