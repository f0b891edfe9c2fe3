"""Gates and compressors of other makers at random settings, as functions from sound to sound, for ``benchmarks.clones``.

Laws re-implemented in this project (LSP, OBS, JUCE), pedalboard's, ffmpeg's and sox's through their commands, LSP's
and Calf's binaries through lv2apply. What is not installed is left out and named.
"""

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from gate.constants import RATE
from training.judging.laws import juce, lsp, obs

Sound = NDArray[np.float64]
Make = Callable[[np.random.Generator], "Box"]
LSP_GATE = "http://lsp-plug.in/plugins/lv2/gate_mono"
CALF_COMPRESSOR = "http://calf.sourceforge.net/plugins/MonoCompressor"
LONGEST_S = 120
"""Seconds after which another maker's command counts as hung."""


@dataclass(frozen=True)
class Box:
    """A box: its name, its dials in words, about where it acts (dBFS), and what it does to sound (n,) at 48 kHz."""

    name: str
    dials: str
    threshold_db: float
    process: Callable[[Sound], Sound]


def boxes(seed: int) -> Iterator[Box]:
    """Yield a box of each maker that is there, in turn and without end, at other settings each time."""
    rng = np.random.default_rng(seed)
    while True:
        for make in available():
            yield make(rng)


def available() -> list[Make]:
    """Return the makers that are installed."""
    found: list[Make] = [_lsp_law, _obs_law, _juce_law]
    if importlib.util.find_spec("pedalboard"):
        found += [_pedalboard_gate, _pedalboard_compressor, _pedalboard_limiter]
    if shutil.which("ffmpeg"):
        found += [_agate, _acompressor]
    if shutil.which("sox"):
        found += [_compand]
    if shutil.which("lv2apply"):
        present = subprocess.run(["lv2ls"], capture_output=True, text=True, check=False).stdout.split()
        found += [make for uri, make in ((LSP_GATE, _lsp_gate), (CALF_COMPRESSOR, _calf)) if uri in present]
    return found


def absent() -> list[str]:
    """Name what is not installed."""
    names = [name for name in ("ffmpeg", "sox", "lv2apply") if not shutil.which(name)]
    return names + ([] if importlib.util.find_spec("pedalboard") else ["pedalboard"])


def _times(rng: np.random.Generator) -> tuple[float, float]:
    """Draw an attack and a release in ms."""
    return _log(rng, 0.5, 30.0), _log(rng, 20.0, 300.0)


def _log(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 2)


def _even(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 1)


def _lsp_law(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    s = lsp.LspSettings(
        _even(rng, -40, -20), _even(rng, -10, -2), float(rng.choice([0.0, -4.0, -8.0])), attack, _log(rng, 5, 200),
        release, _even(rng, -60, -15), _log(rng, 3, 20), float(rng.choice([0.0, 120.0])),
    )  # fmt: skip
    return Box("LSP's law", _said(vars(s)), s.threshold_db, lambda x: x * lsp.gains(lsp.detect(x, s), s))


def _obs_law(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    opens = _even(rng, -40, -20)
    s = obs.ObsSettings(opens, opens - _even(rng, 2, 10), attack, _log(rng, 20, 250), release)
    return Box("OBS's law", _said(vars(s)), opens, lambda x: x * obs.gains(obs.detect(x), s))


def _juce_law(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    s = juce.JuceSettings(_even(rng, -40, -20), _even(rng, 1.5, 10), attack, release)
    return Box("JUCE's law", _said(vars(s)), s.threshold_db, lambda x: x * juce.gains(juce.detect(x), s))


def _pedalboard(kind: str, **dials: float) -> Box:
    import pedalboard

    plugin: Any = getattr(pedalboard, kind)

    def process(x: Sound) -> Sound:
        return np.asarray(plugin(**dials)(x.astype(np.float32), RATE), dtype=np.float64)

    return Box(f"pedalboard {kind}", _said(dials), dials["threshold_db"], process)


def _pedalboard_gate(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    return _pedalboard(
        "NoiseGate",
        threshold_db=_even(rng, -40, -20),
        ratio=_even(rng, 1.5, 10),
        attack_ms=attack,
        release_ms=release,
    )


def _pedalboard_compressor(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    return _pedalboard(
        "Compressor",
        threshold_db=_even(rng, -35, -15),
        ratio=_even(rng, 1.5, 12),
        attack_ms=attack,
        release_ms=release,
    )


def _pedalboard_limiter(rng: np.random.Generator) -> Box:
    return _pedalboard("Limiter", threshold_db=_even(rng, -20, -6), release_ms=_log(rng, 20, 300))


def _piped(command: list[str], x: Sound) -> Sound:
    """Run a command that takes raw float32 and gives as much."""
    done = subprocess.run(
        command, input=x.astype("<f4").tobytes(), capture_output=True, check=True, timeout=LONGEST_S
    )
    y = np.frombuffer(done.stdout, "<f4").astype(np.float64)
    return np.pad(y, (0, max(0, len(x) - len(y))))[: len(x)]


def _ffmpeg(name: str, threshold_db: float, **dials: float | str) -> Box:
    linear = {"threshold": round(10.0 ** (threshold_db / 20.0), 6), **dials}
    text = f"{name}=" + ":".join(f"{key}={value}" for key, value in linear.items())
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "1"]
    command = ["ffmpeg", "-v", "error", *raw, "-i", "pipe:0", "-af", text, *raw, "pipe:1"]
    return Box(
        f"ffmpeg {name}",
        f"threshold {threshold_db:g} dB, {_said(dials)}",
        threshold_db,
        partial(_piped, command),
    )


def _agate(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    return _ffmpeg(
        "agate", _even(rng, -35, -20), range=round(10.0 ** (_even(rng, -50, -15) / 20.0), 5), ratio=_even(rng, 2, 10),
        attack=attack, release=release, detection=str(rng.choice(["peak", "rms"])),
    )  # fmt: skip


def _acompressor(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    return _ffmpeg(
        "acompressor", _even(rng, -35, -15), ratio=_even(rng, 1.5, 12), attack=attack, release=release,
        detection=str(rng.choice(["peak", "rms"])),
    )  # fmt: skip


def _compand(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    threshold, ratio = _even(rng, -35, -15), _even(rng, 1.5, 10)
    points = f"6:-90,-90,{threshold:g},{threshold:g},0,{threshold - threshold / ratio:.2f}"
    raw = ["-t", "f32", "-r", str(RATE), "-c", "1", "-"]
    command = ["sox", "-D", *raw, *raw, "compand", f"{attack / 1000:g},{release / 1000:g}", points]
    dials = f"threshold {threshold:g} dB, ratio {ratio:g}, attack {attack:g}, decay {release:g} ms"
    return Box("sox compand", dials, threshold, partial(_piped, command))


def _lv2(name: str, uri: str, threshold_db: float, dials: dict[str, float]) -> Box:
    def process(x: Sound) -> Sound:
        with tempfile.TemporaryDirectory() as folder:
            before, after = Path(folder, "in.wav"), Path(folder, "out.wav")
            soundfile.write(before, x.astype(np.float32), RATE, "FLOAT")
            values = [word for key, value in dials.items() for word in ("-c", key, f"{value:.6g}")]
            command = ["lv2apply", "-i", str(before), "-o", str(after), *values, uri]
            subprocess.run(command, capture_output=True, check=True, timeout=LONGEST_S)
            y = soundfile.read(after)[0]
        return np.pad(y, (0, max(0, len(x) - len(y))))[: len(x)]

    return Box(name, f"threshold {threshold_db:g} dB, {_said(dials)}", threshold_db, process)


def _lsp_gate(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    threshold = _even(rng, -40, -20)
    dials = {
        "gt": 10.0 ** (threshold / 20.0), "gz": 10.0 ** (_even(rng, -10, -2) / 20.0), "at": attack, "rt": release,
        "gr": 10.0 ** (_even(rng, -60, -15) / 20.0), "scr": _log(rng, 3, 20),
    }  # fmt: skip
    return _lv2("LSP gate", LSP_GATE, threshold, dials)


def _calf(rng: np.random.Generator) -> Box:
    attack, release = _times(rng)
    threshold = _even(rng, -35, -15)
    dials = {
        "threshold": 10.0 ** (threshold / 20.0),
        "ratio": _even(rng, 1.5, 12),
        "attack": attack,
        "release": release,
    }
    return _lv2("Calf compressor", CALF_COMPRESSOR, threshold, dials)


def _said(dials: Any) -> str:
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in dials.items()
    )
