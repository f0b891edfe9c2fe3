"""Scores of a frame detector: AUC of speech over frames, accuracy of classes, frames and clips."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.detector.store import band_powers
from training.detector.truth import Case
from training.judging.metrics import auc
from training.networks.mfcc import coefficients
from training.networks.swishnet import CLASSES, SwishNet

CLIPS_S = (0.5, 1.0, 2.0)

Probabilities = NDArray[np.float64]
"""(T, 3): speech, music, noise, a row a frame, as known when the frame was complete."""


@torch.no_grad()
def of_net(net: SwishNet) -> Callable[[Case], Probabilities]:
    """Make a function from a case to what the network says of the case."""
    net.eval()

    def hear(case: Case) -> Probabilities:
        features = coefficients(torch.from_numpy(band_powers(case.scene.mixture)))[None]
        with torch.no_grad():
            return torch.softmax(net(features)[0][0], dim=-1).double().numpy()

    return hear


def speech_auc(cases: Sequence[Case], found: Sequence[NDArray[np.floating]]) -> float:
    """Compute the AUC of speech over all scored frames of these cases. found: (T,) probability of speech each."""
    label = np.concatenate([case.label for case in cases])
    score = np.concatenate([row[: len(case.label)] for case, row in zip(cases, found, strict=True)])
    return auc(score[label == 0], score[label > 0])


def speech_table(cases: Sequence[Case], found: Sequence[NDArray[np.floating]]) -> dict[str, float]:
    """Return kind, and kind and SNR -> AUC of speech; "all" over everything."""
    groups: dict[str, list[int]] = {"all": list(range(len(cases)))}
    for i, case in enumerate(cases):
        groups.setdefault(case.kind, []).append(i)
        if case.snr_db is not None:
            groups.setdefault(f"{case.kind}, {case.snr_db:g} dB", []).append(i)
    return {
        name: speech_auc([cases[i] for i in rows], [found[i] for i in rows]) for name, rows in groups.items()
    }


def confusion(
    cases: Sequence[Case], found: Sequence[Probabilities], clip_s: float | None = None
) -> NDArray[np.int64]:
    """Count (3, 3), true class by decided class: frames, or clips (half overlapping) that are of one class for at
    least half of their frames, decided by the mean of their probabilities."""
    counts = np.zeros((len(CLASSES), len(CLASSES)), np.int64)
    for case, rows in zip(cases, found, strict=True):
        label = case.label[: len(rows)]
        if clip_s is None:
            keep = label >= 0
            np.add.at(counts, (label[keep], rows[keep].argmax(1)), 1)
            continue
        frames = round(clip_s * 100)
        for start in range(0, len(label) - frames + 1, frames // 2):
            here = label[start : start + frames]
            share = np.array([(here == i).mean() for i in range(len(CLASSES))])
            if share.max() >= 0.5:
                counts[share.argmax(), rows[start : start + frames].mean(0).argmax()] += 1
    return counts


def accuracies(counts: NDArray[np.int64]) -> dict[str, float]:
    """Compute accuracies from a confusion matrix: overall, speech against the rest, and each class's recall."""
    total = counts.sum()
    speech = counts[0, 0] + counts[1:, 1:].sum()
    recalls = {
        f"{name} recall": float(counts[i, i] / max(counts[i].sum(), 1)) for i, name in enumerate(CLASSES)
    }
    return {"overall": float(np.trace(counts) / total), "speech/non-speech": float(speech / total)} | recalls


def hardest(cases: Sequence[Case], found: Sequence[Probabilities], count: int = 8) -> list[str]:
    """Describe the cases with the fewest frames right: what they are, and what they were taken for."""
    rows = []
    for case, answers in zip(cases, found, strict=True):
        counts = confusion([case], [answers])
        right, total = np.trace(counts), max(int(counts.sum()), 1)
        wrong = counts.sum(0) - counts.diagonal()
        rows.append((right / total, case, CLASSES[int(wrong.argmax())]))
    rows.sort(key=lambda row: row[0])
    return [
        f"{100 * share:.0f} % right: {in_words(case)}; else mostly {other}."
        for share, case, other in rows[:count]
    ]


def in_words(case: Case) -> str:
    """Describe what a case is."""
    recipe = case.scene.recipe
    who = " and ".join(recipe.get("speakers", []))
    what = ", ".join(recipe.get("bleed", recipe.get("names", [])))
    words = case.kind.replace("speech", who, 1) if who else case.kind
    at = "" if case.snr_db is None else f", {case.snr_db:g} dB"
    return f"{words}{f' ({what})' if what else ''}{at}"


def report(net: SwishNet, speech: Sequence[Case], pure: Sequence[Case]) -> dict[str, Any]:
    """Collect everything for a card: ``scores``, tables inside tables, and ``hardest``, in words."""
    hear = of_net(net)
    found, alone = [hear(case) for case in speech], [hear(case) for case in pure]
    every = {"frames": confusion(pure, alone)} | {f"{s:g} s": confusion(pure, alone, s) for s in CLIPS_S}
    scores: dict[str, Any] = {
        "AUC of speech, mixtures": speech_table(speech, [f[:, 0] for f in found]),
        "AUC of speech, each class alone": speech_auc(pure, [f[:, 0] for f in alone]),
        "AUC of speech, everything": speech_auc([*speech, *pure], [f[:, 0] for f in (*found, *alone)]),
    } | {f"each class alone, {words}": accuracies(counts) for words, counts in every.items()}
    return {"scores": scores, "hardest": hardest([*speech, *pure], [*found, *alone])}


def summary(net: SwishNet, speech: Sequence[Case], pure: Sequence[Case]) -> dict[str, float]:
    """Make one flat row for a log."""
    hear = of_net(net)
    found = [hear(case) for case in speech]
    alone = [hear(case) for case in pure]
    row = {
        f"auc {name}": value
        for name, value in speech_table(speech, [f[:, 0] for f in found]).items()
        if "dB" not in name
    }
    row |= {f"frames {k}": v for k, v in accuracies(confusion(pure, alone)).items()}
    row |= {
        f"1 s {k}": v
        for k, v in accuracies(confusion(pure, alone, 1.0)).items()
        if k in ("overall", "speech/non-speech")
    }
    row["auc alone"] = speech_auc(pure, [f[:, 0] for f in alone])
    return {name: round(value, 4) for name, value in row.items()}
