"""Automation: parameters of a chain's plugins that move along a sound, block by block.

    moves = {gate: {"threshold_db": [(0.0, -45), (2.0, -45), (2.5, -35)]}}
    clean = chain(audio, rate, automation=moves)

A curve is a list of points, (second of the sound, value). Between two points the value goes along the travel of the
parameter's knob (``Parameter.at``), a choice or a switch holds; before the first point and after the last it stays.
Every block of 2.083 ms has the value of its first sample, for every plugin by the sound that it hears, however late
that is.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from gate.chain.stream import Stream
from gate.parameters import Parameter, attribute
from gate.plugins.plugin import Plugin
from gate.realtime.clock import Clock

Points = Iterable[tuple[float, float]]
"""Points (seconds, value), by time."""


class Curve:
    """A parameter's values along a sound."""

    def __init__(self, parameter: Parameter, points: Points) -> None:
        """Check the points.

        Raises:
            ValueError: there are none, they are not in order, or a value is out of the parameter's range.
        """
        self.parameter = parameter
        self._times: list[float] = []
        self._values: list[float] = []
        for time, value in points:
            if not isfinite(time) or (self._times and time < self._times[-1]):
                raise ValueError(
                    f"{parameter.id} at {time} s: expected points in the order of their times; sort them"
                )
            self._times.append(float(time))
            self._values.append(parameter.check(value))
        if not self._times:
            raise ValueError(f"{parameter.id}: expected points (seconds, value), got none; give at least one")

    def value(self, time_s: float) -> float:
        """Return the value at a time in s."""
        after = bisect_right(self._times, time_s)
        left = self._values[max(after - 1, 0)]
        if after in (0, len(self._times)) or self.parameter.words:
            return left
        right = self._values[after]
        if left == right or self._times[after - 1] == time_s:
            return left
        share = (time_s - self._times[after - 1]) / (self._times[after] - self._times[after - 1])
        begin, end = self.parameter.travel(left), self.parameter.travel(right)
        return self.parameter.at(begin + (end - begin) * share)


class _Move(NamedTuple):
    plugin: int
    """Number of the plugin in the chain."""
    curve: Curve


class Automation:
    """Curves for the parameters of a chain's plugins."""

    def __init__(self, moves: Mapping[Plugin, Mapping[str, Points]], plugins: Sequence[Plugin]) -> None:
        """Check the curves.

        Args:
            moves: points, by plugin and by the parameter's attribute ("threshold_db").
            plugins: of the chain.

        Raises:
            ValueError: a plugin is not in the chain, or a curve is not valid.
            AttributeError: a plugin has no such parameter.
        """
        self._moves = [
            _Move(_number(plugin, plugins), Curve(_parameter(plugin, name), points))
            for plugin, curves in moves.items()
            for name, points in curves.items()
        ]

    def over(self, stream: Stream, frames: int) -> Iterator[tuple[int, int]]:
        """Yield (begin, end) of the calls that so many frames take at least; each ends where a block is complete.

        Before each is given, every parameter has been set to its value for the block.
        """
        clock, late, delays = Clock(stream.format.rate), 0, []
        for running in stream.running:
            delays.append(late)
            late += running.latency_samples
        targets = [(stream.running[move.plugin], delays[move.plugin], move.curve) for move in self._moves]
        begin, block = 0, 0
        while begin < frames:
            start = clock.block_start(block)
            for running, delay, curve in targets:
                running.set(curve.parameter.id, curve.value((start - delay) / clock.rate))
            end = clock.block_ready(block)
            yield begin, end
            begin, block = end, block + 1


def _number(plugin: Plugin, plugins: Sequence[Plugin]) -> int:
    for k, mine in enumerate(plugins):
        if mine is plugin:
            return k
    raise ValueError(f"automation: expected a plugin of this chain, got {plugin!r}; put it in first")


def _parameter(plugin: Plugin, name: str) -> Parameter:
    known = {attribute(parameter): parameter for parameter in plugin.parameters if parameter.live}
    if name not in known:
        expected = f"expected one of {', '.join(known)}" if known else "it has none that moves"
        raise AttributeError(f"automation: {type(plugin).__name__} has no {name!r} to move: {expected}")
    return known[name]
