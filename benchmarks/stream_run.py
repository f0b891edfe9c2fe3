"""One run of ``gate-bench stream``, in a process of its own: one player, one load, a while of sound."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from benchmarks.stream_loads import LOADS
from gate.errors import SoundDeviceError

SUBJECTS = ("floor", "gate", "python")

SETTLE_S = 0.5
"""Beginning of every stream, which is not counted."""

PATIENCE_S = 300.0
"""Time in which a run has to end, more than it takes: then the system ends it, whatever it waits for."""


def in_child(
    subject: str,
    load: str,
    rate_hz: int | None,
    seconds: float,
    preset: str,
    input: str | None,
    output: str | None,
) -> dict[str, Any]:
    """Return what was counted in so many seconds, or {"refused": why} where the sound system refuses the stream.

    Args:
        subject: one of ``SUBJECTS``.
        load: one of ``LOADS``.
        rate_hz: Hz; None is the device's own.
        seconds: to measure, after half a second that is not.
        preset: name, folder or file.
        input: device, as ``gate.soundsystem.devices`` takes it; None is the default one.
        output: device.
    """
    from gate.live.player import Player
    from gate.modelfile import preset as presets
    from gate.soundsystem.devices import resolve_pair
    from gate.soundsystem.stream import Stream

    if hasattr(signal, "alarm"):
        signal.alarm(round(PATIENCE_S + 2.0 * seconds))
    contract = presets.resolve(preset).contract

    def factory(rate: int, inputs: int, outputs: int) -> Any:
        from benchmarks.stream_players import NativePlayer

        if subject != "python":
            return NativePlayer(contract, rate, copies=subject == "floor")
        from benchmarks.stream_python import PythonPlayer

        return PythonPlayer(contract, rate, SETTLE_S + 2.0 * seconds + 10.0)

    try:
        source, sink = resolve_pair(input, output)
        stream = Stream(source, sink, rate_hz, 1, 1, factory, native=subject != "python")
    except SoundDeviceError as error:
        return {"refused": str(error)}
    # the load ends before the stream: a Python callback that gets no turn cannot be closed
    with stream, LOADS[load]() as work:
        player: Any = stream.player
        work.wait(SETTLE_S)
        drawn, begun = work.drawn, time.monotonic()
        player.begin()
        work.wait(seconds)
        found = player.end()
        lasted_s, ended = time.monotonic() - begun, not stream.active
        facts, priority, drawn = stream.facts, _has_priority(), work.drawn - drawn
        frames = _buffer_frames(player, stream)
    native = isinstance(player, Player)
    engine = player.engine.record[0] if native else {"model_errors": 0, "fallback": 0}
    return {
        **{key: value.tolist() if hasattr(value, "tolist") else value for key, value in found.items()},
        "seconds": lasted_s,
        "ended": ended,
        "drawn": drawn,
        "buffer_frames": frames,
        "rate_hz": facts.rate_hz,
        "host_api": facts.host_api,
        "devices": [facts.input, facts.output],
        "native": facts.native,
        "real_time_priority": priority,
        "model_errors": int(engine["model_errors"]),
        "fallback": int(engine["fallback"]),
    }


def _buffer_frames(player: Any, stream: Any) -> int:
    """Return the frames of a buffer: what the sound system says, or the callback's newest one; 0: nobody knows."""
    if stream.port is not None and stream.port.buffer_frames:
        return int(stream.port.buffer_frames)
    record = getattr(player, "record", None)
    return 0 if record is None else int(record["newest_frames"][0])


def _has_priority() -> bool | None:
    """Return whether any thread of this process has real-time priority; None where the system does not say."""
    if not (hasattr(os, "sched_getscheduler") and Path("/proc/self/task").is_dir()):
        return None
    threads = [int(path.name) for path in Path("/proc/self/task").iterdir()]
    reset = getattr(os, "SCHED_RESET_ON_FORK", 0)
    return any(os.sched_getscheduler(t) & ~reset in (os.SCHED_FIFO, os.SCHED_RR) for t in threads)
