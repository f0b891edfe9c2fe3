"""Teach a network a pair that no simpler model explains: truncated back-propagation, ESR with pre-emphasis, a way past
the network.

The way past (``Skip``) carries the input to the output with one learned gain, and the network begins with nothing to
say beside it. So a box that does nothing is copied exactly before the first step, and what is learned is only what
the box adds.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.clone.networks import STACKS, Recurrent, State, WaveNet
from training.clone.pair import Pair
from training.teach.loop import Loop
from training.teach.optimiser import adamw

Sound = NDArray[np.float64]
Report = Callable[[dict[str, float], int], None]

EMPHASIS = 0.85
"""Share of the sample before that is taken off before errors are compared: highs count as they are heard (Wright, 2020)."""
HELD_OUT = 0.15
"""Share of a pair, at its end, that judges and is not learned from."""
QUIET = 1e-6
"""Mean square that an error is compared with where the wet sound has less: silence must not rule."""
JUDGED_S = 20.0
"""Most seconds that are judged."""
PIECE = 16_384
"""Samples that are played at once."""
EVALUATIONS = 20
CHECKPOINT = "network.pt"


@dataclass(frozen=True)
class FitConfig:
    """How a network is taught.

    Attributes:
        network: "lstm" or "wavenet".
        hidden: cells of the LSTM.
        steps: pieces of ``piece`` samples that are learned from, ``batch`` at a time.
        piece: samples between two truncations of the gradient.
        pieces: how many follow each other before new places are drawn.
        batch: places side by side.
        learning_rate: at the beginning; it falls to a twentieth as a cosine.
        seed: of weights and places.
    """

    network: str = "lstm"
    hidden: int = 16
    steps: int = 3000
    piece: int = 1024
    pieces: int = 8
    batch: int = 16
    learning_rate: float = 4e-3
    seed: int = 0


@dataclass(frozen=True)
class Cloned:
    """A taught network, its error share on sound that it did not learn from, and the steps done."""

    net: "Skip"
    esr: float
    steps: int


class Skip(nn.Module):
    """A network with a way past it: output = network(input) + direct * input.

    Args:
        core: takes (batch, samples) and its memory, as ``training.clone.networks`` has them.
        direct: gain of the way past, at the beginning.
    """

    def __init__(self, core: Recurrent | WaveNet, direct: float) -> None:
        super().__init__()
        self.core = core
        self.direct = nn.Parameter(torch.tensor(float(direct)))
        last = core.head if isinstance(core, Recurrent) else core.arrays[-1].head
        assert isinstance(last, (nn.Linear, nn.Conv1d)), (
            "a network ends with a layer that can begin at nothing"
        )
        nn.init.zeros_(last.weight)
        if last.bias is not None:
            nn.init.zeros_(last.bias)

    def start(self, batch: int) -> State:
        """Return the memory after long silence."""
        return self.core.start(batch)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Return sound (batch, samples), and the memory after it."""
        y, state = self.core(x, state)
        return y + self.direct * x, state


def fit(
    pair: Pair,
    config: FitConfig,
    folder: Path,
    *,
    seconds: float = float("inf"),
    report: Report = lambda row, steps: None,
    stop: Callable[[], bool] = lambda: False,
) -> Cloned:
    """Teach a network an aligned pair, or continue where an interrupted run of the same settings ended.

    Args:
        pair: aligned.
        config: the settings.
        folder: where the checkpoint lies; made if it is not there.
        seconds: the most that steps may take.
        report: gets a row of the log, and how many steps there are.
        stop: asked after each step; True saves everything and ends.

    Raises:
        KeyboardInterrupt: ``stop`` said so; the same call continues.
        ConfigError: the folder holds a run of other settings.
        FloatingPointError: a gradient is not finite.
    """
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    middle = int((1.0 - HELD_OUT) * len(pair.dry))
    dry, wet = (torch.from_numpy(x.astype(np.float32)) for x in (pair.dry, pair.wet))
    direct = float(np.dot(pair.dry, pair.wet) / max(float(np.dot(pair.dry, pair.dry)), 1e-30))
    core = Recurrent(config.hidden) if config.network == "lstm" else WaveNet(STACKS)
    net = Skip(core, direct)
    loop = Loop(net, adamw(net.parameters(), config.learning_rate, 0.0), config.steps, clip_norm=1.0, rng=rng)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CHECKPOINT
    facts = asdict(config)
    loop.resume(path, lambda state: state["config"] == facts, "other settings")
    begun, state, at = time.monotonic(), net.start(config.batch), np.zeros(0, dtype=np.int64)
    every = max(config.steps // EVALUATIONS, 1)
    esr = judged(net, dry[middle:], wet[middle:], pair.rate)
    best, weights = esr, {name: value.clone() for name, value in net.state_dict().items()}
    for step in loop:
        k = (step - 1) % config.pieces
        if k == 0 or not len(at):
            at = rng.integers(0, max(middle - config.piece * config.pieces, 1), config.batch)
            state, k = net.start(config.batch), 0
        x, y = (_pieces(sound, at + k * config.piece, config.piece) for sound in (dry, wet))
        made, state = net(x, state)
        state = tuple(one.detach() for one in state)
        rate = config.learning_rate * (0.525 + 0.475 * float(np.cos(np.pi * step / config.steps)))
        value = loss(made, y)
        loop.learn(value, rate)
        over = time.monotonic() - begun > seconds
        if step % every == 0 or step == config.steps or over:
            esr = judged(net, dry[middle:], wet[middle:], pair.rate)
            if esr < best:
                best, weights = esr, {name: one.clone() for name, one in net.state_dict().items()}
            loop.save(path, config=facts)
            report({"step": step, "loss": float(value.detach()), "held_esr": esr}, config.steps)
        if over:
            break
        if stop():
            loop.save(path, config=facts)
            raise KeyboardInterrupt
    net.load_state_dict(weights)
    return Cloned(net.eval(), best, loop.step)


def loss(made: Tensor, wanted: Tensor) -> Tensor:
    """Compute the error share after pre-emphasis, and that of the mean (a constant offset is heard by the next box).

    Args:
        made, wanted: (batch, samples).
    """
    error, sound = _emphasised(made - wanted), _emphasised(wanted)
    share = error.square().mean() / (sound.square().mean() + QUIET)
    offset = (made - wanted).mean(dim=1).square().mean() / (wanted.square().mean() + QUIET)
    return share + offset


@torch.no_grad()
def judged(net: Skip, dry: Tensor, wet: Tensor, rate: int) -> float:
    """Measure the error energy over the wet energy, the first tenth of a second left out."""
    n = min(len(dry), int(JUDGED_S * rate))
    made = played(net, dry[:n])
    first = min(rate // 10, n // 2)
    left = (made - wet[:n])[first:].double().square().sum()
    return float(left / max(float(wet[first:n].double().square().sum()), 1e-30))


@torch.no_grad()
def played(net: Skip, dry: Tensor) -> Tensor:
    """Play a sound (n,) through a network, from silence."""
    net.eval()
    state: Any = net.start(1)
    out = []
    for start in range(0, len(dry), PIECE):
        y, state = net(dry[None, start : start + PIECE], state)
        out.append(y[0])
    return torch.cat(out)


def _emphasised(x: Tensor) -> Tensor:
    return x[:, 1:] - EMPHASIS * x[:, :-1]


def _pieces(sound: Tensor, starts: NDArray[np.int64], length: int) -> Tensor:
    return torch.stack(
        [nn.functional.pad(one, (0, length - len(one))) for one in (sound[k : k + length] for k in starts)]
    )
