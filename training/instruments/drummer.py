"""What a drummer plays: strokes in time, with metre, swing, ghost notes, flams, rolls, fills and rests.

Only time and force are made here; ``training.instruments.drum_scenes`` gives them drums. A part is "kick", "snare", "rim"
(rimshot), "side" (cross-stick), "tom0" (highest) to "tom3", "closed", "open", "pedal" (hi-hat), "ride", "bell"
or "crash". Force is in dB under a full stroke.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from training.instruments.drummer_habits import CHANCES, HANDS, HANDS_OFTEN, METRES, METRES_OFTEN
from training.sounds.recipe import Rng, log_uniform

Lead = Literal["snare", "kick", "toms", "kit"]
TOMS = 4

SILENCE_S = 4.0
"""A drummer who waits for longer than this would be no use in a scene of 10 s."""


@dataclass(frozen=True)
class Stroke:
    """One stroke: when in seconds, on what, how far under a full one."""

    at_s: float
    part: str
    db: float


@dataclass
class _Hand:
    """How one drummer plays today: what stays the same through a scene."""

    beats: int
    steps: int
    step_s: float
    swing: float
    sloppy_s: float
    uneven_db: float
    late_s: dict[str, float]


def groove(rng: Rng, seconds: float, lead: Lead = "kit") -> tuple[list[Stroke], str]:
    """Draw some seconds of playing; ``lead`` is the part that the scene is about, so that it is there.

    Returns:
        Strokes by time (a few may lie outside), and metre and tempo in words.
    """
    metre = list(METRES)[int(rng.choice(len(METRES), p=METRES_OFTEN))]
    beats, steps = METRES[metre]
    bpm = log_uniform(rng, *CHANCES.bpm)
    beat_s = 60.0 / bpm * {"6/8": 1.5, "7/8": 0.5}.get(metre, 1.0)
    hand = _Hand(
        beats=beats,
        steps=steps,
        step_s=beat_s / steps,
        swing=float(rng.choice([0.0, rng.uniform(0.0, 0.33)])) if steps == 4 else 0.0,
        sloppy_s=log_uniform(rng, 0.0015, 0.01),
        uneven_db=float(rng.uniform(0.8, 3.0)),
        late_s={
            "snare": rng.normal(0.003, 0.005),
            "kick": rng.normal(0.0, 0.003),
            "hat": rng.normal(0.0, 0.004),
        },
    )
    strokes: list[Stroke] = []
    bar_s = beat_s * beats
    at = -rng.uniform(0.0, bar_s)
    crash_next = rng.random() < CHANCES.crash_first
    while at < seconds:
        style = _style(rng, hand, lead)
        loud_db = float(rng.uniform(-7.0, 0.0))
        bars = int(rng.choice([1, 2, 4, 4, 8]))
        if style["hands"] == "snare":
            bars = min(bars, 2)
        if style["hands"] == "silence":
            bars = max(1, min(bars, int(SILENCE_S / bar_s)))
        for bar in range(bars):
            if at >= seconds:
                break
            hand.step_s *= float(np.exp(rng.normal(0.0, 0.004)))  # nobody is a clock
            played = _bar(rng, hand, style, lead, bar)
            if crash_next:
                played += [(0.0, "crash", rng.uniform(-4.0, 0.0)), (0.0, "kick", rng.uniform(-2.0, 0.0))]
            crash_next = False
            every = 2 if lead in ("toms", "snare") else 4
            due = bar % every == every - 1 or rng.random() < CHANCES.fill_anywhere
            fills = CHANCES.fill_of_toms if lead == "toms" else CHANCES.fill
            if style["hands"] != "silence" and due and rng.random() < fills:
                start, fill = _fill(rng, hand, lead)
                played = [s for s in played if s[0] < start - 0.01 or s[1] in ("kick", "pedal")] + fill
                crash_next = rng.random() < CHANCES.crash_after_fill
            for step, part, db in played:
                strokes.append(_human(rng, hand, at, step, part, db + loud_db))
            at += hand.step_s * beats * steps
    strokes = _graced(rng, strokes, flams=CHANCES.flam if lead == "kit" else CHANCES.flam_of_lead)
    return sorted(strokes, key=lambda s: s.at_s), f"{metre} {bpm:.0f}"


def _style(rng: Rng, hand: _Hand, lead: Lead) -> dict[str, Any]:
    """Draw how the next few bars go."""
    total, beats, steps = hand.beats * hand.steps, hand.beats, hand.steps
    eighths = steps // 2 if steps in (2, 4, 6) else 1
    slow = hand.step_s > 0.11
    back = {4: (1, 3), 3: (1, 2), 2: (1,), 5: (1, 3), 7: (2, 4)}[beats]
    if beats == 4 and rng.random() < CHANCES.half_time:
        back = (2,)  # half time
    kicks = rng.random(total) < np.array(
        [
            CHANCES.kick_first if s == 0 else CHANCES.kick_back if s // steps in back and s % steps == 0 else
            CHANCES.kick_beat if s % steps == 0 else
            CHANCES.kick_eighth if s % max(eighths, 1) == 0 else CHANCES.kick_else
            for s in range(total)
        ]
    )  # fmt: skip
    which = rng.random()
    if which < CHANCES.four_on_the_floor:  # four on the floor
        kicks = np.arange(total) % steps == 0
    elif which < CHANCES.both_feet and lead in ("kick", "kit") and hand.step_s > 0.075:  # both feet
        kicks = (
            (np.arange(total) // steps) % 2 == int(rng.integers(2))
            if rng.random() < CHANCES.feet_by_beats
            else kicks | True
        )
    pulse = int(rng.choice([eighths, steps, 1])) if slow else int(rng.choice([eighths, steps]))
    return {
        "hands": HANDS[int(rng.choice(len(HANDS), p=HANDS_OFTEN[lead]))],
        "pulse": max(pulse, 1),
        "back": back,
        "kicks": kicks,
        "voice": "side"
        if slow and rng.random() < CHANCES.side
        else "rim"
        if rng.random() < CHANCES.rim
        else "snare",
        "ghosts": float(rng.choice([0.0, 0.06, 0.2, 0.4])) if slow else float(rng.choice([0.0, 0.05])),
        "opens": float(rng.choice([0.0, 0.05, 0.2])),
        "foot": rng.random() < CHANCES.foot,
        "tom_pattern": rng.random(total) < (CHANCES.tom_slow if slow else CHANCES.tom_fast),
        "tom_way": rng.integers(0, TOMS, total),
        "half open": rng.random() < CHANCES.half_open,
        "roll": rng.random(),
    }


def _bar(
    rng: Rng, hand: _Hand, style: dict[str, Any], lead: Lead, bar: int
) -> list[tuple[float, str, float]]:
    """Draw the strokes of one bar as (step, part, dB)."""
    played: list[tuple[float, str, float]] = []
    total, steps = hand.beats * hand.steps, hand.steps
    hands = style["hands"]
    if hands == "silence":
        if style["foot"]:
            played = [(float(b * steps), "pedal", -6.0) for b in range(hand.beats)]
        if rng.random() < CHANCES.waits_with_a_stroke:
            played.append((0.0, "kick" if lead != "toms" else "tom2", -1.0))
        return played
    if hands == "snare" and lead == "snare" and style["roll"] < CHANCES.roll:
        length = total * hand.step_s
        start = float(rng.choice([0.0, total / 2]))
        played += [
            (start + t / hand.step_s, "snare", db) for t, db in roll(rng, length * (1 - start / total))
        ]
        return [*played, (0.0, "kick", -2.0)]
    for step in range(total):
        beat, on = step // steps, step % steps == 0
        back = on and beat in style["back"]
        if style["kicks"][step] and rng.random() > CHANCES.kick_missed:
            played.append((step, "kick", -rng.uniform(0.0, 3.0) - (0.0 if on else 2.0)))
            if hand.step_s > 0.14 and rng.random() < CHANCES.double:  # a double, half a step on
                played.append((step + 0.5, "kick", -rng.uniform(2.0, 5.0)))
        if hands == "toms":
            if back and rng.random() < CHANCES.snare_with_toms:
                played.append((step, "snare", -rng.uniform(0.0, 3.0)))
            elif style["tom_pattern"][step]:
                played.append(
                    (step, f"tom{style['tom_way'][step]}", -rng.uniform(0.0, 4.0) - (0 if on else 3.0))
                )
        elif hands == "snare":
            accent = on or rng.random() < CHANCES.accent
            if accent or rng.random() < CHANCES.snare_step:
                played.append((step, "snare", -rng.uniform(0.0, 3.0) if accent else -rng.uniform(7.0, 18.0)))
        elif back and rng.random() > CHANCES.back_missed:
            played.append((step, style["voice"], -rng.uniform(0.0, 3.0)))
        elif rng.random() < style["ghosts"] and not back:
            played.append((step, "snare", -rng.uniform(13.0, 26.0)))
        jazz = steps == 3 and (on or (step % 3 == 2 and beat % 2 == 1))
        if hands in ("hat", "ride", "crash ride") and (jazz if steps == 3 else step % style["pulse"] == 0):
            db = -rng.uniform(0.0, 3.0) - (0.0 if on else 3.5)
            if hands == "hat":
                opened = style["half open"] or (not on and rng.random() < style["opens"])
                played.append((step, "open" if opened else "closed", db))
            elif hands == "ride":
                played.append((step, "bell" if on and rng.random() < CHANCES.bell else "ride", db))
            else:
                played.append((step, "crash" if on else "ride", db - 4.0))
        if on and style["foot"] and hands != "hat" and (beat % 2 == 1 or hand.beats != 4):
            played.append((step, "pedal", -rng.uniform(2.0, 6.0)))
    return played


def _fill(rng: Rng, hand: _Hand, lead: Lead) -> tuple[float, list[tuple[float, str, float]]]:
    """Draw the end of a bar, played over snare and toms: (first step, strokes)."""
    total = hand.beats * hand.steps
    length = min(float(hand.steps * rng.choice([1, 1, 2, 2, hand.beats])), float(total))
    start = total - length
    choices = [n for n in (0.5, 2 / 3, 1.0, 4 / 3, 2.0) if 0.055 <= n * hand.step_s <= 0.3] or [1.0]
    each = float(rng.choice(choices))
    count = max(int(length / each), 2)
    if rng.random() < CHANCES.fill_is_a_roll:
        part = "snare" if lead == "snare" or rng.random() < CHANCES.roll_on_snare else "tom3"
        return start, [(start + t / hand.step_s, part, db) for t, db in roll(rng, length * hand.step_s)]
    shape = rng.random()
    way = (
        np.sort(rng.integers(-1, TOMS, count))
        if shape < CHANCES.fill_goes_down
        else rng.integers(-1, TOMS, count)
    )
    if lead == "toms":
        way = np.maximum(way, rng.integers(0, 2))
    elif shape > CHANCES.fill_on_snare_from:
        way[:] = -1
    rise = rng.uniform(-2.0, 6.0)
    fill = []
    for i in range(count):
        if rng.random() < CHANCES.fill_gap:
            continue
        db = -rise * (1.0 - i / count) - rng.uniform(0.0, 3.0) - (2.0 if i % 2 else 0.0)
        fill.append((start + i * each, "snare" if way[i] < 0 else f"tom{way[i]}", min(db, 0.0)))
        if rng.random() < CHANCES.kick_in_fill and each * hand.step_s > 0.1:  # a kick between the hands
            fill.append((start + (i + 0.5) * each, "kick", -2.0))
    return start, fill


def roll(rng: Rng, seconds: float) -> list[tuple[float, float]]:
    """Draw a roll: (seconds, dB) of its strokes, even, getting faster or getting slower, swelling or dying."""
    first, last = log_uniform(rng, 0.03, 0.14), log_uniform(rng, 0.03, 0.14)
    if rng.random() < CHANCES.even_roll:
        last = first
    from_db, to_db = rng.uniform(-20.0, -2.0), rng.uniform(-8.0, 0.0)
    if rng.random() < CHANCES.dying_roll:
        from_db, to_db = to_db, from_db
    strokes, t, count = [], 0.0, 0
    while t < seconds:
        share = t / seconds
        strokes.append((t, from_db + (to_db - from_db) * share - (2.5 if count % 4 > 1 else 0.0)))
        t += first * (last / first) ** share
        count += 1
    return strokes


def _human(rng: Rng, hand: _Hand, bar_at: float, step: float, part: str, db: float) -> Stroke:
    """Put a stroke where and as hard as a hand does."""
    swung = hand.swing if hand.steps == 4 and step % 2 == 1 else 0.0
    late = hand.late_s.get("hat" if part in ("closed", "open", "ride") else part, 0.0)
    at = bar_at + (step + swung) * hand.step_s + late + float(rng.normal(0.0, hand.sloppy_s))
    return Stroke(at, part, db + float(rng.normal(0.0, hand.uneven_db)))


def _graced(rng: Rng, strokes: list[Stroke], flams: float) -> list[Stroke]:
    """Add grace notes to some of the louder strokes of snare and toms: flams, and drags of two."""
    graces = []
    for s in strokes:
        if s.part.startswith(("snare", "tom")) and s.db > -9.0 and rng.random() < flams:
            early = rng.uniform(0.012, 0.035)
            graces.append(Stroke(s.at_s - early, s.part, s.db - rng.uniform(6.0, 14.0)))
            if rng.random() < CHANCES.drag:
                graces.append(
                    Stroke(s.at_s - early - rng.uniform(0.025, 0.05), s.part, s.db - rng.uniform(8.0, 16.0))
                )
    return strokes + graces
