"""A cloned box becomes a folder, whole or not at all: card, picture, numbers, and what plays it.

CARD.md       what was found of the pair and of the box, and how good the clone is
picture.png   waveforms, spectra, gains
clone.json    kind, numbers with error bars, what each kind of model leaves unexplained
plugin.txt    a gate: the classic gate that does the same, as gate-live and gate-render take it
filter.wav    a gain or a filter: its impulse response
network.pt    the weights of a network, where nothing smaller explains the box
"""

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from export.clone_card import card
from export.clone_picture import draw
from gate.errors import PresetError
from gate.files.atomic import whole, write_text
from gate.files.atomic_folder import AtomicFolder, refuse_folder
from gate.files.sound_format import Layout
from gate.files.sound_writer import Writer
from training.clone import behaviour, gains, law
from training.clone.dynamics import Fit
from training.clone.kinds import Verdict
from training.clone.law import Dials
from training.clone.pair import Pair

if TYPE_CHECKING:
    from training.clone.fit import Cloned

MARKER = "clone.json"
"""The file by which a folder is known as a clone's: only such a one is replaced."""
FILTER, PLUGIN, NETWORK = "filter.wav", "plugin.txt", "network.pt"
LOUDEST_ATTACK_MS, LONGEST_HOLD_MS, LONGEST_RELEASE_MS, DEEPEST_RANGE_DB = 2000.0, 1000.0, 5000.0, -72.0
"""Limits of the classic gate's knobs."""


def refuse(folder: Path, *, force: bool) -> None:
    """Refuse a place where a clone may not be written; raises as ``gate.files.atomic_folder.refuse_folder``."""
    refuse_folder(folder, MARKER, force=force)


def write(
    pair: Pair, verdict: Verdict, folder: Path, *, network: "Cloned | None" = None, force: bool = False
) -> str:
    """Write a clone's folder; returns the sentence on what the box is and how good the clone is.

    Args:
        pair: aligned.
        verdict: what the box is.
        folder: the clone's.
        network: what learned the box, for the kinds that need one.
        force: replace a clone that is there.

    Raises:
        AudioFileError: there is something in its place, or the disk does not take it.
        PresetError: the folder that it is to be in cannot be made.
    """
    try:
        folder.resolve().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PresetError(
            f"{folder.parent} could not be made ({error.strerror}); choose another place"
        ) from error
    line = classic_line(verdict.classic.dials) if verdict.classic is not None else ""
    probe = _probe(verdict, pair.rate)
    off = classic_off(pair, verdict, line) if line else None
    with AtomicFolder(folder, MARKER, force=force) as out:
        write_text(out.path / MARKER, json.dumps(facts(pair, verdict, line, probe, off), indent=2) + "\n")
        if line:
            write_text(out.path / PLUGIN, line + "\n")
        taps = impulse(verdict)
        if taps is not None:
            layout = Layout(pair.rate, 1, "WAV", "FLOAT")
            with Writer(out.path / FILTER, layout) as file:
                file.write(np.ascontiguousarray(taps[:, None], dtype=np.float32))
                file.commit()
        learned = "" if network is None else of_network(network)
        write_text(out.path / "CARD.md", card(folder.name, pair, verdict, line, probe, off, learned))
        if network is not None:
            _save(network, out.path / NETWORK)
        draw(pair, verdict, out.path / "picture.png")
        out.commit()
    return verdict.sentence()


def of_network(network: "Cloned") -> str:
    """Say how good a taught network is."""
    weights = sum(one.numel() for one in network.net.parameters())
    return (
        f"a network of {weights:,} weights learned it in {network.steps} steps: on sound that it did not learn from, "
        f"its error lies {-10.0 * math.log10(max(network.esr, 1e-20)):.1f} dB under the wet sound ({network.esr:.2e})"
    )


def _save(network: "Cloned", path: Path) -> None:
    import torch

    with whole(path) as stream:
        torch.save({"net": network.net.state_dict(), "esr": network.esr, "steps": network.steps}, stream)


def impulse(verdict: Verdict) -> NDArray[np.float64] | None:
    """Return the impulse response of a gain or a filter, None for other kinds."""
    if verdict.kind == "gain":
        return np.array([verdict.polarity * 10.0 ** (verdict.gain_db / 20.0)])
    return verdict.filter.taps if verdict.kind == "filter" and verdict.filter is not None else None


def classic_line(dials: Dials) -> str:
    """Write a fitted law of the classic gate's structure as text for a slot, such as "classic:threshold=-30,...".

    Times become the classic gate's own, in which a pole covers 0.71 of a step.
    """
    attack, release = law.named(dials)["LSP and ours"]
    silent = dials.range_db < DEEPEST_RANGE_DB
    values = {
        "threshold": _knob(dials.threshold_db, -96.0, 0.0, 2),
        "zone": _knob(-dials.zone_db, -60.0, 0.0, 2),
        "hysteresis": _knob(-dials.hysteresis_db, -96.0, 0.0, 2),
        "hysteresis-zone": _knob(-dials.zone_db, -60.0, 0.0, 2),
        "attack": _knob(attack, 0.0, LOUDEST_ATTACK_MS, 3),
        "hold": _knob(dials.hold_ms, 0.0, LONGEST_HOLD_MS, 2),
        "release": _knob(release, 0.0, LONGEST_RELEASE_MS, 2),
        "range": "-inf" if silent else _knob(dials.range_db, DEEPEST_RANGE_DB, 0.0, 2),
        "reactivity": _knob(dials.window_ms, 0.0, 250.0, 3),
    }
    if dials.key_high_pass_hz > 0.0:
        values["key-high-pass"] = _knob(dials.key_high_pass_hz, 0.0, 20_000.0, 1)
    if dials.key_low_pass_hz > 0.0:
        values["key-low-pass"] = _knob(dials.key_low_pass_hz, 0.0, 20_000.0, 1)
    return "classic:" + ",".join(f"{name}={value}" for name, value in values.items())


def classic_off(pair: Pair, verdict: Verdict, line: str) -> float:
    """Measure how far the classic gate itself is off: RMS over blocks of its gain's error in dB, make-up left out."""
    from gate.chain.chain import Chain
    from gate.plugins.registry import from_text

    assert verdict.classic is not None, "only a classic gate has a line"
    made = Chain([from_text(line)])(np.ascontiguousarray(pair.dry, dtype=np.float32), pair.rate)
    floor = pair.look.noise_db
    own = gains.measured(pair.dry, made.astype(np.float64), pair.rate, floor)
    wanted = gains.measured(pair.dry, verdict.polarity * pair.wet, pair.rate, floor)
    least = np.maximum(own.least_db, wanted.least_db)
    errors = np.maximum(own.gain_db + verdict.classic.dials.makeup_db, least) - np.maximum(
        wanted.gain_db, least
    )
    valid = wanted.valid
    return float(np.sqrt(np.mean(np.square(errors[valid])))) if valid.any() else 0.0


def facts(
    pair: Pair, verdict: Verdict, line: str, probe: behaviour.Behaviour | None, off: float | None
) -> dict[str, Any]:
    """Return all numbers of a clone, as JSON takes them."""
    look = dataclasses.asdict(pair.look)
    look["findings"] = [str(one) for one in pair.look.findings]
    made: dict[str, Any] = {
        "format": 1,
        "kind": verdict.kind,
        "sentence": verdict.sentence(),
        "rate": pair.rate,
        "gain_db": verdict.gain_db,
        "polarity": verdict.polarity,
        "unexplained": verdict.left,
        "pair": look,
    }
    if verdict.fit is not None:
        made["law"] = _numbers(verdict.fit)
    if probe is not None:
        made["does"] = dataclasses.asdict(probe)
    if verdict.classic is not None:
        made["classic"] = _numbers(verdict.classic) | {"plugin": line, "plugin_off_db": off}
    if verdict.filter is not None and verdict.kind == "filter":
        made["filter"] = {"taps": len(verdict.filter.taps), "early_samples": verdict.filter.early}
    if verdict.curve is not None and verdict.kind == "curve":
        made["curve"] = verdict.curve.tolist()
    return {key: _finite(one) for key, one in made.items()}


def _numbers(fit: Fit) -> dict[str, Any]:
    return {
        "dials": dataclasses.asdict(fit.dials),
        "errors": fit.errors,
        "quality": dataclasses.asdict(fit.quality),
    }


def _probe(verdict: Verdict, rate: int) -> behaviour.Behaviour | None:
    if verdict.kind != "dynamics" or verdict.fit is None:
        return None
    dials = verdict.fit.dials
    return behaviour.measure(behaviour.of_law(dials, rate), rate, dials.threshold_db)


def _knob(value: float, low: float, high: float, digits: int) -> str:
    return f"{round(min(max(value, low), high), digits) + 0.0:g}"


def _finite(value: Any) -> Any:
    """Replace what JSON has no word for by null."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
