"""A chain of plugins for use in Python: on a whole sound, or opened for a sound without an end.

    from gate import Chain, Gate, HighPass

    chain = Chain([HighPass(80), Gate("voice", threshold_db=-45)])
    clean = chain(audio, rate)                      # (n,) or (n, channels); as long as it was, nothing late

    with chain.open(rate, channels=1) as stream:    # block by block, stream.latency_samples late
        for block in blocks:
            play(stream.process(block))

Sound is (n,) or (n, channels), as files are read; never (channels, n).
"""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gate.chain.automation import Automation, Points
from gate.chain.stream import Stream, check
from gate.constants import BLOCK, MAX_CHANNELS, RATE
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format

if TYPE_CHECKING:
    from gate.session.session import Session

PIECE = 25_600
"""Frames in one call on a whole sound: 256 blocks of 100."""


class Chain:
    """Plugins, one after another. It can be changed while it is open: ``insert``, ``remove``, ``move``, ``bypassed``."""

    def __init__(self, plugins: Iterable[Plugin] = ()) -> None:
        """Take plugins in the order in which sound goes through them.

        Raises:
            TypeError, ValueError: something is not a plugin, or is there twice, or there are more than 32.
        """
        self._plugins: list[Plugin] = list(plugins)
        check(self._plugins)
        self._streams: weakref.WeakSet[Stream] = weakref.WeakSet()

    @classmethod
    def of(cls, session: "Session") -> "Chain":
        """Make the chain of a session: its gate as it is set, between its slots.

        Raises:
            GateError: a preset, a model or a plugin is not available.
        """
        from gate.plugins.learned import Gate
        from gate.plugins.registry import from_dict
        from gate.session.session import BYPASS

        gate = Gate(session.preset, guard_model=session.guard_model)
        for id, value in session.parameters:
            if id == BYPASS:
                gate.bypassed = bool(value)
            else:
                gate.set(id, value)
        before, after = (
            [from_dict(slot.table()) for slot in slots] for slots in (session.before, session.after)
        )
        return cls([*before, gate, *after])

    def __call__(
        self,
        audio: NDArray[Any],
        rate: int,
        *,
        automation: Mapping[Plugin, Mapping[str, Points]] | None = None,
        key: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Run a whole sound through the chain, from a fresh start; every delay is taken out again.

        Args:
            audio: (n,) or (n, channels), float32 or float64, full scale 1.0; 1 to 32 channels.
            rate: Hz, whole, 8000 to 192000.
            automation: parameters that move: for each plugin the attribute's name and points (seconds, value); see
                ``gate.chain.automation``. The plugins have their old values afterwards. A block at a time is slower.
            key: another sound, as long and of the same rate, (n,) or (n, channels): gates listen to it in place of what
                they gate.

        Returns:
            The same shape and type.

        Raises:
            TypeError, ValueError: audio, rate or a curve is not valid.
            AttributeError: a plugin has no such parameter to move.
            GateError: a model is not available or does not run.
        """
        sound = _frames(audio)
        moves = Automation(automation, self._plugins) if automation else None
        frames = PIECE if moves is None else BLOCK if rate == RATE else None
        format = Format(
            rate,
            sound.shape[1],
            sound.dtype,
            frames=frames,
            offline=True,
            by_block=moves is not None,
            key_channels=0 if key is None else _frames(key).shape[1],
        )
        n = len(sound)
        outside = None if key is None else _frames(key).astype(sound.dtype, copy=False)
        if outside is not None and len(outside) != n:
            raise ValueError(f"a key of {len(outside)} frames for {n}: expected as many; cut or pad it")
        with Stream(self._plugins, format, most_frames=PIECE) as stream:
            late = stream.latency_samples
            whole = -(-(n + late) // PIECE) * PIECE
            out = np.empty((whole + PIECE, sound.shape[1]), sound.dtype)
            for begin, end in _pieces(whole) if moves is None else moves.over(stream, n + late):
                heard = None if outside is None else _cut(outside, begin, end)
                out[begin:end] = stream.process(_cut(sound, begin, end), heard)
            stream.wait()  # a plugin's own process may have failed after the last call
        return out[late : late + n].reshape(audio.shape)

    def open(
        self,
        rate: int,
        channels: int = 1,
        *,
        dtype: Any = np.float32,
        frames: int | None = None,
        key_channels: int = 0,
    ) -> Stream:
        """Open the chain for a sound without an end; the caller closes the stream.

        Args:
            rate: Hz, whole, 8000 to 192000.
            channels: 1 to 32.
            dtype: float32 or float64.
            frames: of every block, where they are all the same; None: any number. Plugins that work in blocks delay
                less when they know.
            key_channels: of an external key, 1 to 32, which each call of ``process`` is given beside its block: gates
                listen to it in place of what they gate. 0: there is none.

        Raises:
            TypeError, ValueError: an argument is not valid.
            GateError: a model is not available or does not run.
        """
        format = Format(rate, channels, np.dtype(dtype), frames, key_channels=key_channels)
        stream = Stream(self._plugins, format)
        self._streams.add(stream)
        return stream

    def append(self, plugin: Plugin) -> None:
        """Add a plugin at the end."""
        self.insert(len(self._plugins), plugin)

    def insert(self, index: int, plugin: Plugin) -> None:
        """Add a plugin before the one at ``index``; open streams fade it in."""
        plugins = self._plugins.copy()
        plugins.insert(index, plugin)
        self._change(plugins)

    def remove(self, plugin: Plugin | int) -> Plugin:
        """Take a plugin out, by itself or by its number; open streams fade it out. Return the plugin."""
        plugins = self._plugins.copy()
        gone = plugins.pop(self._index(plugin))
        self._change(plugins)
        return gone

    def move(self, plugin: Plugin | int, to: int) -> None:
        """Put a plugin, by itself or by its number, in another place; open streams fade from order to order."""
        plugins = self._plugins.copy()
        plugins.insert(to, plugins.pop(self._index(plugin)))
        self._change(plugins)

    def __len__(self) -> int:
        """Return the number of plugins."""
        return len(self._plugins)

    def __getitem__(self, index: int) -> Plugin:
        """Return a plugin by its number."""
        return self._plugins[index]

    def __iter__(self) -> Iterator[Plugin]:
        """Return an iterator over the plugins, in order."""
        return iter(tuple(self._plugins))

    def __repr__(self) -> str:
        """Return the chain as one would write it."""
        return f"Chain([{', '.join(map(repr, self._plugins))}])"

    def _index(self, plugin: Plugin | int) -> int:
        if isinstance(plugin, int):
            return range(len(self._plugins))[plugin]
        for k, mine in enumerate(self._plugins):
            if mine is plugin:
                return k
        raise ValueError(f"expected a plugin of this chain, got {plugin!r}; give one of them, or its number")

    def _change(self, plugins: list[Plugin]) -> None:
        """Take the new order, in all open streams or in none."""
        check(plugins)
        streams = [stream for stream in self._streams if stream.is_open]
        for k, stream in enumerate(streams):
            try:
                stream.change(plugins)
            except BaseException:
                for earlier in streams[:k]:
                    earlier.change(self._plugins)
                raise
        self._plugins = plugins


def _pieces(frames: int) -> Iterator[tuple[int, int]]:
    return ((begin, begin + PIECE) for begin in range(0, frames, PIECE))


def _cut(sound: NDArray[Any], begin: int, end: int) -> NDArray[Any]:
    """Return frames begin..end-1, with zeros after the sound's end."""
    piece = sound[begin:end]
    if len(piece) == end - begin:
        return piece
    return np.concatenate([piece, np.zeros((end - begin - len(piece), sound.shape[1]), sound.dtype)])


def _frames(audio: NDArray[Any]) -> NDArray[Any]:
    """Return a sound as (n, channels) in C order, or raise an error that says why not."""
    if not isinstance(audio, np.ndarray):
        raise TypeError(
            f"a {type(audio).__name__}: expected a numpy array of float32 or float64; make it one"
        )
    if audio.dtype not in (np.float32, np.float64):
        raise TypeError(
            f"sound of {audio.dtype}: expected float32 or float64, full scale 1.0; convert it first"
        )
    if audio.ndim not in (1, 2):
        raise ValueError(f"sound of {audio.shape}: expected (n,) or (n, channels); shape it so")
    if audio.ndim == 2 and audio.shape[1] > MAX_CHANNELS >= audio.shape[0]:
        raise ValueError(
            f"sound of {audio.shape}: expected (n, channels), at most {MAX_CHANNELS} of them; turn it round with .T"
        )
    return np.ascontiguousarray(audio if audio.ndim == 2 else audio[:, None])
