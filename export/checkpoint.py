"""The checkpoint of a training, checked before anything is made of it."""

from pathlib import Path
from typing import Any

import torch


class ExportError(ValueError):
    """A checkpoint that cannot become a preset."""


def read(path: Path) -> dict[str, Any]:
    """Read everything in a checkpoint of ``training.teach.train`` or ``training.detector.train`` whose run has ended.

    Raises:
        ExportError: the file is no checkpoint, or its run has not ended.
    """
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except FileNotFoundError:
        raise ExportError(f"expected a checkpoint, found no file at {path}; train one first") from None
    except Exception as error:
        raise ExportError(f"expected a checkpoint of training.teach.train in {path}, got: {error}") from error
    if not state.get("result"):
        raise ExportError(
            f"{path} is of a run that has not ended (step {state.get('step')}); run its training again"
        )
    return state


def kind(state: dict[str, Any]) -> str:
    """Return the kind of the model file that a checkpoint makes: "classify" if its network has classes, else "gate"."""
    return "classify" if "classes" in state["config"]["model"] else "gate"
