"""A run as JSON: what was asked, what the figures rest on, and every figure with its interval."""

import hashlib
from collections.abc import Sequence
from typing import Any

from gate.constants import RATE
from gate.render.report import versions
from training.judging.contestants import Absent
from training.judging.evaluate import data_sha256
from training.judging.judge import Judged, Verdict
from training.judging.tables import plain
from training.scenes.compose import Scene

SCHEMA = 2
"""Version of the JSON: 1 was one model beside two others, 2 has any gates, each with everything about it."""


def sound_sha256(scenes: Sequence[Scene]) -> str:
    """Compute the hash of the scenes' samples, in order: of the very sound that was judged.

    Other machines may differ in a sample's last bit and so in this hash; ``data_sha256`` is then the same.
    """
    made = hashlib.sha256()
    for scene in scenes:
        made.update(scene.mixture.astype("<f4").tobytes())
        made.update(scene.target.astype("<f4").tobytes())
    return made.hexdigest()


def report(judged: Judged, asked: dict[str, Any], absent: Sequence[Absent] = ()) -> dict[str, Any]:
    """Collect everything about a run, fit for JSON (what could not be measured is null).

    Args:
        asked: the command's arguments.
        absent: peers that were asked for and are not there.
    """
    made = {
        "schema": SCHEMA,
        "asked": asked,
        "data_sha256": data_sha256(judged.scenes),
        "sound_sha256": sound_sha256(judged.scenes),
        "versions": versions() | _more_versions(),
        "absent": [{"name": one.name, "package": one.package, "why": one.why} for one in absent],
        "gates": {
            verdict.contestant.name: {
                "kind": verdict.contestant.kind,
                **verdict.contestant.facts,
                "table": verdict.table,
                "intervals_95": verdict.intervals,
                "more": verdict.more,
                "more_intervals_95": verdict.more_intervals,
                **_alarms(verdict),
                "scenes": [verdict.scene(i) for i in range(len(judged.scenes))],
            }
            for verdict in judged.verdicts
        },
        "scenes": [
            {"number": number, "recipe": scene.recipe, "seconds": len(scene.mixture) / RATE}
            for number, scene in enumerate(judged.scenes)
        ],
    }
    return dict(plain(made))


def _alarms(verdict: Verdict) -> dict[str, Any]:
    """Give the false alarms of a gate, where they were measured."""
    return (
        {"alarms": verdict.alarms, "alarms_intervals_95": verdict.alarms_intervals} if verdict.alarms else {}
    )


def _more_versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("scipy", "torch"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
