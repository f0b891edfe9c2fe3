"""The demo's noisy room, made from nothing: a voice, a fan, mains hum, a keyboard and the walls around them.

Everything is 48 kHz float64, full scale 1.0, and the same on every run with the same version of espeak-ng.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from gate.constants import RATE
from gate.levels import block_levels_db, loud_level_db

Sound = NDArray[np.float64]

LINES = (
    ("Good evening. This is an ordinary room, and I am talking in it.", 2.0),
    ("When I stop, the fan goes on.", 2.4),
    ("Somebody types on a keyboard, a little too close to the microphone.", 2.6),
    ("A gate that only looks at the level would open for every key.", 2.2),
    ("This one was taught what a voice is.", 2.5),
)
"""Lines that are said, and the pause after each in seconds."""

LEAD_S = 1.5
"""Room noise before the first word, for ``--threshold auto`` and for the ear to get used to."""

SPEECH_DB, FAN_DB, HUM_DB, KEY_PEAK_DB = -20.0, -46.0, -50.0, -9.0
"""Loud level of the voice, RMS of fan and of hum, peak of a hard key: in dB re full scale."""


@dataclass(frozen=True)
class Room:
    """A recording and the truth about it: ``mixture`` and ``voice`` are (n, 2), aligned, whole blocks."""

    mixture: Sound
    voice: Sound
    speaker: str


def db(x: float) -> float:
    """Return the amplitude factor of x dB."""
    return float(10.0 ** (x / 20.0))


def resample(x: Sound, rate: int) -> Sound:
    """Resample a whole sound to 48 kHz through its spectrum: ideal low-pass; a silent end keeps it from wrapping."""
    x = np.pad(x, (0, rate // 10))
    n = round(len(x) * RATE / rate)
    spectrum = np.fft.rfft(x)
    wanted = np.zeros(n // 2 + 1, dtype=complex)
    keep = min(len(spectrum), len(wanted))
    wanted[:keep] = spectrum[:keep]
    return np.fft.irfft(wanted, n) * (n / len(x))


def spoken(text: str, voice: str = "en-us") -> Sound:
    """Speak a sentence with espeak-ng, silence at both ends cut off.

    Raises:
        OSError, subprocess.CalledProcessError: espeak-ng is missing or failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.wav"
        command = ["espeak-ng", "-v", voice, "-s", "155", "-w", str(path), text]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        x, rate = soundfile.read(path)
    heard = np.flatnonzero(np.abs(x) > 1e-3 * np.max(np.abs(x)))
    return resample(x[heard[0] : heard[-1] + 1], rate)


VOWELS_HZ = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))
"""First three formants of a, e, i, o, u (Peterson and Barney 1952, men)."""


def babbled(text: str, rng: np.random.Generator) -> Sound:
    """Make a synthetic voice for machines without espeak-ng: one syllable for every three letters of the text."""
    syllables = []
    for _ in range(max(2, len(text) // 3)):
        n = int(rng.uniform(0.13, 0.24) * RATE)
        t = np.arange(n) / RATE
        pitch_hz = (
            rng.uniform(95, 135) * (1.0 - 0.12 * t / t[-1]) * (1.0 + 0.01 * np.sin(2 * np.pi * 5.5 * t))
        )
        phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
        formants = VOWELS_HZ[rng.integers(len(VOWELS_HZ))]
        vowel = np.zeros(n)
        for k in range(1, 36):
            f = k * pitch_hz.mean()
            # The source falls by 12 dB an octave; each formant is a resonance of 90 Hz half width.
            vowel += sum(1.0 / (1.0 + ((f - at) / 90.0) ** 2) for at in formants) / k * np.sin(k * phase)
        shape = np.minimum(1.0, np.minimum(t, t[-1] - t) / 0.03)
        consonant = shaped_noise(int(0.06 * RATE), rng, low_hz=2500, high_hz=7500, tilt_db=0)
        consonant *= 0.25 * np.hanning(len(consonant))
        syllables += [consonant, vowel / np.max(np.abs(vowel)) * shape]
    return np.concatenate(syllables)


def shaped_noise(n: int, rng: np.random.Generator, *, low_hz: float, high_hz: float, tilt_db: float) -> Sound:
    """Make noise of RMS 1 between two frequencies, with a spectrum that falls by ``tilt_db`` an octave."""
    f = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 1.0)
    shape = db(-tilt_db) ** np.log2(f / 1000.0) / np.sqrt((1 + (low_hz / f) ** 4) * (1 + (f / high_hz) ** 4))
    x = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * shape, n)
    return x / np.sqrt(np.mean(x**2))


def fan(n: int, rng: np.random.Generator) -> Sound:
    """Make a computer's fan: noise that falls by 4.5 dB an octave and breathes by a decibel; RMS 1."""
    breath = db(1.0) ** np.sin(2 * np.pi * 0.23 * np.arange(n) / RATE + rng.uniform(0, 6))
    return shaped_noise(n, rng, low_hz=70, high_hz=9000, tilt_db=4.5) * breath


def hum(n: int) -> Sound:
    """Make mains hum at 50 Hz with the harmonics of a bad supply; RMS 1."""
    t = np.arange(n) / RATE
    x = sum(
        a * np.sin(2 * np.pi * 50 * k * t + k) for k, a in ((1, 1.0), (2, 0.5), (3, 0.45), (5, 0.2), (7, 0.1))
    )
    return np.asarray(x / np.sqrt(np.mean(np.square(x))))


def key(rng: np.random.Generator) -> Sound:
    """Make one key of a keyboard, pressed and let go: two clicks and the thud of the desk; peak 1."""
    x = np.zeros(int(0.16 * RATE))
    for at_s, strength in ((0.0, 1.0), (rng.uniform(0.06, 0.1), 0.45)):
        at = int(at_s * RATE)
        t = np.arange(len(x) - at) / RATE
        click = shaped_noise(len(t), rng, low_hz=1800, high_hz=6000, tilt_db=0) * np.exp(-t / 0.0025)
        thud = np.sin(2 * np.pi * rng.uniform(140, 220) * t) * np.exp(-t / 0.012)
        x[at:] += strength * (click + 0.8 * thud)
    return x / np.max(np.abs(x))


def typing(n: int, rng: np.random.Generator) -> Sound:
    """Make runs of four to twelve keys, seven a second, with breaks between them; the hardest key peaks at 1."""
    x = np.zeros(n)
    at_s = 0.9
    while True:
        for _ in range(rng.integers(4, 12)):
            sound = key(rng) * db(-rng.uniform(0, 9))
            at = int(at_s * RATE)
            if at + len(sound) > n:
                return x / max(np.max(np.abs(x)), 1e-9)
            x[at : at + len(sound)] += sound
            at_s += rng.uniform(0.09, 0.2)
        at_s += rng.uniform(0.7, 1.6)


def walls(x: Sound, rng: np.random.Generator, *, wet_db: float) -> Sound:
    """Put a sound into a small room: itself and 0.3 s of decay, ``wet_db`` over or under it; same length."""
    t = np.arange(int(0.35 * RATE)) / RATE
    tail = rng.standard_normal(len(t)) * db(-60.0) ** (t / 0.3) * (t > 0.002)
    tail *= db(wet_db) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    size = len(x) + len(tail)
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(tail, size), size)[: len(x)]


def say_lines(rng: np.random.Generator) -> tuple[Sound, str]:
    """Return all lines with their pauses, at the loud level SPEECH_DB, and who spoke them."""
    speaker = "espeak-ng" if shutil.which("espeak-ng") else "a synthetic voice (espeak-ng is not installed)"
    parts = [np.zeros(int(LEAD_S * RATE))]
    for text, pause_s in LINES:
        x = spoken(text) if speaker == "espeak-ng" else babbled(text, rng)
        parts += [x, np.zeros(int(pause_s * RATE))]
    voice = np.concatenate(parts)
    voice = np.pad(voice, (0, -len(voice) % 100))
    return voice * db(SPEECH_DB - loud_level_db(block_levels_db(voice))), speaker


def record(seed: int = 1) -> Room:
    """Make the whole recording: voice in the middle, keyboard on the right, fan everywhere."""
    rng = np.random.default_rng(seed)
    dry, speaker = say_lines(rng)
    n = len(dry)
    keys = typing(n, rng) * db(KEY_PEAK_DB)
    voice = np.stack([walls(dry, rng, wet_db=-14.0) for _ in range(2)], axis=1)
    noise = np.stack(
        [
            fan(n, rng) * db(FAN_DB) + hum(n) * db(HUM_DB) + walls(keys, rng, wet_db=-6.0) * pan
            for pan in (0.6, 1.0)
        ],
        axis=1,
    )
    return Room(voice + noise, voice, speaker)
