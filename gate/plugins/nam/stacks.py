"""The stacks of a WaveNet, read from the configuration of a `.nam` file and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gate.plugins.nam.program import WIDEST, refuse, whole, whole_number

FILMS = (
    "conv_pre_film",
    "conv_post_film",
    "input_mixin_pre_film",
    "input_mixin_post_film",
    "activation_pre_film",
    "activation_post_film",
    "layer1x1_post_film",
    "head1x1_post_film",
)
"""Places in a layer where the condition may scale and shift, in the order of their weights."""

MOST_LAYERS = 256
"""Layers of a stack, stacks, and convolutions of a head, at most."""

SLICED = "slice_channels_uniform"
"""The one way in which a network of the format is made smaller: by its first channels."""


@dataclass(frozen=True)
class Film:
    """What a scale by the condition looks like."""

    shift: bool
    groups: int


@dataclass(frozen=True)
class Stack:
    """One stack as its configuration says it, all numbers checked; ``keeps``: channels that remain when it is sliced."""

    inputs: int
    condition: int
    channels: int
    bottleneck: int
    keeps: int
    head: int
    head_taps: int
    head_dilation: int
    head_bias: bool
    taps: tuple[int, ...]
    dilations: tuple[int, ...]
    curves: tuple[Any, ...]
    gates: tuple[str, ...]
    seconds: tuple[Any, ...]
    groups: int
    mix_groups: int
    on_groups: int
    """Of ``layer1x1``; 0: there is none."""
    skip: int
    """Channels of ``head1x1``; 0: there is none."""
    skip_groups: int
    films: Mapping[str, Film]

    @property
    def reach(self) -> int:
        """Earlier frames that an output depends on."""
        layers = sum((taps - 1) * dilation for taps, dilation in zip(self.taps, self.dilations, strict=True))
        return layers + (self.head_taps - 1) * self.head_dilation

    @property
    def narrow(self) -> int:
        """The bottleneck's channels that remain."""
        return max(1, self.bottleneck * self.keeps // self.channels) if self.on_groups else self.keeps

    @property
    def plain(self) -> bool:
        """Whether the stack can be sliced."""
        one = self.groups == self.mix_groups == 1 and self.on_groups <= 1 and self.head_taps == 1
        return one and not self.films and not self.skip


def read(config: Mapping[str, Any], size: float, source: str) -> list[Stack]:
    """Read a WaveNet's stacks, sliced to a size from 0 to 1.

    Raises:
        ContractError: the configuration is none that can be played.
    """
    listed = config.get("layers")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_LAYERS:
        refuse(source, "layers", f"expected a list of 1 to {MOST_LAYERS} stacks; export it again")
    stacks = [_stack(one, size, source) for one in listed]
    for before, after in pairwise(stacks):
        if after.inputs != before.channels or before.head != (after.skip or after.bottleneck):
            refuse(source, "layers", "expected stacks that fit one another, got others; export it again")
    if any(stack.keeps < stack.channels for stack in stacks) and (
        not all(stack.plain for stack in stacks) or config.get("condition_dsp") or config.get("head")
    ):
        refuse(source, "slimmable", "expected plain stacks to slice, got others; play it at size 1")
    return stacks


def _stack(config: Any, size: float, source: str) -> Stack:
    if not isinstance(config, dict):
        refuse(source, "layers", f"expected objects, got {type(config).__name__}; export it again")
    dilations = wholes(config.get("dilations"), "dilations", source, most=1 << 19)
    count = len(dilations)
    channels = whole(config, "channels", source)
    said = config.get("kernel_sizes", config.get("kernel_size"))
    taps = wholes(said if isinstance(said, list) else [said] * count, "kernel_sizes", source)
    gates = _each(
        config.get("gating_mode", "gated" if config.get("gated") else "none"), count, "gating_mode", source
    )
    if len(taps) != count or not set(gates) <= {"none", "gated", "blended"}:
        refuse(
            source, "layers", "expected a kernel size and a gating mode for each dilation; export it again"
        )
    head, on = _head(config, source), config.get("layer1x1", {"active": True})
    skip = config.get("head1x1", {"active": False})
    films = _films(config, source)
    made = Stack(
        inputs=whole(config, "input_size", source),
        condition=whole(config, "condition_size", source),
        channels=channels,
        bottleneck=whole(config, "bottleneck", source, channels),
        keeps=_keeps(config, channels, size, source),
        head=head[0],
        head_taps=head[1],
        head_dilation=head[2],
        head_bias=head[3],
        taps=taps,
        dilations=dilations,
        curves=_each(config.get("activation"), count, "activation", source),
        gates=gates,
        seconds=_each(config.get("secondary_activation", "Sigmoid"), count, "secondary_activation", source),
        groups=whole(config, "groups_input", source, 1),
        mix_groups=whole(config, "groups_input_mixin", source, 1),
        on_groups=whole(table_of(on, "layer1x1", source), "groups", source, 1) if _active(on) else 0,
        skip=whole(table_of(skip, "head1x1", source), "out_channels", source) if _active(skip) else 0,
        skip_groups=whole(skip, "groups", source, 1) if _active(skip) else 1,
        films=films,
    )
    if not made.on_groups and (made.bottleneck != channels or "layer1x1_post_film" in films):
        refuse(source, "bottleneck", "expected as many as channels without layer1x1; export it again")
    if not made.skip and "head1x1_post_film" in films:
        refuse(source, "head1x1_post_film", "expected a head1x1 before it, got none; export it again")
    return made


def _head(config: Mapping[str, Any], source: str) -> tuple[int, int, int, bool]:
    """Return channels, taps, dilation and bias of a stack's head: an object, or two keys in older files."""
    if config.get("head") is None:
        return whole(config, "head_size", source), 1, 1, bool(config.get("head_bias"))
    head = table_of(config["head"], "head", source)
    dilation = whole_number(head.get("head_dilation", 1), "head_dilation", source, 1 << 19)
    return (
        whole(head, "out_channels", source),
        whole(head, "kernel_size", source),
        dilation,
        bool(head.get("bias")),
    )


def _keeps(config: Mapping[str, Any], channels: int, size: float, source: str) -> int:
    """Return how many channels remain of a stack at a size."""
    said = config.get("slimmable")
    if not isinstance(said, dict) or not said.get("method") or size >= 1.0:
        return channels
    if said["method"] != SLICED:
        refuse(source, "slimmable", f"expected {SLICED}, got {said['method']!r}; play it at size 1")
    table = said.get("kwargs")
    listed = table.get("allowed_channels") if isinstance(table, dict) else None
    allowed = wholes(range(1, channels + 1) if listed is None else listed, "allowed_channels", source)
    if max(allowed) > channels:
        refuse(source, "allowed_channels", f"expected at most {channels}, got more; export it again")
    return allowed[min(int(size * len(allowed)), len(allowed) - 1)]


def _films(config: Mapping[str, Any], source: str) -> dict[str, Film]:
    found = {}
    for name in FILMS:
        said = config.get(name)
        if said and _active(table_of(said, name, source)):
            found[name] = Film(bool(said.get("shift", True)), whole(said, "groups", source, 1))
    return found


def _active(said: Any) -> bool:
    return isinstance(said, dict) and bool(said.get("active", True))


def table_of(said: Any, key: str, source: str) -> Mapping[str, Any]:
    """Return what has to be an object.

    Raises:
        ContractError: it is none.
    """
    if not isinstance(said, dict):
        refuse(source, key, f"expected an object, got {type(said).__name__}; export it again")
    return said


def wholes(said: Any, key: str, source: str, most: int = WIDEST) -> tuple[int, ...]:
    """Return a list of whole numbers from 1.

    Raises:
        ContractError: it is none, is too long, or has a number that is out of range.
    """
    if not isinstance(said, list | range) or not 1 <= len(said) <= max(MOST_LAYERS, WIDEST):
        refuse(source, key, "expected a list of whole numbers; export it again")
    return tuple(whole_number(one, key, source, most) for one in said)


def _each(said: Any, count: int, key: str, source: str) -> tuple[Any, ...]:
    """Return one value for each layer, of a list or of a value for all."""
    if isinstance(said, list) and len(said) != count:
        refuse(source, key, f"expected {count}, one for each layer, got {len(said)}; export it again")
    return tuple(said) if isinstance(said, list) else (said,) * count
