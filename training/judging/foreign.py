"""Results of other tools: pairs of files (before, after), and gain curves."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, BLOCK_S, RATE
from gate.levels import block_levels_db, loud_level_db
from training.judging.evaluate import measured_gain
from training.judging.gates import Gate, SoundGate
from training.judging.metrics import block_power
from training.recordings.reading import read_length, read_mono, read_sound
from training.scenes.compose import Scene

UNDER_LOUD_DB = 20.0
"""A pair's threshold lies this far under the target's loud level, if none is given: as in judged scenes."""

MAX_LAG_SAMPLES = RATE // 5
"""A tool's delay is looked for within 200 ms; no tool that works live has more."""

LAG_FACTOR = 1.5
"""By how much a shifted sound has to fit better than the sound as it is, for it to count as shifted."""

LOUD_SHARE = 1e-4
"""Power, relative to the loudest, under which a block of a gate's sound says nothing about its delay: 40 dB."""

SNAP_S = 5e-6
"""Curves have times to a microsecond: so near to a block's edge, a time means the edge."""


class SoundFolder(SoundGate):
    """A gate known by its sound: NNN-mixture.wav in a folder is what came out for scene NNN's mixture.

    Raises:
        ValueError: a file is missing, or its rate or length is not that of its scene.
    """

    def __init__(self, folder: Path, scenes: Sequence[Scene]) -> None:
        self._path = {
            id(scene.mixture): folder / f"{number:03d}-mixture.wav" for number, scene in enumerate(scenes)
        }
        for path, scene in zip(self._path.values(), scenes, strict=True):
            if not path.is_file():
                raise ValueError(
                    f"expected {path}, got no such file; process every mixture that --write-scenes wrote, under its name"
                )
            frames, rate_hz = read_length(path)
            if (rate_hz, frames) != (RATE, len(scene.mixture)):
                raise ValueError(
                    f"expected {len(scene.mixture)} samples at {RATE} Hz in {path}, got {frames} at "
                    f"{rate_hz} Hz; keep rate and length, and take the tool's delay out"
                )

    def hear(self, scene: Any, threshold_db: float) -> tuple[None, NDArray[np.float64], NDArray[np.float32]]:
        """Return the gain (T,) and the sound (T * 100,) of a scene."""
        path = self._path[id(scene.mixture)]
        return SoundPair(read_sound(path)[0].mean(axis=1), str(path)).hear(scene, threshold_db)


class SoundPair(SoundGate):
    """A gate known by what came out for one scene.

    Args:
        after: (n,) as long as the scene.
        name: the file's name, for errors.
    """

    def __init__(self, after: NDArray[np.float32], name: str) -> None:
        self._after, self._name = after, name

    def hear(self, scene: Any, threshold_db: float) -> tuple[None, NDArray[np.float64], NDArray[np.float32]]:
        """Return the gain (T,) and the sound; blocks of digital silence count as shut.

        Raises:
            ValueError: the sound is not as long as the scene, not finite, or later or earlier than the scene.
        """
        before, after = scene.mixture, self._after[: len(scene.mixture)]
        if len(after) != len(before):
            raise ValueError(
                f"expected {len(before)} samples in {self._name}, got {len(after)}; cut both files alike"
            )
        if not np.isfinite(after).all():
            raise ValueError(f"expected finite samples in {self._name}, got NaN or infinity; render it again")
        late = lag_samples(before, after)
        if late:
            raise ValueError(
                f"expected {self._name} to lie where its mixture lies, got it {abs(late)} samples "
                f"{'late' if late > 0 else 'early'}; shift it by as much"
            )
        return None, measured_gain(before, after, np.zeros(len(before) // BLOCK)), after


def lag_samples(before: NDArray[np.float32], after: NDArray[np.float32]) -> int:
    """Find by how many samples ``after`` is late (negative: early); 0 if not late, or if that cannot be told.

    Where ``after`` is loud (within 40 dB of its loudest block), ``after`` is compared with ``before`` at every lag
    within 200 ms: by the correlation coefficient, so that a louder place does not pass for a better fit.
    """
    from scipy.signal import correlate

    power = block_power(after, BLOCK)
    loud = np.repeat(power > LOUD_SHARE * np.max(power, initial=0.0), BLOCK).astype(np.float64)
    heard, sound = after[: len(loud)] * loud, before[: len(loud)].astype(np.float64)
    if not heard.any() or not sound.any():
        return 0
    middle = len(loud) - 1
    reach = min(MAX_LAG_SAMPLES, middle)
    near = slice(middle - reach, middle + reach + 1)
    alike = np.abs(correlate(heard, sound, "full", "fft")[near])
    energy = correlate(loud, np.square(sound), "full", "fft")[near]
    fit = alike / np.sqrt(np.maximum(energy, LOUD_SHARE * np.max(energy)))
    best = int(np.argmax(fit))
    return best - reach if fit[best] > LAG_FACTOR * fit[reach] else 0


class CurveFolder(Gate):
    """A gate known by its gain curves: NNN*.csv in a folder is that of scene NNN.

    Raises:
        ValueError: a curve is missing, there are two, or one cannot be read.
    """

    def __init__(self, folder: Path, scenes: Sequence[Scene]) -> None:
        self._curve: dict[int, tuple[NDArray[np.float64] | None, NDArray[np.float64]]] = {}
        for number, scene in enumerate(scenes):
            paths = sorted(folder.glob(f"{number:03d}*.csv"))
            if len(paths) != 1:
                raise ValueError(
                    f"expected one curve {folder}/{number:03d}*.csv, got {len(paths)}; "
                    "leave one for each scene that --write-scenes wrote"
                )
            self._curve[id(scene.mixture)] = read_curve(paths[0], len(scene.mixture) // BLOCK)

    def __call__(
        self, scene: Any, threshold_db: float
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
        """Return the open probability (T,) if the curve has one, and the gain (T,)."""
        return self._curve[id(scene.mixture)]


def read_curve(path: Path, blocks: int) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    """Read a gain curve by blocks: open probability (blocks,) or None, and linear gain (blocks,).

    A row holds from its ``time_s`` to the next row's; a block's gain is the root of its mean square.

    Raises:
        ValueError: a column is missing, a value is not a number, times do not grow, or rows do not reach
            from the beginning to the end.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in ("time_s", "gain_db") if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(
                f"expected the columns time_s and gain_db in {path}, got none named {', '.join(missing)}; "
                "gate-render --curve writes such a file"
            )
        rows = list(reader)
    try:
        times = np.array([float(row["time_s"]) for row in rows])
        gain = np.array([10.0 ** (float(row["gain_db"]) / 20.0) for row in rows])
        wish = (
            np.array([float(row["open_probability"]) for row in rows])
            if rows and "open_probability" in rows[0]
            else None
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected numbers in {path}, got one that is none ({error}); correct it") from None
    if len(times) < 2 or not np.isfinite(gain).all() or not (np.diff(times) > 0).all():
        raise ValueError(f"expected gains at growing times in {path}, got others or too few; correct it")
    edge = np.round(times / BLOCK_S) * BLOCK_S
    times = np.where(np.abs(times - edge) < SNAP_S, edge, times)
    last = times[-1] + max(float(np.median(np.diff(times))), BLOCK_S)
    if times[0] > BLOCK_S or last < (blocks - 1) * BLOCK_S:
        raise ValueError(
            f"expected a curve of {blocks * BLOCK_S:.2f} s in {path}, got one from {times[0]:.2f} to {last:.2f} s; "
            "render the whole file"
        )
    return (
        None if wish is None else _mean_by_block(times, wish, blocks),
        np.sqrt(_mean_by_block(times, np.square(gain), blocks)),
    )


def _mean_by_block(
    times: NDArray[np.float64], values: NDArray[np.float64], blocks: int
) -> NDArray[np.float64]:
    """Average over each block values that hold from their time to the next."""
    ends = np.append(times, max(float(times[-1]), blocks * BLOCK_S) + BLOCK_S)
    ends[0] = 0.0
    total = np.concatenate(([0.0], np.cumsum(values * np.diff(ends))))
    return np.maximum(np.diff(np.interp(np.arange(blocks + 1) * BLOCK_S, ends, total)) / BLOCK_S, 0.0)


def pair_scene(before: Path, clean: Path, threshold_db: float | None) -> Scene:
    """Make a scene of two files: a mixture, and the clean target as it sits in the mixture.

    Other rates are brought to 48 kHz and channels are averaged. The threshold is the one given, or 20 dB under
    the target's loud level.

    Raises:
        ValueError: rate or length differ, or the target is silent.
    """
    mixture, target = read_alike(before, before), read_alike(clean, before)
    blocks = len(mixture) // BLOCK
    mixture, target = mixture[: blocks * BLOCK], target[: blocks * BLOCK]
    levels = block_levels_db(target)
    loud = loud_level_db(levels) if blocks else float("nan")
    if not np.isfinite(loud):
        raise ValueError(f"expected sound in {clean}, got silence; give the clean target with --clean")
    bleed_loud = loud_level_db(block_levels_db(mixture - target))
    recipe = {
        "kind": "pair",
        "snr_db": loud - bleed_loud if np.isfinite(bleed_loud) else float("inf"),
        "threshold_db": loud - UNDER_LOUD_DB if threshold_db is None else threshold_db,
        "before": before.name,
        "clean": clean.name,
        "sounds": [_digest(before), _digest(clean)],
    }
    return Scene(mixture, target, loud, recipe)


def read_alike(path: Path, like: Path) -> NDArray[np.float32]:
    """Read a file's sound, mono at 48 kHz, whose rate and length have to be those of another file.

    Raises:
        ValueError: rate or length differ, or there is no sound to be read.
    """
    (own, own_hz), (other, other_hz) = read_length(path), read_length(like)
    if (own, own_hz) != (other, other_hz):
        raise ValueError(
            f"expected {other} samples at {other_hz} Hz in {path} as in {like}, got {own} at {own_hz} Hz; cut and convert "
            "them alike"
        )
    return read_mono(path)


def _digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
