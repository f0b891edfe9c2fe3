"""Scores of telling clips apart: accuracies, recalls, F1, and confusions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.studies.swishnet.recordings import KINDS

SPEECH = KINDS.index("speech")
DRAWS = 1000
"""Bootstrap draws that an interval rests on."""


def confusion(labels: NDArray[np.int64], chosen: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Count (classes, classes): true class, down; the class taken for it, across."""
    return np.bincount(labels * classes + chosen, minlength=classes**2).reshape(classes, classes)


def score(table: NDArray[np.int64]) -> dict[str, Any]:
    """Compute figures from a confusion table whose first class is speech.

    ``overall`` is the share of clips taken for what they are; ``sns`` the same when all that is not speech is one class;
    ``recall`` of each class; ``average`` of the recalls; ``f1`` averaged over the classes. nan where a class has no clip.
    """
    total, right = table.sum(), np.diag(table)
    wrong_sns = table[SPEECH].sum() + table[:, SPEECH].sum() - 2 * table[SPEECH, SPEECH]
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = right / table.sum(axis=1)
        f1 = 2 * right / (table.sum(axis=1) + table.sum(axis=0))
    names = KINDS[: len(table)]
    return {
        "overall": float(right.sum() / total),
        "sns": float(1.0 - wrong_sns / total),
        "recall": dict(zip(names, map(float, recall), strict=True)),
        "average": float(recall.mean()),
        "f1": float(f1.mean()),
    }


def intervals(
    labels: NDArray[np.int64], chosen: NDArray[np.int64], owners: NDArray[np.int64], classes: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Draw 95 % intervals of ``overall`` and ``sns``: owners (of each class) with replacement, clips go with them.

    Clips of one recording are alike, so drawing clips would promise too much.
    """
    rng = np.random.default_rng(seed)
    tables = []  # one for each class: (owners, classes, classes)
    for label in np.unique(labels):
        own = labels == label
        tables.append(
            np.stack(
                [
                    confusion(labels[own & (owners == o)], chosen[own & (owners == o)], classes)
                    for o in np.unique(owners[own])
                ]
            )
        )
    drawn = []
    for _ in range(DRAWS):
        table = sum(t[rng.integers(len(t), size=len(t))].sum(axis=0) for t in tables)
        figures = score(table)
        drawn.append((figures["overall"], figures["sns"]))
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(("overall", "sns"))}
