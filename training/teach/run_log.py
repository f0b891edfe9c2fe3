"""Facts about a run, beside its weights: the log's lines, the commit that ran, and where the sound came from."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.recordings.corpus import Corpus
from training.recordings.source import digest, provenance

LOG_EVERY = 50
"""Steps between two lines of the log."""


def write(folder: Path, row: dict[str, Any], report: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Add a line to the log, and show it on the screen, or to whoever reports."""
    with open(folder / "log.jsonl", "a") as log:
        log.write(json.dumps(row) + "\n")
    if report is not None:
        report(row)
        return
    print(
        "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True
    )


def commit() -> str:
    """Find the git commit that runs; an empty text outside a checkout."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    except OSError:  # no git: a run must not end at its first checkpoint for that
        return ""
    return done.stdout.strip()


def origin(corpus: Corpus) -> dict[str, Any]:
    """Collect what a card says of the sound's origin: sources, a sentence, the list's hash, and today's date."""
    rows = provenance(corpus)
    return {
        "sources": rows,
        "training_data": f"{sum(r[2] for r in rows)} recordings from {len({r[1] for r in rows})} sources; see CARD.md",
        "data_sha256": digest(corpus),
        "date": time.strftime("%Y-%m-%d"),
    }
