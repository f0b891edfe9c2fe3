"""WaveNets of the `.nam` format, made into programs: stacks of dilated convolutions, with every option that files have.

Where neural-amp-modeler's trainer and its player disagree (the way on without ``layer1x1``, ``layer1x1_post_film``, corners
of a Hardtanh), this does what the trainer does: that is what the weights were taught with (docs/cloning-format.md).
"""

from collections.abc import Mapping
from typing import Any

from gate.plugins.nam.program import Builder, Floats, Rows, Weights, refuse, whole
from gate.plugins.nam.shapes import curve
from gate.plugins.nam.stacks import Film, Stack, table_of, wholes
from gate.realtime.plugins import network as law

Conv = tuple[Floats, Floats]


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
    table = table_of(said, "head", source)
    taps = wholes(table.get("kernel_sizes"), "kernel_sizes", source)
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
