"""The compiled classic gate: the law of the LSP gate, sample by sample.

* Key: high-pass and low-pass of 12 dB an octave, then the RMS of each channel over a sliding window, the reactivity;
  the loudest channel counts. So stereo is one gate, which one live channel, or two in antiphase, open as mono does.
* Envelope: one pole up (attack) and one down (release), each of which covers sqrt(1/2) of a step in its time; a new
  highest value starts the hold, during which it does not fall.
* Curve: the gate is shut under the zone and open over Threshold; between them follows a smooth step of the level in dB.
* Hysteresis: once the envelope is over Threshold, a second curve counts, with a threshold and a zone of its own, until
  the envelope is under that zone.
* Range: under 0 dB it is the gain of the shut gate. Over 0 dB the gate ducks: what is over Threshold is turned
  down by Range, and what is under the zone is left alone.

One thing is added: the gain never goes from 0 to 1, or back, in less than 1 ms. So neither an attack of 0 nor a turned
knob clicks.

Source: lsp-plugins-gate 1.0.39 (published behaviour, controls and curves). ``training.judging.laws.lsp`` has the same
law, for judging; a test holds the two together.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.parameters import Knob, Parameter, knobs
from gate.realtime.entry import processor
from gate.realtime.gain import OPENING_MS
from gate.realtime.native import at, carray, native
from gate.realtime.plugins.svf import coefficient, settled, step
from gate.realtime.record import Field, aligned, layout, user_fields


class ClassicKnobs:
    """The knobs of the classic gate: ranges and defaults are LSP's; its hysteresis switch is a hysteresis of 0 here."""

    threshold_db = Knob(Parameter(
        "threshold", "Threshold", "dBFS", -96.0, 0.0, -24.0, "linear", True,
        "level over which the gate is open",
    ))  # fmt: skip
    zone_db = Knob(Parameter(
        "zone", "Zone", "dB", -60.0, 0.0, -6.0, "linear", True,
        "how far under the threshold it is shut; between the two it is half open",
    ))  # fmt: skip
    hysteresis_db = Knob(Parameter(
        "hysteresis", "Hysteresis", "dB", -96.0, 0.0, 0.0, "linear", True,
        "how far under the threshold an open gate begins to shut; 0 is none",
    ))  # fmt: skip
    hysteresis_zone_db = Knob(Parameter(
        "hysteresis-zone", "Hysteresis zone", "dB", -60.0, 0.0, -6.0, "linear", True,
        "how far under that an open gate is shut",
    ))  # fmt: skip
    attack_ms = Knob(Parameter(
        "attack", "Attack", "ms", 0.0, 2000.0, 20.0, "linear", True,
        "time in which the envelope covers 0.71 of a rise",
    ))  # fmt: skip
    hold_ms = Knob(Parameter(
        "hold", "Hold", "ms", 0.0, 1000.0, 0.0, "linear", True,
        "how long the envelope stays where it was highest",
    ))  # fmt: skip
    release_ms = Knob(Parameter(
        "release", "Release", "ms", 0.0, 5000.0, 100.0, "linear", True,
        "time in which the envelope covers 0.71 of a fall",
    ))  # fmt: skip
    range_db = Knob(Parameter(
        "range", "Range", "dB", -72.0, 72.0, -24.0, "linear", True,
        "gain of the shut gate: -inf is silence; over 0 what is loud is turned down by so much",
        smoothing_ms=1.0, silence=True,
    ))  # fmt: skip
    key_high_pass_hz = Knob(Parameter(
        "key-high-pass", "Key high-pass", "Hz", 0.0, 20_000.0, 0.0, "linear", True,
        "the key hears nothing below this frequency; 0 is none; 12 dB an octave",
    ))  # fmt: skip
    key_low_pass_hz = Knob(Parameter(
        "key-low-pass", "Key low-pass", "Hz", 0.0, 20_000.0, 0.0, "linear", True,
        "the key hears nothing above this frequency; 0 is none; 12 dB an octave",
    ))  # fmt: skip
    reactivity_ms = Knob(Parameter(
        "reactivity", "Reactivity", "ms", 0.0, 250.0, 10.0, "linear", False,
        "window over which the key's level is taken",
    ))  # fmt: skip
    lookahead_ms = Knob(Parameter(
        "lookahead", "Lookahead", "ms", 0.0, 20.0, 0.0, "linear", False,
        "delay of the sound against the key",
    ))  # fmt: skip


FIELDS = (
    # -- what the user sets
    *user_fields(knob.parameter for knob in knobs(ClassicKnobs).values()),
    # -- what people look at
    Field("level_db", "f8", (), "engine", "the envelope at the end of the newest call, dBFS"),
    Field("gain_db", "f8", (), "engine", "the gain there, dB, -inf for 0"),
    # -- state
    Field("position", "i8", (), "engine", "host frames processed"),
    Field("envelope", "f8", (), "engine", "linear"),
    Field("highest", "f8", (), "engine", "of the envelope since it last fell"),
    Field("hold_left", "i8", (), "engine", "frames"),
    Field("risen", "i8", (), "engine", "1 while the second curve counts"),
    Field("gain", "f8", (), "engine", "of the newest sample"),
    Field("code", "i8", (), "engine", "which sources the running code was compiled from"),
    # -- setup
    Field("rate", "i8", (), "setup", "of the sound, Hz"),
    Field("channels", "i8", (), "setup", "of the sound"),
    Field("window", "i8", (), "setup", "frames of the reactivity"),
    Field("delay", "i8", (), "setup", "frames of the lookahead"),
    Field("squares_at", "i8", (), "setup", "float64 [channel][window], a ring each"),
    Field(
        "sums_at",
        "i8",
        (),
        "setup",
        "float64 [channel][2]: sum of the window's squares, and the part of it since the ring's beginning, so that nothing "
        "drifts",
    ),
    Field("filters_at", "i8", (), "setup", "float64 [channel][4]: the key's filters"),
    Field("delay_at", "i8", (), "setup", "[delay][channel] in the sound's own type, a ring"),
)
"""The record, field by field."""

CLASSIC_RECORD = layout(FIELDS)
"""The record's type."""

COVERED = np.sqrt(0.5)
"""Share of a step that attack and release cover in their time: -3 dB of it."""

DEEPEST_DB = -120.0
"""A range of -inf counts as this inside the zone, where the gain lies between its ends."""

SILENT = 1e-15
"""An envelope under this is 0 (-300 dBFS)."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``CLASSIC_RECORD``."""
    return aligned(1, CLASSIC_RECORD)


def _make(code: int) -> Any:
    def classic(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        if n == 0:
            return
        source, sound = carray(x, (n * r.channels,)), carray(out, (n * r.channels,))
        _run(r, source, sound, n)

    return classic


compiled = processor(CLASSIC_RECORD, _make)
"""The compiled classic gate, for sound of float32 or float64."""


@native
def _run(r: Any, x: Any, y: Any, n: Any) -> None:
    """Gate all frames of a call."""
    channels, delay = r.channels, r.delay
    ring = carray(at(r.delay_at, x.dtype), (delay * channels,))
    low_g = coefficient(r.key_low_pass, r.rate) if r.key_low_pass > 0.0 else 0.0
    high_g = coefficient(r.key_high_pass, r.rate) if r.key_high_pass > 0.0 else 0.0
    attack, release = _share(r.attack, r.rate), _share(r.release, r.rate)
    hold = np.int64(np.floor(r.hold * r.rate / 1000.0 + 0.5))
    most = 1000.0 / (OPENING_MS * r.rate)
    fall = r.threshold + r.hysteresis
    levels = (
        10.0 ** (r.threshold / 20.0),
        10.0 ** ((r.threshold + r.zone) / 20.0),
        10.0 ** (fall / 20.0),
        10.0 ** ((fall + r.hysteresis_zone) / 20.0),
    )
    floor = _gain(0.0, r.range)
    if r.position == 0:
        r.gain = floor
    for i in range(n):
        _follow(r, _key(r, x, i, high_g, low_g), attack, release, hold)
        envelope = r.envelope
        if r.risen == 1 and (r.hysteresis == 0.0 or envelope < levels[3]):
            r.risen = 0
        elif r.risen == 0 and r.hysteresis < 0.0 and envelope > levels[0]:
            r.risen = 1
        end, start = (levels[2], levels[3]) if r.risen == 1 else (levels[0], levels[1])
        if envelope >= end:
            goal = _gain(1.0, r.range)
        elif envelope <= start:
            goal = floor
        else:
            top, zone = (fall, r.hysteresis_zone) if r.risen == 1 else (r.threshold, r.zone)
            u = (20.0 * np.log10(envelope) - top - zone) / -zone
            goal = _gain(u * u * (3.0 - 2.0 * u), r.range)
        r.gain = goal if abs(goal - r.gain) <= most else r.gain + (most if goal > r.gain else -most)
        place = (r.position + i) % delay * channels if delay > 0 else 0
        for c in range(channels):
            k = i * channels + c
            value = x[k] if np.isfinite(x[k]) else x.dtype.type(0)
            if delay > 0:
                ring[place + c], value = value, ring[place + c]
            y[k] = value * r.gain if r.gain != 0.0 else 0.0
    r.position += n
    r.level_db = 20.0 * np.log10(max(r.envelope, SILENT))
    r.gain_db = 20.0 * np.log10(r.gain) if r.gain > 0.0 else -np.inf


@native
def _share(time_ms: Any, rate: Any) -> Any:
    """Return the share of a distance to cover in one frame, so that ``COVERED`` of it is covered in ``time_ms``."""
    frames = time_ms * rate / 1000.0
    return 1.0 - (1.0 - COVERED) ** (1.0 / frames) if frames > 0.0 else 1.0


@native
def _gain(openness: Any, range_db: Any) -> Any:
    """Return the gain at an openness from 0 to 1: exactly 1 where the sound is left alone."""
    if range_db > 0.0:
        return 10.0 ** (-range_db * openness / 20.0) if openness > 0.0 else 1.0
    if openness >= 1.0:
        return 1.0
    if openness <= 0.0:
        return 10.0 ** (range_db / 20.0)
    return 10.0 ** (max(range_db, DEEPEST_DB) * (1.0 - openness) / 20.0)


@native
def _key(r: Any, x: Any, i: Any, high_g: Any, low_g: Any) -> Any:
    """Return the RMS of the key's loudest channel over the window that ends with frame i."""
    channels = r.channels
    filters = carray(at(r.filters_at, np.float64), (channels, 4), np.float64)
    squares = carray(at(r.squares_at, np.float64), (channels, r.window), np.float64)
    sums = carray(at(r.sums_at, np.float64), (channels, 2), np.float64)
    place = (r.position + i) % r.window
    loudest = 0.0
    for c in range(channels):
        value = np.float64(x[i * channels + c])
        if not np.isfinite(value):
            value = np.float64(0.0)
        mine = filters[c]
        if high_g > 0.0:
            _, value, mine[0], mine[1] = step(value, high_g, mine[0], mine[1])
        if low_g > 0.0:
            value, _, mine[2], mine[3] = step(value, low_g, mine[2], mine[3])
        power = value * value
        if place == 0:  # all squares of the window have come in since the last time: the sum begins again
            sums[c, 0], sums[c, 1] = sums[c, 1], 0.0
            for k in range(4):
                mine[k] = settled(mine[k])
        sums[c, 1] += power
        sums[c, 0] = max(sums[c, 0] + power - squares[c, place], 0.0)
        squares[c, place] = power
        loudest = max(loudest, sums[c, 0])
    return np.sqrt(loudest / r.window)


@native
def _follow(r: Any, level: Any, attack: Any, release: Any, hold: Any) -> None:
    """Move the envelope by one step."""
    distance = level - r.envelope
    if distance >= 0.0:
        r.envelope += attack * distance
        if r.envelope >= r.highest:
            r.highest, r.hold_left = r.envelope, hold
    elif r.hold_left > 0:
        r.hold_left -= 1
    else:
        r.envelope += release * distance
        if not r.envelope > SILENT:
            r.envelope = 0.0
        r.highest = r.envelope
