"""The first study's figures, as facts: settings, validation loss, F1. AudioSet embeddings, 10 s, human voice or not.

Where the study names no optimiser, Adam is used here; its epochs are not known.
"""

from dataclasses import dataclass
from typing import Any

from training.studies.five.settings import Settings


@dataclass(frozen=True)
class Published:
    """One of the study's trainings: settings, results (None: not given), and the study's table that has it."""

    arch: str
    table: str
    given: dict[str, Any]
    loss: float | None = None
    f1: float | None = None

    def settings(self, base: Settings) -> Settings:
        """Return settings for our data: the study's where it gives them, else ours."""
        return Settings.of(base.as_dict() | {"arch": self.arch} | self.given)


BEST_F1 = {"linear": 0.80, "conv1d": 0.81, "conv2d": 0.81, "lstm": 0.75, "transformer": 0.75}
"""Best F1 of each; "about the same" as conv1d for conv2d and "no better" than the LSTM for the transformer."""

_LINEAR_RUNS = (
    ("rmsprop", 32, 1e-3, 128, 0.4372, 0.738),
    ("rmsprop", 16, 1e-4, 32, 0.3982, 0.7986),
    ("adagrad", 32, 1e-3, 128, 0.5015, 0.7888),
    ("adagrad", 16, 1e-4, 32, 0.5297, 0.7442),
)
_LINEAR_GRID = (
    (16, 1e-4, 32, 0.3965), (32, 1e-3, 128, 0.3969), (64, 1e-3, 128, 0.3971), (32, 1e-3, 64, 0.3972),
    (16, 5e-3, 32, 0.398), (32, 5e-3, 64, 0.3987), (64, 1e-3, 64, 0.3999), (32, 5e-3, 32, 0.4002),
    (32, 1e-4, 64, 0.4025), (32, 1e-4, 128, 0.4112), (64, 1e-4, 64, 0.4118), (16, 1e-5, 64, 0.4218),
    (32, 1e-5, 64, 0.4576), (16, 1e-5, 32, 0.4672), (16, 5e-3, 64, 0.4754), (64, 1e-4, 128, 0.4978),
    (64, 1e-2, 128, 0.5651), (32, 1e-2, 64, 0.5671), (8, 5e-3, 16, 0.5866), (32, 1e-5, 128, 0.7456),
)  # fmt: skip
_CONV_TWO = (
    (8, 1e-4, 0.4207), (8, 1e-2, 6.3515), (64, 1e-3, 0.4307), (16, 1e-3, 0.4337),
    (32, 1e-4, 0.4353), (8, 1e-3, 0.4784), (32, 5e-3, 0.5171), (32, 1e-3, 0.4226),
)  # fmt: skip
_CONV_DEEP = ((3, 0.7558), (4, 4.4892), (5, 0.7767), (6, 0.5792), (7, 0.4604), (8, 0.4705))
_CONV_EIGHT = (
    (8, 1e-4, 0.8425), (32, 1e-3, 0.6498), (64, 1e-3, 0.8554), (16, 1e-3, 0.466),
    (32, 1e-4, 0.5764), (8, 1e-3, 0.4735), (32, 5e-3, 0.5145), (8, 1e-2, 0.5687),
)  # fmt: skip
_CONV_DROPOUT = (
    (8, 0.1, 0.4692), (8, 0.3, 0.4631), (8, 0.01, 0.4468), (8, 0.5, 0.4518),
    (16, 0.01, 0.4513), (16, 0.1, 0.471), (16, 0.3, 0.438), (16, 0.5, 0.473),
)  # fmt: skip
_CONV: dict[str, Any] = {"kernel": 3, "dropout": 0.2}

ROWS: tuple[Published, ...] = (
    *(
        Published(
            "linear",
            "scheduler runs",
            {"optimiser": o, "batch": b, "rate": r, "width": w, "schedule": "plateau"},
            loss,
            f1,
        )
        for o, b, r, w, loss, f1 in _LINEAR_RUNS
    ),
    *(
        Published("linear", "grid", {"batch": b, "rate": r, "width": w}, loss)
        for b, r, w, loss in _LINEAR_GRID
    ),
    *(
        Published(
            "conv1d",
            "scheduler runs",
            {"optimiser": o, "batch": 16, "rate": 1e-3, "dropout": 0.3, "schedule": "plateau"},
            loss,
            f1,
        )
        for o, loss, f1 in (("rmsprop", 0.4705, 0.7268), ("adagrad", 0.5454, 0.7743))
    ),
    *(
        Published("conv1d", "2 layers", _CONV | {"layers": 2, "batch": b, "rate": r}, loss)
        for b, r, loss in _CONV_TWO
    ),
    *(
        Published("conv1d", "3 to 8 layers", _CONV | {"layers": n, "batch": 32, "rate": 1e-3}, loss)
        for n, loss in _CONV_DEEP
    ),
    *(
        Published("conv1d", "8 layers", _CONV | {"layers": 8, "batch": b, "rate": r}, loss)
        for b, r, loss in _CONV_EIGHT
    ),
    *(
        Published(
            "conv1d",
            "8 layers, dropout",
            _CONV | {"layers": 8, "batch": b, "rate": 1e-3, "dropout": d},
            loss,
        )
        for b, d, loss in _CONV_DROPOUT
    ),
)


def of(arch: str) -> tuple[Published, ...]:
    """Return the study's rows of an architecture; none for conv2d, lstm, transformer: only their best F1 is known."""
    return tuple(row for row in ROWS if row.arch == arch)
