"""A corpus made of arithmetic, a few seconds of everything, with a manifest."""

import csv
import itertools
from pathlib import Path

import numpy as np
import soundfile

COLUMNS = (
    *("path", "class", "source", "licence", "sample_rate", "seconds", "speaker_or_item", "split"),
    *("peak_dbfs", "floor_dbfs", "loud_dbfs", "range_db", "bandwidth_hz"),
)


def make(
    folder: Path, noisy_targets: bool = False, kit: bool = False, mics: bool = False, band: bool = False
) -> Path:
    """Write recordings and manifest.csv into the folder.

    ``noisy_targets``: none may be a label. ``kit``: kicks, toms, cymbals, notes and noisy hits too; the rest stays.
    ``mics``: a kit that several microphones heard at once, too. ``band``: songs in stems, and a guitarist's phrases, too.
    """
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
    if kit:
        add_kit(rows, folder)
    if mics:
        add_microphones(rows, folder)
    if band:
        add_songs(rows, folder)
    write_manifest(rows, folder)
    return folder


def write_manifest(rows, folder):
    """Write the manifest of recordings that ``add`` wrote."""
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def add_kit(rows, folder):
    """Single hits of a kit at several forces, single notes of a guitar, and a kick in noise."""
    rng = np.random.default_rng(6)
    for split in ("train", "val"):
        for take in range(1, 4):
            force = 0.3 * take
            for name, hz, seconds in (
                ("kick/kick", 60, 0.06),
                ("snare/snare", 190, 0.04),
                ("toms/small", 160, 0.09),
                ("toms/large", 90, 0.12),
            ):
                kind = f"drums/{name.split('/')[0]}"
                x = force * drum(rng, hz, seconds)
                add(rows, folder, f"drums/{name}_{split}{take}.wav", kind, split, x, 48000)
            for name, seconds in (("closed", 0.02), ("open", 0.2), ("ride", 0.3), ("crash", 0.4)):
                x = force * hit(rng, seconds)
                add(rows, folder, f"drums/cymbals/{name}_{split}{take}.wav", "drums/cymbals", split, x, 48000)
        noisy = 0.3 * drum(rng, 55, 0.05)
        noisy += 0.05 * rng.normal(size=len(noisy))
        add(rows, folder, f"drums/kick/noisy_{split}.wav", "drums/kick", split, noisy, 48000)
        for string, hz in enumerate((82.4, 110.0, 146.8, 196.0, 246.9, 329.6)):
            add(rows, folder, f"guitar/tiny/note_{split}{string}x.wav", "guitar", split, note(hz), 48000)


REELS = {
    "kick": ("kick", 60, 0.06),
    "snare": ("snare", 190, 0.04),
    "tom1": ("tom1", 160, 0.09),
    "tom2": ("tom2", 90, 0.12),
    "hihat_closed": (None, 0, 0.02),
    "crash": (None, 0, 0.3),
}
"""Instrument -> the microphone at it, its pitch in Hz, how fast it dies."""
MICS = {
    "snare_top": "snare",
    "kick_l": "kick",
    "kick_r": "kick",
    "tom1": "tom",
    "tom2": "tom",
    "room": "room",
}
BLEED_DB = {
    "kick": -40.0,
    "snare": -30.0,
    "tom1": -35.0,
    "tom2": -38.0,
    "hihat_closed": -46.0,
    "crash": -42.0,
}
"""How loud each is in microphones that stand at another."""


def add_microphones(rows, folder):
    """A kit in train, one in val: reels of three strokes, and a groove with the snare's and the kick's own in it."""
    rng = np.random.default_rng(7)
    for split in ("train", "val"):
        kit = f"kit_{split}"
        lines, groove, own = [], {mic: np.zeros(5 * 48000) for mic in MICS}, {}
        for number, (name, (_, hz, seconds)) in enumerate(REELS.items()):
            strokes = [
                force * (drum(rng, hz, seconds) if hz else hit(rng, seconds, 48000))
                for force in (0.2, 0.5, 1.0)
            ]
            edges = np.cumsum([0, *map(len, strokes)])
            lines += [
                f"hits_{name},{name},{take},{a / 48000:.4f},{b / 48000:.4f}"
                for take, (a, b) in enumerate(itertools.pairwise(edges))
            ]
            for mic, kind in MICS.items():
                at = REELS[name][0] == mic.split("_")[0] and mic != "kick_r"
                gain = 1.0 if at else 10.0 ** (BLEED_DB[name] / 20.0)
                path = f"drums_multimic/{kit}/hits_{name}/{mic}.flac"
                add(
                    rows, folder, path, f"drums_multimic/{kind}", split, gain * np.concatenate(strokes), 48000
                )
                track = np.zeros(5 * 48000)
                for start in range(number * 4000, 4 * 48000, 30000):
                    track[start : start + len(strokes[2])] += gain * strokes[2][: len(track) - start]
                groove[mic] += track
                if at:
                    own[mic] = track
        for mic, x in groove.items():
            place = f"drums_multimic/{kit}/groove_a/{mic}"
            add(rows, folder, f"{place}.flac", f"drums_multimic/{MICS[mic]}", split, 0.5 * x, 48000)
            if mic in ("snare_top", "kick_l"):
                add(
                    rows,
                    folder,
                    f"{place}__target.flac",
                    "drums_multimic/target",
                    split,
                    0.5 * own[mic],
                    48000,
                )
        text = "\n".join(("take,instrument,hit,start_s,end_s", *lines, ""))
        (folder / f"drums_multimic/segments_{kit}.csv").write_text(text)


def add_songs(rows, folder):
    """In each split a song whose guitar rests, one whose guitar never does, one of stems, and ten seconds of phrases."""
    rng = np.random.default_rng(8)
    for split in ("train", "val"):
        bars = [note(hz, seconds=1.5) for hz in (110.0, 146.8, 196.0, 246.9)]
        rest = np.zeros(48000)
        playing = np.concatenate([bars[0], bars[2], rest, bars[1], bars[3], bars[0], rest, bars[2], rest])
        hums = 1e-4 * rng.normal(size=(4, len(playing)))
        others = np.tile(hit(rng, 0.05), -(-len(playing) // 14400))[: len(playing)]
        stems = {
            f"rests_{split}/guitar": playing + hums[0],
            f"rests_{split}/song": others + 0.1 * talk(rng, 48000, len(playing) / 48000),
            f"never_{split}/guitar": np.tile(chord(48000, 48000), 12)[: len(playing)],
            f"never_{split}/song": others,
            f"stems_{split}/drums": others,
            f"stems_{split}/bass": np.roll(playing, 9000) + hums[1],
            f"stems_{split}/vocals": talk(rng, 48000, len(playing) / 48000),
        }
        for name, x in stems.items():
            kind = f"songs/{name.split('/')[1]}"
            add(rows, folder, f"songs/tiny/{name}.ogg", kind, split, x, 48000)
        add(
            rows,
            folder,
            f"guitar/phrases/line_{split}.flac",
            "guitar",
            split,
            playing[: 10 * 48000] + hums[2][: 10 * 48000],
            48000,
        )


def drum(rng, hz, seconds, rate=48000):
    """A decaying tone with some decaying noise."""
    t = np.arange(int(12 * seconds * rate)) / rate
    tone = np.sin(2 * np.pi * hz * t) + 0.3 * rng.normal(size=len(t)) * np.exp(-t / 0.01)
    return 0.6 * tone * np.exp(-t / seconds)


def note(hz, rate=48000, seconds=2.0):
    """A plucked string: harmonics that die away."""
    t = np.arange(int(seconds * rate)) / rate
    return 0.3 * sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 8)) * np.exp(-t / 0.4)


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
