"""A clone as a `.nam` file, which players of Neural Amp Modeler and ``gate.plugins.nam`` load.

    write(net, Path("amp.nam"), name="My amp", loudness=loudness_db(net, sound), gear_make="Fender")

An ungated WaveNet and an LSTM are written as version 0.5.4, with the keys of older and of newer players beside each other;
a gated WaveNet as 0.7.0, as only newer files say how layers are gated.

Source: what neural-amp-modeler 0.13.0 writes and reads.
"""

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gate.constants import RATE
from gate.errors import UsageError
from gate.files.atomic import write_text
from gate.modelfile import nam
from training.clone.networks import Recurrent, Stack, WaveNet

GEAR_TYPES = ("amp", "pedal", "pedal_amp", "amp_cab", "amp_pedal_cab", "preamp", "studio")
"""What the format knows as ``gear_type``."""

TONE_TYPES = ("clean", "overdrive", "crunch", "hi_gain", "fuzz")
"""What it knows as ``tone_type``."""

WORDS = ("name", "modeled_by", "gear_make", "gear_model", "gear_type", "tone_type")
"""Metadata that are words."""

NUMBERS = ("loudness", "gain", "input_level_dbu", "output_level_dbu")
"""Metadata that are numbers: RMS in dBFS, 0 to 1, and the levels in dBu of a sine at full scale."""

OLDER, NEWER = "0.5.4", "0.7.0"
"""Versions that are written."""


def write(net: nn.Module, path: Path, *, rate: int = RATE, **metadata: str | float) -> None:
    """Write a network as a `.nam` file, whole or not at all, and read it back.

    Args:
        net: a network of ``training.clone.networks``.
        path: the file; one that is there is replaced.
        rate: at which the network was taught, Hz.
        metadata: any of ``WORDS`` and ``NUMBERS``; what is not known is left out.

    Raises:
        UsageError: the network is no such, or the metadata are none that the format knows.
        ContractError: its weights are not finite.
        AudioFileError: the disk does not take the file.
    """
    text = json.dumps(document(net, rate=rate, **metadata))
    nam.parse(text.encode(), str(path))
    write_text(path, text)


def document(net: nn.Module, *, rate: int = RATE, **metadata: str | float) -> dict[str, Any]:
    """Return a network as the format's JSON object; arguments and errors as ``write``."""
    if isinstance(net, Recurrent):
        architecture, version, config, weights = "LSTM", OLDER, _cells_config(net), _cells(net)
    elif isinstance(net, WaveNet):
        gated = any(stack.gated for stack in net.stacks)
        version = NEWER if gated else OLDER
        architecture, config, weights = "WaveNet", _stacks_config(net), _stacks(net)
    else:
        raise UsageError(f"expected a Recurrent or a WaveNet, got {type(net).__name__}; teach one of these")
    return {
        "version": version,
        "metadata": _metadata(metadata),
        "architecture": architecture,
        "config": config,
        "weights": [float(weight) for weight in weights],
        "sample_rate": rate,
    }


@torch.no_grad()
def loudness_db(net: nn.Module, sound: NDArray[np.float32]) -> float:
    """Return the RMS in dBFS of what a network makes of a sound (n,): the format's ``loudness``, for its own test sound.

    Args:
        net: a network of ``training.clone.networks``.
        sound: what is played through it; players compare models by it, so always take the same.
    """
    y = net(torch.from_numpy(sound)[None], net.start(1))[0]  # type: ignore[operator]
    return 10.0 * math.log10(max(float(y.double().square().mean()), 1e-30))


def _metadata(said: dict[str, str | float]) -> dict[str, Any]:
    now = time.localtime()
    names = ("year", "month", "day", "hour", "minute", "second")
    made: dict[str, Any] = {"date": dict(zip(names, now[:6], strict=True))}
    for key, value in said.items():
        if key not in WORDS + NUMBERS:
            raise UsageError(f"expected one of {', '.join(WORDS + NUMBERS)}, got {key!r}; leave it out")
        if key in NUMBERS and not (isinstance(value, int | float) and math.isfinite(value)):
            raise UsageError(f"{key}: expected a finite number, got {value!r}; leave it out")
        known = {"gear_type": GEAR_TYPES, "tone_type": TONE_TYPES}.get(key)
        if known and value not in known:
            raise UsageError(f"{key}: expected one of {', '.join(known)}, got {value!r}; choose one")
        made[key] = value
    return made


def _cells_config(net: Recurrent) -> dict[str, Any]:
    return {"input_size": 1, "hidden_size": net.hidden, "num_layers": net.layers}


def _cells(net: Recurrent) -> NDArray[np.float32]:
    """Return an LSTM's weights: of each layer inputs and hidden side by side, one bias, and the state at rest; the head."""
    hidden, cell = net.start(1)
    parts = []
    for k in range(net.layers):
        core = {
            name: getattr(net.core, f"{name}_l{k}")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        parts += [torch.cat([core["weight_ih"], core["weight_hh"]], dim=1), core["bias_ih"] + core["bias_hh"]]
        parts += [hidden[k, 0], cell[k, 0]]
    return _flat([*parts, net.head.weight, net.head.bias])


def _stacks_config(net: WaveNet) -> dict[str, Any]:
    heads = [*(stack.channels for stack in net.stacks[1:]), 1]
    inputs = [1, *(stack.channels for stack in net.stacks)]
    layers = [
        _stack_config(stack, inputs[k], heads[k], last=k + 1 == len(heads))
        for k, stack in enumerate(net.stacks)
    ]
    return {"layers": layers, "head": None, "head_scale": net.head_scale}


def _stack_config(stack: Stack, inputs: int, head: int, *, last: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "input_size": inputs,
        "condition_size": 1,
        "head": {"out_channels": head, "kernel_size": 1, "bias": last},
        "head_size": head,
        "head_bias": last,
        "channels": stack.channels,
        "kernel_size": stack.kernel,
        "dilations": list(stack.dilations),
        "activation": "Tanh",
        "gated": stack.gated,
    }
    if stack.gated:
        count = len(stack.dilations)
        made["activation"] = [{"type": "Tanh"}] * count
        made["gating_mode"], made["secondary_activation"] = ["gated"] * count, [{"type": "Sigmoid"}] * count
    return made


def _stacks(net: WaveNet) -> NDArray[np.float32]:
    """Return a WaveNet's weights, stack by stack, and the factor of its output."""
    parts: list[Tensor] = []
    arrays: Any = net.arrays
    for array in arrays:
        parts.append(array.rechannel.weight)
        for layer in array.layers:
            parts += [layer.conv.weight, layer.conv.bias, layer.mix.weight, layer.out.weight, layer.out.bias]
        parts += [array.head.weight, *([] if array.head.bias is None else [array.head.bias])]
    return _flat([*parts, torch.tensor([net.head_scale])])


def _flat(parts: list[Tensor]) -> NDArray[np.float32]:
    return torch.cat([part.detach().float().cpu().flatten() for part in parts]).numpy()
