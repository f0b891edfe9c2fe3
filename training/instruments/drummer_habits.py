"""How often drummers do what: every chance that ``training.instruments.drummer`` draws by, with its reason."""

from dataclasses import dataclass

METRES = {"4/4": (4, 4), "shuffle": (4, 3), "3/4": (3, 4), "6/8": (2, 6), "5/4": (5, 4), "7/8": (7, 2)}
"""Beats of a bar, and steps of a beat."""
METRES_OFTEN = (0.6, 0.13, 0.07, 0.1, 0.05, 0.05)
"""How often each."""

HANDS = ("hat", "ride", "crash ride", "toms", "snare", "none", "silence")
"""What a drummer's hands do for some bars."""
HANDS_OFTEN = {
    "kit": (0.5, 0.25, 0.06, 0.06, 0.03, 0.04, 0.06),
    "snare": (0.46, 0.24, 0.07, 0.04, 0.07, 0.03, 0.09),
    "kick": (0.45, 0.24, 0.08, 0.04, 0.02, 0.07, 0.1),
    "toms": (0.3, 0.14, 0.05, 0.36, 0.02, 0.03, 0.1),
}
"""How often each, by what the scene is about: toms are seldom played otherwise."""


@dataclass(frozen=True)
class Chances:
    """How drummers play. Chances are shares of 1; tempos (least, most)."""

    bpm: tuple[float, float] = (60.0, 200.0)
    crash_first: float = 0.5
    """A scene begins with a crash, as a song's part does."""
    fill_anywhere: float = 0.1
    """A fill may come in any bar, not only in every second or fourth."""
    fill: float = 0.5
    """A fill comes where it may."""
    fill_of_toms: float = 0.75
    """The same where the scene is about toms: they are played in fills."""
    crash_after_fill: float = 0.7
    half_time: float = 0.2
    """The backbeat is on three alone."""
    kick_first: float = 1.0
    """A step of the kick's pattern is played: on one, on the backbeat, on other beats, on eighths, in between."""
    kick_back: float = 0.02
    kick_beat: float = 0.5
    kick_eighth: float = 0.28
    kick_else: float = 0.1
    four_on_the_floor: float = 0.14
    """The kick is on every beat; the next chance is of the same lot, so it is its step over this one."""
    both_feet: float = 0.22
    """Two pedals, where the tempo lets feet do it: metal."""
    feet_by_beats: float = 0.7
    """Two pedals play on every other beat and not all through."""
    side: float = 0.15
    """The backbeat is a cross-stick, in slow songs."""
    rim: float = 0.3
    """It is a rimshot."""
    foot: float = 0.4
    """The hat's pedal keeps time."""
    tom_slow: float = 0.35
    """A step of a pattern on toms is played: in slow songs, and in fast ones."""
    tom_fast: float = 0.25
    half_open: float = 0.15
    """The hat stays half open: loud songs."""
    waits_with_a_stroke: float = 0.4
    """A bar of silence begins with one stroke."""
    roll: float = 0.4
    """Where the hands are on the snare, they play a roll."""
    kick_missed: float = 0.06
    """A stroke is left out: feet tire, and hands a little less."""
    back_missed: float = 0.04
    double: float = 0.06
    """A second kick half a step later, in slow songs."""
    snare_with_toms: float = 0.5
    """The backbeat stays on the snare while the hands are on the toms."""
    accent: float = 0.2
    """A step off the beat is accented, where the hands are on the snare."""
    snare_step: float = 0.7
    """One that is not is played."""
    bell: float = 0.08
    """The ride is struck on its bell, on a beat."""
    fill_is_a_roll: float = 0.12
    roll_on_snare: float = 0.5
    """It is on the snare and not on a tom."""
    fill_goes_down: float = 0.6
    """A fill goes from the high drums to the low ones; else anywhere."""
    fill_on_snare_from: float = 0.9
    """A fill whose lot is over this is on the snare alone."""
    fill_gap: float = 0.1
    kick_in_fill: float = 0.08
    """A kick between the hands."""
    even_roll: float = 0.4
    """A roll keeps its speed."""
    dying_roll: float = 0.25
    """A roll gets softer and not louder."""
    flam: float = 0.05
    """A louder stroke of snare or toms has a grace note."""
    flam_of_lead: float = 0.1
    """The same where the scene is about a drum."""
    drag: float = 0.3
    """A grace note is two."""


CHANCES = Chances()
