"""Small models that neural-amp-modeler itself makes: one for each thing that a `.nam` file can say.

Needs that package (``pip install neural-amp-modeler==0.13.0``, in an environment beside this one's packages).
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 48_000

SEED = 5

STANDARD = [2**k for k in range(10)]

TANH, SIGMOID = "Tanh", "Sigmoid"


def stack(inputs: int, channels: int, out: int, dilations: list[int], **more: Any) -> dict[str, Any]:
    """Return a stack's configuration for the package, with what is not said at its default."""
    made = {
        "input_size": inputs, "condition_size": 1, "channels": channels, "dilations": dilations, "kernel_size": 3,
        "activation": TANH, "head": {"out_channels": out, "kernel_size": 1, "bias": False},
    }  # fmt: skip
    return made | more


def pair(kind: str, first: str = TANH, second: str = SIGMOID) -> dict[str, str]:
    """Return an activation of two."""
    return {"name": kind, "primary": first, "secondary": second}


def wavenets() -> dict[str, dict[str, Any]]:
    """Return configurations of WaveNets by what is special about each."""
    film = {"active": True, "shift": True, "groups": 1}
    scale = film | {"shift": False}
    last = {"out_channels": 1, "kernel_size": 1, "bias": True}
    long = {"out_channels": 1, "kernel_size": 5, "bias": True}
    on, skip = {"active": True, "groups": 2}, {"active": True, "out_channels": 2, "groups": 1}
    return {
        "plain": {"layers_configs": [stack(1, 4, 2, [1, 2, 4]), stack(4, 2, 1, [8, 16], head=last)], "head_scale": 0.5},
        "gated": {"layers_configs": [stack(1, 3, 1, [1, 5, 9], activation=pair("PairMultiply"), head=last)]},
        "blended": {"layers_configs": [stack(1, 3, 1, [1, 3], activation=pair("PairBlend", "SiLU"), head=last)]},
        "kernels": {
            "layers_configs": [
                stack(1, 3, 1, [1, 3, 13], kernel_size=[6, 2, 15], head=long,
                      activation={"name": "LeakyReLU", "negative_slope": 0.1})
            ]
        },
        "curves": {
            "layers_configs": [
                stack(1, 2, 1, [1] * 9, head=last, activation=[
                    "ReLU", "SiLU", "Hardswish", "Softsign", "Hardtanh", "Sigmoid",
                    {"name": "LeakyHardtanh", "min_val": -0.3, "max_val": 0.4, "min_slope": 0.1, "max_slope": 0.2},
                    {"name": "PReLU", "num_parameters": 2}, "Softsigmoid",
                ])
            ]
        },
        "films": {
            "layers_configs": [
                stack(1, 4, 1, [1, 2], bottleneck=2, head=last, head_1x1_config=skip, activation=pair("PairMultiply"),
                      film_params={
                          "conv_pre_film": film, "conv_post_film": scale, "input_mixin_pre_film": film,
                          "input_mixin_post_film": scale, "activation_pre_film": film, "activation_post_film": scale,
                          "layer1x1_post_film": film, "head1x1_post_film": scale,
                      })
            ]
        },
        "groups": {"layers_configs": [stack(1, 4, 1, [1, 2], groups_input=2, layer_1x1_config=on, head=last)]},
        "residual": {"layers_configs": [stack(1, 2, 1, [1, 2], layer_1x1_config={"active": False, "groups": 1}, head=last)]},
        "head": {
            "layers_configs": [stack(1, 3, 2, [1, 2], head=last | {"out_channels": 2})],
            "head": {"channels": 3, "activation": TANH, "out_channels": 1, "kernel_sizes": [3, 2]},
        },
        "condition": {
            "layers_configs": [stack(1, 2, 1, [1, 4], condition_size=2, head=last)],
            "condition_dsp": {"name": "WaveNet", "config": {"layers_configs": [stack(1, 2, 2, [1, 2])]}},
        },
    }  # fmt: skip


def models() -> Iterator[tuple[str, dict[str, Any], NDArray[np.float32], NDArray[np.float32]]]:
    """Return (name, `.nam` as an object, sound in, sound out) of each model; the sound is the package's own and noise."""
    import torch
    from nam.models import factory

    sound = signal()
    torch.manual_seed(SEED)
    configs = [("wavenet-" + name, "WaveNet", config) for name, config in wavenets().items()]
    configs += [
        ("lstm", "LSTM", {"hidden_size": 3}),
        ("lstm-deep", "LSTM", {"hidden_size": 5, "num_layers": 2}),
        (
            "convnet",
            "ConvNet",
            {"channels": 3, "dilations": [1, 2, 4], "batchnorm": True, "activation": TANH},
        ),
        ("linear", "Linear", {"receptive_field": 20, "bias": True}),
    ]
    for name, kind, config in configs:
        net = factory.init(kind, kwargs={"config": config | {"sample_rate": RATE}})
        with torch.no_grad():
            for one in net.parameters():
                one.copy_(short(1.5 * one))
            if (
                kind == "LSTM"
            ):  # the state at rest, as the package writes it, is where its own output begins, too
                net.import_weights(torch.Tensor(net._export_weights()))
        net.eval()
        yield name, file_of(net), sound, played(net, sound)
    yield container(sound)


def container(
    sound: NDArray[np.float32],
) -> tuple[str, dict[str, Any], NDArray[np.float32], NDArray[np.float32]]:
    """Return a container of two models; the larger plays."""
    import torch
    from nam.models import factory

    sizes = [
        {"name": f"channels_{n}", "config": {"layers_configs": [packed(n)], "head_scale": 0.5}}
        for n in (2, 3)
    ]
    net = factory.init("PackedWaveNet", kwargs={"config": {"submodels": sizes, "sample_rate": RATE}})
    net.eval()
    with torch.no_grad():
        for one in net.parameters():
            one.copy_(short(one))
    inner = [net.extract_submodel(k) for k in range(2)]
    listed = [{"max_value": most, "model": file_of(one)} for most, one in zip((0.5, 1.0), inner, strict=True)]
    made = {
        "version": "0.7.0",
        "architecture": "SlimmableContainer",
        "config": {"submodels": listed},
        "weights": [],
    }
    with torch.no_grad():
        out = played(inner[1], sound)
    return "container", made | {"sample_rate": RATE, "metadata": {"loudness": -20.0}}, sound, out


def short(weights: Any) -> Any:
    """Return weights that are written in few digits."""
    return (weights * 256).round() / 256


def packed(channels: int) -> dict[str, Any]:
    """Return a stack of a container's model."""
    head = {"out_channels": 1, "kernel_size": 4, "bias": True}
    return stack(1, channels, 1, [1, 3], kernel_size=[3, 3], activation="LeakyReLU", head=head)


def file_of(net: Any) -> dict[str, Any]:
    """Return a `.nam` of a model as an object, as its ``export`` writes it, but for loudness and gain."""
    from nam.models._constants import MODEL_VERSION

    made = {
        "version": MODEL_VERSION,
        "metadata": {},
        "architecture": type(net).__name__,
        "config": net._export_config(),
        "weights": [float(np.float32(weight)) for weight in net._export_weights()],
        "sample_rate": RATE,
    }
    return json.loads(json.dumps(made))


def played(net: Any, sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the package makes of a sound."""
    import torch

    with torch.no_grad():
        out: NDArray[np.float32] = net(torch.from_numpy(sound), pad_start=True).numpy()
    return out


def signal(frames: int = 450) -> NDArray[np.float32]:
    """Return a short form of the package's own test sound, silence and 220 Hz at 0.5, and noise after it."""
    t = np.arange(frames)
    made = np.where(t < 50, 0.0, 0.5 * np.sin(2.0 * np.pi * 220.0 * (t - 50) / RATE))
    made[frames // 2 :] += 0.3 * np.random.default_rng(SEED).standard_normal(frames - frames // 2)
    return made.astype(np.float32)
