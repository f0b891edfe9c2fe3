"""A corpus made of arithmetic, a few seconds of everything, with a manifest."""

import csv
from pathlib import Path

import numpy as np
import soundfile

COLUMNS = (
    *("path", "class", "source", "licence", "sample_rate", "seconds", "speaker_or_item", "split"),
    *("peak_dbfs", "floor_dbfs", "loud_dbfs", "range_db", "bandwidth_hz"),
)


def make(folder: Path, noisy_targets: bool = False) -> Path:
    """Write recordings and manifest.csv into the folder. ``noisy_targets``: none may be a label."""
    rng = np.random.default_rng(5)
    rows = []
    for split in ("train", "val"):
        for person in range(3):
            range_db = 30.0 if noisy_targets else 60.0
            add(rows, folder, f"speech/{split}_{person}.wav", "speech", split, talk(rng), 16000, range_db)
        add(rows, folder, f"speech/{split}_noisy.wav", "speech", split, talk(rng), 16000, 20.0)
        for take in range(2):
            add(
                rows,
                folder,
                f"noise/{split}_{take}.flac",
                "noise",
                split,
                0.1 * rng.normal(size=44100),
                44100,
            )
        add(rows, folder, f"music/{split}.ogg", "music", split, chord(96000, 48000), 48000)
        add(rows, folder, f"drums/snare/{split}.wav", "drums/snare", split, hit(rng, 0.05), 48000)
        add(rows, folder, f"guitar/{split}.wav", "guitar", split, chord(48000, 48000), 48000)
        add(rows, folder, f"impulse_response/{split}.flac", "impulse_response", split, hit(rng, 0.1), 48000)
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def add(rows, folder, path, kind, split, x, rate, range_db=60.0):
    """Write one recording and its line."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / path, np.clip(x, -1.0, 1.0).astype(np.float32), rate)
    row = dict.fromkeys(COLUMNS, "0")
    row |= {
        "path": path,
        "class": kind,
        "sample_rate": rate,
        "seconds": len(x) / rate,
        "speaker_or_item": f"{split}-{Path(path).stem}",
        "split": split,
        "range_db": range_db,
        "bandwidth_hz": rate / 2,
    }
    rows.append(row)


def talk(rng, rate=16000, seconds=6.0):
    """Something like speech: voiced syllables at five a second, with pauses, silent under -70 dBFS."""
    t = np.arange(int(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * k * rng.uniform(90, 220) * t) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * t + rng.uniform(0, 3)) ** 2, 0.05, 1.0)
    phrases = np.repeat(rng.permutation([1, 1, 0, 1, 1, 0, 1, 1]), int(np.ceil(len(t) / 8)))[: len(t)]
    return 0.15 * voice * syllables * phrases + 1e-4 * rng.normal(size=len(t))


def chord(n, rate):
    """Three sines."""
    t = np.arange(n) / rate
    return 0.2 * sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 277.2, 329.6))


def hit(rng, seconds, rate=48000):
    """Decaying noise."""
    t = np.arange(int(6 * seconds * rate)) / rate
    return 0.3 * rng.normal(size=len(t)) * np.exp(-t / seconds)
