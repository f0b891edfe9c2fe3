"""WaveNets of the `.nam` format, made into programs: stacks of dilated convolutions, with every option that files have.

Where neural-amp-modeler's trainer and its player disagree (the way on without ``layer1x1``, ``layer1x1_post_film``, corners
of a Hardtanh), this does what the trainer does: that is what the weights were taught with (docs/cloning-format.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gate.plugins.nam.program import WIDEST, Builder, Floats, Rows, Weights, refuse, whole, whole_number
from gate.plugins.nam.shapes import curve
from gate.realtime.plugins import network as law

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

Conv = tuple[Floats, Floats]


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
    dilations = _wholes(config.get("dilations"), "dilations", source, most=1 << 19)
    count = len(dilations)
    channels = whole(config, "channels", source)
    said = config.get("kernel_sizes", config.get("kernel_size"))
    taps = _wholes(said if isinstance(said, list) else [said] * count, "kernel_sizes", source)
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
        on_groups=whole(_table(on, "layer1x1", source), "groups", source, 1) if _active(on) else 0,
        skip=whole(_table(skip, "head1x1", source), "out_channels", source) if _active(skip) else 0,
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
    head = _table(config["head"], "head", source)
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
    allowed = _wholes(range(1, channels + 1) if listed is None else listed, "allowed_channels", source)
    if max(allowed) > channels:
        refuse(source, "allowed_channels", f"expected at most {channels}, got more; export it again")
    return allowed[min(int(size * len(allowed)), len(allowed) - 1)]


def _films(config: Mapping[str, Any], source: str) -> dict[str, Film]:
    found = {}
    for name in FILMS:
        said = config.get(name)
        if said and _active(_table(said, name, source)):
            found[name] = Film(bool(said.get("shift", True)), whole(said, "groups", source, 1))
    return found


def _active(said: Any) -> bool:
    return isinstance(said, dict) and bool(said.get("active", True))


def _table(said: Any, key: str, source: str) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        refuse(source, key, f"expected an object, got {type(said).__name__}; export it again")
    return said


def _wholes(said: Any, key: str, source: str, most: int = WIDEST) -> tuple[int, ...]:
    if not isinstance(said, list | range) or not 1 <= len(said) <= max(MOST_LAYERS, WIDEST):
        refuse(source, key, "expected a list of whole numbers; export it again")
    return tuple(whole_number(one, key, source, most) for one in said)


def _each(said: Any, count: int, key: str, source: str) -> tuple[Any, ...]:
    """Return one value for each layer, of a list or of a value for all."""
    if isinstance(said, list) and len(said) != count:
        refuse(source, key, f"expected {count}, one for each layer, got {len(said)}; export it again")
    return tuple(said) if isinstance(said, list) else (said,) * count


def network(
    builder: Builder, config: Mapping[str, Any], stacks: list[Stack], weights: Weights, x: Rows, c: Rows
) -> Rows:
    """Append a WaveNet's steps, and return the rows of its output.

    Args:
        builder: of the program.
        config: the file's configuration.
        stacks: read from it.
        weights: all of them; those of a condition are elsewhere.
        x: rows of the input.
        c: rows of the condition.

    Raises:
        ContractError: weights and configuration do not fit, or do not fit the condition.
    """
    head: Rows | None = None
    y = x
    for number, stack in enumerate(stacks):
        if stack.condition != c.height or (number == 0 and stack.inputs != x.height):
            refuse(builder.source, "layers", f"expected {c.height} channels of condition; export it again")
        out = stacks[number + 1].narrow if number + 1 < len(stacks) else stack.head
        y, head = StackBuilder(builder, weights, stack, c).append(y, head, out)
        builder.settling += stack.reach
    assert head is not None
    convs = _post(config, weights, head.height, builder.source)
    scale = weights.take(1)
    weights.end()
    builder.on(law.SCALE, head, weights=builder.keep(scale))
    for conv, said in convs:
        curve(builder, head, said)
        after = builder.rows(len(conv[1]))
        builder.conv(after, head, conv)
        builder.settling += conv[0].shape[2] - 1
        head = after
    return head


def _post(config: Mapping[str, Any], weights: Weights, inputs: int, source: str) -> list[tuple[Conv, Any]]:
    """Return the convolutions after all stacks, each with the curve before it."""
    said = config.get("head")
    if said is None:
        return []
    table = _table(said, "head", source)
    taps = _wholes(table.get("kernel_sizes"), "kernel_sizes", source)
    found = []
    for number, length in enumerate(taps):
        last = number + 1 == len(taps)
        out = whole(table, "out_channels" if last else "channels", source)
        found.append((weights.conv(out, inputs, length, bias=True), table.get("activation")))
        inputs = out
    return found


class StackBuilder:
    """The steps of one stack in the making.

    Args:
        builder: of the program.
        weights: the list that the stack's come from.
        stack: as it is configured.
        condition: rows that every layer hears.
    """

    def __init__(self, builder: Builder, weights: Weights, stack: Stack, condition: Rows) -> None:
        self.builder, self.weights, self.stack, self.condition = builder, weights, stack, condition
        self._work: dict[str, Rows] = {}

    def append(self, y: Rows, head: Rows | None, out: int) -> tuple[Rows, Rows]:
        """Append the stack; return the rows of its layers' output and of its head's, ``out`` channels of it."""
        builder, stack = self.builder, self.stack
        x = builder.rows(stack.keeps)
        builder.conv(x, y, self._conv(stack.channels, stack.inputs, 1, x.height, y.height, bias=False))
        for number in range(len(stack.taps)):
            head = self._layer(number, x, head)
        assert head is not None
        fed = stack.skip or stack.bottleneck
        made = builder.rows(out)
        weights = self._conv(stack.head, fed, stack.head_taps, out, head.height, bias=stack.head_bias)
        builder.conv(made, head, weights, dilation=stack.head_dilation)
        return x, made

    def _conv(
        self,
        out: int,
        inputs: int,
        taps: int,
        keep_out: int,
        keep_in: int,
        *,
        bias: bool = True,
        groups: int = 1,
    ) -> Conv:
        kernel, biases = self.weights.conv(out, inputs, taps, bias=bias, groups=groups)
        return kernel[:keep_out, :keep_in], biases[:keep_out]

    def _layer(self, number: int, x: Rows, head: Rows | None) -> Rows:
        """Append a layer that works on ``x`` in place; return the rows that all layers' outputs are added up in."""
        builder, stack, condition = self.builder, self.stack, self.condition
        twice = 1 if stack.gates[number] == "none" else 2
        full, narrow, wide = stack.bottleneck, stack.narrow, condition.height
        conv = self._conv(
            twice * full, stack.channels, stack.taps[number], twice * narrow, x.height, groups=stack.groups
        )
        mix = self._conv(twice * full, wide, 1, twice * narrow, wide, bias=False, groups=stack.mix_groups)
        on = (
            self._conv(stack.channels, full, 1, x.height, narrow, groups=stack.on_groups)
            if stack.on_groups
            else None
        )
        skip = (
            self._conv(stack.skip, full, 1, stack.skip, narrow, groups=stack.skip_groups)
            if stack.skip
            else None
        )
        films = self._films({"conv_pre": x.height, "input_mixin_pre": wide, "activation_post": narrow,
                             "layer1x1_post": x.height, "head1x1_post": stack.skip}, twice * narrow)  # fmt: skip
        z = self._rows("z", twice * narrow)
        heard = self._film(films, "conv_pre", x, into=True)
        builder.conv(z, heard, conv, dilation=stack.dilations[number])
        self._film(films, "conv_post", z)
        self._mixed(films, z, mix)
        self._film(films, "activation_pre", z)
        made = self._activated(number, z)
        self._film(films, "activation_post", made)
        head = self._skipped(films, made, skip, head)
        if on is None:
            builder.on(law.ADD, x, made)
        elif "layer1x1_post_film" in films:
            more = self._rows("on", x.height)
            builder.conv(more, made, on)
            self._film(films, "layer1x1_post", more)
            builder.on(law.ADD, x, more)
        else:
            builder.conv(x, made, on, add=True)
        return head

    def _rows(self, name: str, height: int) -> Rows:
        """Return rows to work in, which layers share."""
        if name not in self._work or self._work[name].height < height:
            self._work[name] = self.builder.rows(height)
        return self._work[name].part(0, height)

    def _films(self, heights: Mapping[str, int], middle: int) -> dict[str, tuple[Film, Conv]]:
        found = {}
        for name, film in self.stack.films.items():
            height = heights.get(name.removesuffix("_film"), middle) * (2 if film.shift else 1)
            found[name] = (
                film,
                self.weights.conv(height, self.condition.height, bias=True, groups=film.groups),
            )
        return found

    def _film(
        self, films: Mapping[str, tuple[Film, Conv]], place: str, rows: Rows, *, into: bool = False
    ) -> Rows:
        """Append a scale (and shift) by the condition, where there is one; return the rows that hold the result."""
        if f"{place}_film" not in films:
            return rows
        film, weights = films[f"{place}_film"]
        says = self._rows("film", len(weights[1]))
        self.builder.conv(says, self.condition, weights)
        out = self._rows(place, rows.height) if into else rows
        shift = says.at + rows.height * law.PIECE if film.shift else -1
        self.builder.on(law.FILM, out, rows, weights=says.at, how=shift)
        return out

    def _mixed(self, films: Mapping[str, tuple[Film, Conv]], z: Rows, mix: Conv) -> None:
        """Append the condition's way into a layer."""
        heard = self._film(films, "input_mixin_pre", self.condition, into=True)
        if "input_mixin_post_film" not in films:
            self.builder.conv(z, heard, mix, add=True)
            return
        mixed = self._rows("mixed", z.height)
        self.builder.conv(mixed, heard, mix)
        self._film(films, "input_mixin_post", mixed)
        self.builder.on(law.ADD, z, mixed)

    def _activated(self, number: int, z: Rows) -> Rows:
        """Append a layer's curves, one or a pair; return the rows of the result."""
        gate, said = self.stack.gates[number], self.stack.curves[number]
        if gate == "none":
            curve(self.builder, z, said)
            return z
        half = z.height // 2
        first, second = z.part(0, half), z.part(half, half)
        curve(self.builder, second, self.stack.seconds[number])
        if gate == "gated":
            curve(self.builder, first, said)
            self.builder.on(law.TIMES, first, second)
        else:
            curved = self._rows("curved", half)
            self.builder.on(law.COPY, curved, first)
            curve(self.builder, curved, said)
            self.builder.on(law.BLEND, first, curved, weights=second.at)
        return first

    def _skipped(
        self, films: Mapping[str, tuple[Film, Conv]], made: Rows, skip: Conv | None, head: Rows | None
    ) -> Rows:
        """Append a layer's way to the head."""
        if skip is not None:
            out = self._rows("skip", self.stack.skip)
            self.builder.conv(out, made, skip)
            self._film(films, "head1x1_post", out)
            made = out
        if head is None:
            head = self.builder.rows(made.height)
            self.builder.on(law.COPY, head, made)
        else:
            self.builder.on(law.ADD, head, made)
        return head
