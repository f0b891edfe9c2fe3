"""The gates in the table: presets, baselines, the laws of other gates, other people's detectors."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.judging.baselines import RANGE_DB, SHUT_GAIN, ceiling, classic, oracle_classic
from training.judging.gates import Decided, Decides, Gate, Scene

if TYPE_CHECKING:
    from gate.engine.guard import Guard


@dataclass(frozen=True)
class Contestant:
    """One line of every table.

    Attributes:
        name: as printed; no two are the same.
        kind: "preset", "baseline", "law", "peer", "sound" or "curve".
        gate: see ``training.judging.gates.Gate``.
        facts: what else the JSON should say of the gate.
        by_ear: it decides from any mixture and a threshold. Not so gates that know the answer, and what others made of the
            judged scenes.
    """

    name: str
    kind: str
    gate: Gate
    facts: dict[str, Any] = field(default_factory=dict)
    by_ear: bool = True


class Ranged(Gate):
    """A gate whose gains run from -80 dB to 0, made to run from another range to 0.

    Shut is then ``range_db``, open is 1, and what lies between keeps its place (in linear gain).
    """

    def __init__(self, gate: Gate, range_db: float) -> None:
        self._gate, self._shut = gate, 10.0 ** (range_db / 20.0)

    def __call__(self, scene: Scene, threshold_db: float) -> Decided:
        """Return the open probability as the gate gives it, and the gain (T,) at the new range."""
        probability, gain = self._gate(scene, threshold_db)
        openness = np.maximum((gain - SHUT_GAIN) / (1.0 - SHUT_GAIN), 0.0)
        return probability, self._shut + (1.0 - self._shut) * openness


def ranged(gate: Gate, range_db: float) -> Gate:
    """Give the gate at this range; unchanged at -80 dB, or if the gate makes its sound itself."""
    return gate if range_db == RANGE_DB or gate.has_sound else Ranged(gate, range_db)


def presets(
    wanted: Sequence[str],
    seconds: float,
    range_db: float,
    stack: ExitStack,
    batch: int | None = None,
    guards: Sequence["Guard"] = (),
) -> list[Contestant]:
    """Run presets through the engine, by name, folder or model file; the stack closes the engines.

    Args:
        guards: every preset is judged with each of these, too.

    Raises:
        GateError: a preset cannot be found or read.
    """
    from gate.modelfile.preset import resolve
    from training.judging.evaluate import BATCH, EngineGate

    found: list[Contestant] = []
    for text in wanted:
        preset = resolve(text)
        name = preset.name
        if any(name == other.name for other in found):
            name = text
        facts = {"model": preset.contract.name, "graph_sha256": preset.contract.graph_sha256}
        for guard in (None, *guards):
            gate = EngineGate(
                preset.contract, seconds=seconds, range_db=range_db, batch=batch or BATCH, guard=guard
            )
            words = "" if guard is None else f", guard {guard.mode} {guard.grace_ms:g} ms"
            about = (
                {}
                if guard is None
                else {"guard": guard.mode, "guard_graph_sha256": guard.contract.graph_sha256}
            )
            found.append(Contestant(name + words, "preset", stack.enter_context(gate), facts | about))
    return found


def baselines(range_db: float) -> list[Contestant]:
    """Make the gate everyone has, the best that gate can be, and one that hears the target."""
    gates = {
        "classic gate": classic,
        "classic, best for each file": oracle_classic,
        "ceiling: hears the target": ceiling,
    }
    return [
        Contestant(name, "baseline", ranged(Decides(gate), range_db), by_ear=gate is classic)
        for name, gate in gates.items()
    ]


def laws(range_db: float) -> list[Contestant]:
    """Make other gates' laws, rebuilt, with the best settings for each file."""
    from training.judging.laws import ORACLES

    return [
        Contestant(name, "law", ranged(Decides(gate), range_db), by_ear=False)
        for name, gate in ORACLES.items()
    ]


@dataclass(frozen=True)
class Absent:
    """A peer that is not in the table, and why, in one sentence; ``broken``: the peer is installed, and failed."""

    name: str
    package: str
    why: str
    broken: bool = False


def peers(range_db: float) -> tuple[list[Contestant], list[Absent]]:
    """Load every peer that is installed; also return those that are not installed or do not load."""
    from training.judging.peers import PEERS

    found: list[Contestant] = []
    absent: list[Absent] = []
    for peer in PEERS:
        if not peer.installed():
            why = f"{peer.name} is left out, {peer.package} cannot be found here; {peer.how_to_get}"
            absent.append(Absent(peer.name, peer.package, why))
            continue
        try:
            gate = peer.load()
        except Exception as error:  # other people's code may raise anything, and the others still count
            why = f"{peer.name} is left out, {peer.package} did not load: {type(error).__name__}: {error}"
            absent.append(Absent(peer.name, peer.package, why, broken=True))
            continue
        facts = {"package": peer.package, "version": _version(peer.package)}
        found.append(Contestant(peer.name, "peer", ranged(gate, range_db), facts))
    return found, absent


def foreign(
    sounds: Sequence[tuple[str, Path]], curves: Sequence[tuple[str, Path]], scenes: Sequence[Any]
) -> list[Contestant]:
    """Open what other tools made of the scenes' mixtures: folders of sound, folders of gain curves.

    Raises:
        ValueError: a file is not there or does not fit its scene.
    """
    from training.judging.foreign import CurveFolder, SoundFolder

    found = [Contestant(name, "sound", SoundFolder(path, scenes), by_ear=False) for name, path in sounds]
    return found + [
        Contestant(name, "curve", CurveFolder(path, scenes), by_ear=False) for name, path in curves
    ]


def refuse_namesakes(contestants: Sequence[Contestant]) -> None:
    """Refuse two contestants of one name: their lines could not be told apart.

    Raises:
        ValueError: two have the same name.
    """
    names = [one.name for one in contestants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"expected gates of different names, got {', '.join(twice)} more than once; name each but once, "
            "or give sounds and curves other names"
        )


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None
