"""What a recording holds, from beginning to end: frames of a classifier, and segments made of them.

Segments (docs/labelling.md has the reasons):

* Probabilities are averaged over ``smooth_ms`` around each frame.
* The label changes to another class where that class is likelier by ``margin``.
* Segments shorter than ``least_ms`` join the neighbour whose class was likelier in them, the shortest first.

A recording is read in pieces, and costs some 30 bytes a frame of memory: an hour is 11 MB.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.constants import FRAME_S
from gate.engine.classifier import Classifier, Frames
from gate.errors import RenderError, UsageError
from gate.files.sound_reader import Reader
from gate.modelfile.contract import Contract
from gate.pictures import Thin, extremes

BATCH = 128
"""Frames in one run of the model: 1.3 s."""

CHUNK_S = 4.0
"""Seconds of sound that are read at once."""

FRAMES_A_SECOND = round(1.0 / FRAME_S)


@dataclass(frozen=True)
class Rules:
    """Rules by which frames become segments.

    Attributes:
        smooth_ms: width of the average, 0 to 5000; 0 takes frames as they are.
        margin: by which another class has to be likelier, 0 to 1.
        least_ms: shortest segment, 0 to 60,000; the whole recording may be shorter.
    """

    smooth_ms: float = 100.0
    margin: float = 0.2
    least_ms: float = 250.0

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            UsageError: out of range.
        """
        for name, most, unit in (
            ("smooth_ms", 5000.0, "ms"),
            ("margin", 1.0, ""),
            ("least_ms", 60_000.0, "ms"),
        ):
            value = getattr(self, name)
            if not 0.0 <= value <= most:
                raise UsageError(f"{name} {value:g}: expected 0 to {most:g} {unit}".rstrip() + "; give that")


@dataclass(frozen=True)
class Segment:
    """A stretch of one class: from, to (s), its name, and its mean probability."""

    start_s: float
    end_s: float
    label: str
    probability: float


@dataclass
class Labelled:
    """A recording and what was heard in it.

    Attributes:
        path: of the recording.
        seconds: its length.
        classes: names of the classes.
        frames: every whole frame of 10 ms.
        segments: without gaps, from 0 to ``seconds``.
        wave: the sound, thinned, for a picture.
        remark: a remark about the file (``gate.files.sound_reader.Reader``), or None.
    """

    path: Path
    seconds: float
    classes: tuple[str, ...]
    frames: Frames
    segments: list[Segment] = field(default_factory=list)
    wave: Thin | None = None
    remark: str | None = None

    def share(self, label: str) -> float:
        """Return the share of the time, 0 to 1, that has a label."""
        lasted = sum(segment.end_s - segment.start_s for segment in self.segments if segment.label == label)
        return lasted / self.seconds if self.seconds else 0.0


def label_file(
    path: Path,
    contract: Contract,
    rules: Rules,
    *,
    progress: Callable[[int, int], None] = lambda done, frames: None,
) -> Labelled:
    """Listen to a file from its beginning to its end.

    Args:
        path: a sound file: any rate from 8 to 192 kHz, any length, 1 to 32 channels.
        contract: a classifier.
        rules: how frames become segments.
        progress: called with the samples heard, and the samples in all.

    Raises:
        AudioFileError: the file is not what it should be.
        RenderError: the model failed.
    """
    with Reader(path) as source:
        layout = source.layout
        size = int(CHUNK_S * layout.rate)
        buffer = np.empty((size, layout.channels), source.dtype)
        wave, taken, heard = Thin(source.frames, 1), [], 0
        kept = BATCH + round(CHUNK_S * FRAMES_A_SECOND) + 2
        with Classifier(
            contract,
            rate=layout.rate,
            channels=layout.channels,
            batch=BATCH,
            frames_kept=kept,
            dtype=source.dtype,
        ) as classifier:
            while n := source.read(buffer):
                classifier.process(buffer[:n])
                taken.append(classifier.take_frames())
                heard += n
                wave.add(extremes(np.nan_to_num(buffer[:n], nan=0.0, posinf=0.0, neginf=0.0)))
                progress(heard, source.frames)
            # zeros push out the frames that wait for a full run, and what the side-chain looks ahead
            buffer[:] = 0.0
            classifier.process(buffer)
            taken.append(classifier.take_frames())
            assert classifier.frames_lost == 0
            if classifier.record["model_errors"][0]:
                said = classifier.model_error_text or "it gave numbers that are not finite"
                raise RenderError(
                    f"{path} could not be labelled, the model failed ({said}); check it with gate-inspect"
                )
        seconds = heard / layout.rate
        whole = heard * FRAMES_A_SECOND // layout.rate
        frames = Frames(
            *(np.concatenate([getattr(piece, name) for piece in taken])[:whole] for name in Frames._fields)
        )
    made = segments(frames.probabilities, contract.classes, rules, seconds)
    return Labelled(path, seconds, contract.classes, frames, made, wave, source.remark)


def segments(
    probabilities: NDArray[np.floating], classes: tuple[str, ...], rules: Rules, seconds: float
) -> list[Segment]:
    """Make segments without gaps.

    Args:
        probabilities: (frames, classes), finite; frame k is the time from k to k + 1 hundredths of a second.
        classes: names.
        rules: how frames become segments.
        seconds: where the last segment ends; it includes what comes after the last whole frame.

    Returns:
        Segments in order; none when there is no frame.
    """
    if not len(probabilities):
        return []
    smooth = smoothed(probabilities, round(rules.smooth_ms / (1000.0 * FRAME_S)))
    runs = _runs(_decide(smooth, rules.margin))
    runs = _merged(runs, smooth, int(np.ceil(rules.least_ms / (1000.0 * FRAME_S) - 1e-9)))
    made = []
    for i, (begin, end, k) in enumerate(runs):
        until = seconds if i == len(runs) - 1 else end / FRAMES_A_SECOND
        mean = float(np.mean(probabilities[begin:end, k]))
        made.append(Segment(begin / FRAMES_A_SECOND, until, classes[k], mean))
    return made


def smoothed(x: NDArray[np.floating], width: int) -> NDArray[np.float64]:
    """Return the mean over ``width`` frames around each (the next odd number of them); fewer at both ends."""
    half = width // 2
    total = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0, dtype=np.float64)])
    at = np.arange(len(x))
    low, high = np.maximum(at - half, 0), np.minimum(at + half + 1, len(x))
    mean: NDArray[np.float64] = (total[high] - total[low]) / (high - low)[:, None]
    return mean


def _decide(smooth: NDArray[np.float64], margin: float) -> NDArray[np.int64]:
    """Return the class of each frame: it stays until another class is likelier by ``margin``."""
    best = np.argmax(smooth, axis=1)
    decided = np.empty(len(smooth), np.int64)
    now = int(best[0])
    for t, other in enumerate(best.tolist()):
        if other != now and smooth[t, other] >= smooth[t, now] + margin:
            now = other
        decided[t] = now
    return decided


Run = tuple[int, int, int]
"""First frame, frame after the last, class."""


def _runs(decided: NDArray[np.int64]) -> list[Run]:
    edges = np.flatnonzero(np.diff(decided)) + 1
    begins = [0, *edges.tolist()]
    return [
        (begin, end, int(decided[begin]))
        for begin, end in zip(begins, [*begins[1:], len(decided)], strict=True)
    ]


def _merged(runs: list[Run], smooth: NDArray[np.float64], least: int) -> list[Run]:
    """Give runs shorter than ``least`` frames to a neighbour, the shortest first and of equals the earliest."""
    total = np.concatenate([np.zeros((1, smooth.shape[1])), np.cumsum(smooth, axis=0)])
    by_begin = {run[0]: run for run in runs}
    by_end = {run[1]: run for run in runs}
    heap = [(end - begin, begin) for begin, end, _ in runs]
    heapq.heapify(heap)
    while heap:
        length, begin = heapq.heappop(heap)
        run = by_begin.get(begin)
        if run is None or run[1] - run[0] != length:
            continue  # merged meanwhile
        left, right = by_end.get(run[0]), by_begin.get(run[1])
        around = [other for other in (left, right) if other is not None]
        if length >= least or not around:
            break
        said = total[run[1]] - total[run[0]]
        k = max(around, key=lambda other: said[other[2]])[2]
        parts = [run, *(other for other in around if other[2] == k)]
        for part in parts:
            del by_begin[part[0]], by_end[part[1]]
        whole = (min(part[0] for part in parts), max(part[1] for part in parts), k)
        by_begin[whole[0]] = by_end[whole[1]] = whole
        heapq.heappush(heap, (whole[1] - whole[0], whole[0]))
    return sorted(by_begin.values())
