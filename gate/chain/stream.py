"""A chain at work on a sound without an end: slots come, go and move while it runs, without a click.

``Stream`` owns what runs (``gate.plugins.running.Running``) and the chain's record; the compiled chain
(``gate.realtime.chain``) is the only one who touches sound. One thread may call ``process``, or the compiled function by
its address; any other may change the chain meanwhile.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.closing import Closes
from gate.errors import EngineError
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format, Running
from gate.realtime import chain_record
from gate.realtime.chain import compiled
from gate.realtime.chain_record import MOST_SLOTS
from gate.realtime.record import aligned

FADE_S = 0.01
"""Length of a fade between two orders, or a plugin and its bypass: 10 ms."""

MOST_FRAMES = 8192
"""Longer calls are cut to this; ``most_frames`` of memory is what a change and a bypass need."""


class Stream(Closes):
    """Plugins one after another, opened for one sound.

    Attributes:
        format: the sound.
        record: the chain's flat record, shape (1,), ``gate.realtime.chain_record.FIELDS``.
    """

    def __init__(
        self,
        plugins: Sequence[Plugin],
        format: Format,
        most_frames: int = MOST_FRAMES,
        keeps_input: bool = False,
    ) -> None:
        """Open every plugin.

        Args:
            plugins: in order.
            format: the sound.
            most_frames: longer calls are cut to this.
            keeps_input: have the input beside the output, as late as it, for compiled code (``late_at`` in the record).

        Raises:
            GateError: a model is not available or does not run.
            ValueError: there are too many, or one cannot take such a sound.
        """
        check(plugins)
        self.format, self.record = format, chain_record.make()
        self._compiled = compiled(format.dtype)
        self._lock = threading.Lock()
        most_frames = max(most_frames, format.frames or 0)  # a call of promised frames stays whole
        widths = [format.channels] * (3 if keeps_input else 2) + [format.key_channels] * 2
        self._memory = [aligned(most_frames * width, format.dtype) for width in widths]
        self._orders: list[list[tuple[Plugin, Running]]] = [[], []]
        self._target: tuple[Plugin, ...] = tuple(plugins)
        self._spare: dict[Plugin, Running] = {}
        self._stale: set[Plugin] = set()
        self._changing = False
        self._open = True
        values = {
            "channels": format.channels,
            "key_channels": format.key_channels,
            "key_here_at": self._memory[-2].ctypes.data,
            "key_other_at": self._memory[-1].ctypes.data,
            "most_frames": most_frames,
            "fade_frames": max(1, round(FADE_S * format.rate)),
            "other_at": self._memory[0].ctypes.data,
            "dry_at": self._memory[1].ctypes.data,
            "late_at": self._memory[2].ctypes.data if keeps_input else 0,
        }
        for name, value in values.items():
            self.record[name] = value
        try:
            for plugin in plugins:
                self._orders[0].append((plugin, self._opened(plugin)))
        except BaseException:
            self.close()
            raise
        self._write(0)

    @property
    def address(self) -> int:
        """Address of the chain's record, for compiled code."""
        return int(self.record.ctypes.data)

    @property
    def function(self) -> int:
        """Address of the compiled chain, which has the arguments of ``gate.realtime.process``."""
        return self._compiled.address

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """The plugins in the order that is heard, or will be when changes under way are done."""
        return self._target

    @property
    def running(self) -> tuple[Running, ...]:
        """The running plugins in the order that is heard, or being faded in."""
        return tuple(self.heard.values())

    @property
    def heard(self) -> dict[Plugin, Running]:
        """Plugins and what runs of each, in the order that is heard, or being faded in."""
        return dict(self._orders[int(self.record["wanted"][0])])

    @property
    def at_work(self) -> tuple[Plugin, ...]:
        """All plugins that listen to the sound or are about to: while a change is under way, those that leave too."""
        return tuple(
            {plugin: None for order in self._orders for plugin, _ in order} | dict.fromkeys(self._spare)
        )

    def running_of(self, plugin: Plugin) -> Running:
        """Return what runs of one of ``plugins``: the newest, heard already or about to be.

        Raises:
            KeyError: the plugin is none of them.
        """
        return (dict(self._orders[int(self.record["current"][0])]) | self.heard | self._spare)[plugin]

    @property
    def is_open(self) -> bool:
        """Is the stream open?"""
        return self._open

    @property
    def changing(self) -> bool:
        """Is a change under way, or waiting for one that is? Changes need sound, and ``process`` or ``tend``."""
        return self._changing

    @property
    def latency_samples(self) -> int:
        """Delay of the sound: the sum of all slots, bypassed ones too."""
        return sum(running.latency_samples for running in self.running)

    def process(self, block: NDArray[Any], key: NDArray[Any] | None = None) -> NDArray[Any]:
        """Process the next frames of the sound.

        Args:
            block: (n,) for one channel, or (n, channels); of the stream's type, full scale 1.0; n from 0 up.
            key: as many frames of the external key, (n,) or (n, key_channels), in a stream that was opened for one.

        Returns:
            As many new frames, ``latency_samples`` late, of the same shape.

        Raises:
            ValueError, TypeError: shape or type are not those that the stream was opened for.
            EngineError: the stream is closed.
        """
        if not self._open:
            raise EngineError("expected an open stream, got one that was closed; open the chain again")
        n, frames = len(block) if block.ndim else 0, self.format.frames
        self._check(block, "sound", n, self.format.channels)
        if (key is None) != (self.format.key_channels == 0):
            expected = f"of {self.format.key_channels} channels" if key is None else "none"
            raise ValueError(f"expected a key, {expected}, as the stream was opened for; see key_channels")
        if frames is not None and n != frames:
            raise ValueError(f"{n} frames: expected {frames}, as the stream was opened for; open it without")
        if self._changing:
            self._tend(wait=False)  # a thread that opens a model now must not hold up the sound
        block = np.ascontiguousarray(block)
        out = np.empty_like(block)
        heard = 0
        if key is not None:
            self._check(key, "a key", n, self.format.key_channels)
            key = np.ascontiguousarray(key)
            heard = key.ctypes.data
        wide, key_wide = self.format.channels * block.itemsize, self.format.key_channels * block.itemsize
        most = min([running.most_frames or n for running in self._all()], default=n) or 1
        for begin in range(0, n, most):
            self.wait()
            here, count = begin * wide, min(most, n - begin)
            self.record["key_at"] = heard + begin * key_wide
            self._compiled.call(self.address, block.ctypes.data + here, out.ctypes.data + here, count)
        return out

    def wait(self) -> None:
        """Wait until what works beside the sound, a third-party plugin's process, has caught up.

        ``process`` does so by itself. Callers of the compiled function that are faster than real time call this before
        each call, an audio thread never.

        Raises:
            PluginError: offline, if that process never will.
        """
        for running in self._all():
            running.wait()

    def _check(self, sound: NDArray[Any], what: str, n: int, channels: int) -> None:
        if sound.dtype != self.format.dtype:
            raise TypeError(f"{what} of {sound.dtype}: expected {self.format.dtype}; convert it first")
        if sound.shape != (n, channels) and (channels > 1 or sound.shape != (n,)):
            frames = "frames" if what == "sound" else n
            raise ValueError(f"{what} of {sound.shape}: expected ({frames}, {channels}); shape it so")

    def change(self, plugins: Sequence[Plugin]) -> None:
        """Change to these plugins in this order, as soon as possible: fresh ones listen first, then comes a fade.

        New plugins are opened here, in the caller's time. While a change is under way the next one waits, and only
        the newest.

        Raises:
            GateError, ValueError: as ``Stream``; nothing has changed.
        """
        check(plugins)
        with self._lock:
            known = {plugin for order in self._orders for plugin, _ in order} | set(self._spare)
            fresh: dict[Plugin, Running] = {}
            try:
                for plugin in plugins:
                    if plugin not in known:
                        fresh[plugin] = self._opened(plugin)
            except BaseException:
                for running in fresh.values():
                    running.close()
                raise
            self._spare |= fresh
            self._target, self._changing = tuple(plugins), True
        self.tend()

    def tend(self) -> bool:
        """Continue changes: drop what has faded out, begin what waits. Return whether more is to come.

        ``Running.tend`` is called, too, for what works beside the sound.

        ``process`` does so by itself. Callers of the compiled function call this from another thread, now and then.
        """
        for running in self._all():
            running.tend()
        return self._tend(wait=True)

    def _all(self) -> list[Running]:
        """Return all that sound goes through, in both orders."""
        return [running for order in self._orders for _, running in order]

    def _renew(self, running: Running) -> None:
        """Replace a running plugin by a fresh one, as soon as possible; the newest counts."""
        with self._lock:
            heard = self.heard
            pairs = [*heard.items(), *self._spare.items()]
            plugin = next((plugin for plugin, its in pairs if its is running), None)
            if plugin is None or not self._open:
                return  # it leaves already
            fresh = self._opened(plugin)
            if plugin in self._spare:
                self._spare[plugin].close()
            self._spare[plugin] = fresh
            if plugin in heard:
                self._stale.add(plugin)
            self._changing = True
        self.tend()

    def _opened(self, plugin: Plugin) -> Running:
        running = plugin.open(self.format)
        running.when_stale(self._renew)
        return running

    def _tend(self, wait: bool) -> bool:
        """Continue changes as ``tend`` does; without ``wait`` only if no other thread does."""
        if not self._lock.acquire(blocking=wait):
            return self._changing
        try:
            now, wanted = int(self.record["current"][0]), int(self.record["wanted"][0])
            if not self._changing or now != wanted or not self._open:
                return self._changing
            kept = {id(running) for _, running in self._orders[now]}
            for _, running in self._orders[1 - now]:
                if id(running) not in kept:
                    running.close()
            self._orders[1 - now] = []
            if self._stale or tuple(plugin for plugin, _ in self._orders[now]) != self._target:
                self._begin(now)
                return True
            for running in self._spare.values():
                running.close()
            self._spare.clear()
            self._changing = False
            return False
        finally:
            self._lock.release()

    def reset(self) -> None:
        """Set all states back to the start; parameters and order stay. Not while sound runs, nor during a change.

        Raises:
            EngineError: the stream is closed, or a change is under way.
        """
        if not self._open or self._changing:
            got = "a change under way" if self._open else "one that was closed"
            raise EngineError(
                f"expected an open stream at rest, got {got}; let it play on, or open the chain again"
            )
        self.record["position"] = 0
        for running in self.running:
            running.reset()

    def close(self) -> None:
        """Close every plugin; may be called twice. Not while sound runs."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self._open = False
        closed = {id(running): running for order in self._orders for _, running in order}
        for running in [*closed.values(), *self._spare.values()]:
            running.close()
        self._orders = [[], []]
        self._spare.clear()
        self._stale.clear()
        self._changing = False

    def _begin(self, now: int) -> None:
        """Make the other order what is wanted, with fresh ones between what both share, and ask for it."""
        old = self._orders[now]
        least = min(len(old), len(self._target))
        stays = [plugin if plugin not in self._stale else None for plugin, _ in old]
        before = next((k for k in range(least) if stays[k] is not self._target[k]), least)
        behind = next(
            (k for k in range(least - before) if stays[-1 - k] is not self._target[-1 - k]), least - before
        )
        between = self._target[before : len(self._target) - behind]
        middle = [
            (plugin, self._spare.pop(plugin) if plugin in self._spare else self._opened(plugin))
            for plugin in between
        ]
        self._stale.clear()
        self._orders[1 - now] = [*old[:before], *middle, *old[len(old) - behind :]]
        settle_s = max((plugin.settle_s for plugin, _ in middle), default=0.0)
        late = sum(running.latency_samples for _, running in middle)
        self.record["before"], self.record["behind"] = before, behind
        self.record["listen_frames"] = round(settle_s * self.format.rate) + late
        self._write(1 - now)
        self.record["wanted"] = 1 - now

    def _write(self, order: int) -> None:
        running = [running for _, running in self._orders[order]]
        self.record["counts"][0, order] = len(running)
        self.record["latency"][0, order] = sum(one.latency_samples for one in running)
        for k, one in enumerate(running):
            self.record["slots"][0, order, k] = one.slot_address


def check(plugins: Sequence[Plugin]) -> None:
    """Refuse plugins that cannot be a chain.

    Raises:
        ValueError: too many plugins, or one of them twice.
        TypeError: something is not a plugin.
    """
    for plugin in plugins:
        if not isinstance(plugin, Plugin):
            raise TypeError(
                f"expected plugins, got a {type(plugin).__name__}; give Gate(...) or HighPass(...)"
            )
    if len(plugins) > MOST_SLOTS:
        raise ValueError(f"{len(plugins)} plugins: expected at most {MOST_SLOTS}; make two chains")
    if len({id(plugin) for plugin in plugins}) < len(plugins):
        raise ValueError("one plugin in two slots: expected each once; make another with the same settings")
