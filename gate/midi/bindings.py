"""The text of a MIDI map, and what each line of it binds: a control, a target, and how travel becomes a value.

threshold=cc7                  a controller of 7 bits, over the parameter's whole range
threshold=cc7/39               with its low half: 14 bits (cc14:7 is the same)
range=nrpn:1:2                 an NRPN
threshold=bend[-60..-20]       the pitch wheel, over a range of its own
guard-grace=cc20@3:log:pick-up on channel 3; a curve; nothing moves until the control passes the value
guard=note:60[off..speech]     while the note sounds, the second value
hold-open=note:36              the gate is held open while the note sounds; hold-shut likewise
preset=program                 program n takes the n-th preset; preset:kick=program:5 a certain one
threshold=learn                the next control that moves
highpass.cutoff=cc9            a parameter of another slot of the chain
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from gate.errors import UsageError
from gate.midi.controls import MOST_7, Control
from gate.midi.takeover import STEP
from gate.parameters import BY_ID, PARAMETERS, Parameter, Taper

HOLDS = ("hold-open", "hold-shut")
PRESET = "preset"

TARGETS = (*(parameter.id for parameter in PARAMETERS), *HOLDS, PRESET)
"""Targets of the gate that can be bound."""

Find = Callable[[str], Parameter]
"""Finds the parameter of a slot, by "SLOT." and its id, or raises ``UsageError``."""


def no_slots(name: str) -> Parameter:
    """Raise ``UsageError``: there are no slots to bind to.

    Raises:
        UsageError: always.
    """
    raise UsageError(f"expected a gate's own parameter, got {name!r}; there are no other slots here")


WORDS: dict[str, dict[str, object]] = {
    "linear": {"curve": "linear"},
    "log": {"curve": "log"},
    "reverse": {"reverse": True},
    "jump": {"takeover": "jump"},
    "pick-up": {"takeover": "pick-up"},
    "toggle": {"toggle": True},
}
"""Words that may follow a control, and what each sets."""

_LINE = re.compile(
    r"(?P<target>[^=]+)=(?P<control>[a-z]+[0-9]*(?:[:/][0-9]+)*)(?P<channel>@[0-9]+)?"
    r"(?P<range>\[[^\]]*\])?(?P<words>(?::[a-z-]+)*)"
)

_CONTROLS = (
    (re.compile(r"cc(\d+)"), "cc"),
    (re.compile(r"cc(\d+)/(\d+)"), "cc14"),
    (re.compile(r"cc14:(\d+)"), "cc14"),
    (re.compile(r"nrpn:(\d+):(\d+)"), "nrpn"),
    (re.compile(r"bend"), "bend"),
    (re.compile(r"note:(\d+)"), "note"),
    (re.compile(r"program(?::(\d+))?"), "program"),
)
"""Spellings of controls. The first that fits all of the text counts."""

SPELLINGS = "cc7, cc7/39, cc14:7, nrpn:1:2, bend, note:60, program, program:5 or learn"


@dataclass(frozen=True)
class Binding:
    """One line of a map.

    Attributes:
        target: a parameter's id, "SLOT.ID" for a slot's, "hold-open", "hold-shut", "preset", or "preset:NAME".
        control: what moves the target; None until it is learned. Channel 0 means any.
        low: value at the control's lower end; of a choice its number. None for holds and presets.
        high: value at its upper end.
        curve: "linear" or "log"; None is the parameter's own.
        reverse: the control's ends change places.
        takeover: "jump": the value follows at once; "pick-up": only after the control has come to where the value is.
        toggle: a press switches over, a release does nothing.
        parameter: the parameter that the target is; None for holds and presets.
    """

    target: str
    control: Control | None
    low: float | None = None
    high: float | None = None
    curve: Taper | None = None
    reverse: bool = False
    takeover: str = "jump"
    toggle: bool = False
    parameter: Parameter | None = None

    @property
    def stepped(self) -> bool:
        """Whether there are only a few values, so that a press says low or high."""
        parameter = self.parameter
        return parameter is not None and bool(parameter.words)

    def fits(self, control: Control) -> bool:
        """Return whether this control moves the target."""
        own = self.control
        return (
            own is not None
            and own.kind == control.kind
            and (own.high, own.low) in ((control.high, control.low), (-1, 0))
            and own.channel in (0, control.channel)
        )

    def value(self, position: float) -> float:
        """Return the parameter's value at a position of the control, 0 to 1."""
        assert self.parameter is not None
        return self.parameter.at(1.0 - position if self.reverse else position, self._ends(), self.curve)

    def position(self, value: float) -> float:
        """Return the control's position, 0 to 1, that stands for a value; the nearer end for one out of range."""
        assert self.parameter is not None
        position = self.parameter.travel(value, self._ends(), self.curve)
        return 1.0 - position if self.reverse else position

    def stepped_from(self, value: float, steps: int) -> float:
        """Return the value ``steps`` steps above another (below it, where negative), within the range."""
        if not self.stepped:
            return self.value(self.position(value) + steps * STEP)
        low, high = self._ends()
        up = -steps if (high < low) != self.reverse else steps
        return min(max(value + up, min(low, high)), max(low, high))

    def _ends(self) -> tuple[float, float]:
        assert self.low is not None and self.high is not None
        return self.low, self.high

    def __str__(self) -> str:
        """Spell the binding as a map does: what is as usual is left out."""
        text = f"{self.target}={'learn' if self.control is None else self.control}"
        parameter = self.parameter
        if parameter is not None and self._ends() != (parameter.minimum, parameter.maximum):
            text += f"[{_spell(parameter, self._ends()[0])}..{_spell(parameter, self._ends()[1])}]"
        usual = Binding(self.target, self.control)
        for word, sets in WORDS.items():
            ((name, value),) = sets.items()
            if getattr(self, name) == value != getattr(usual, name):
                text += f":{word}"
        return text


def parse(text: str, find: Find = no_slots) -> tuple[Binding, ...]:
    """Parse the bindings of a map: lines, or pieces between commas; ``find`` knows the slots.

    Raises:
        UsageError: the text is no map; the sentence names the piece that is wrong.
    """
    pieces = [piece.strip() for line in text.splitlines() for piece in line.split(",")]
    found = tuple(parse_one(piece, find) for piece in pieces if piece)
    if not found:
        raise UsageError(f"expected a map such as threshold=cc7,range=nrpn:1:2, got {text!r}; bind something")
    return found


def parse_one(text: str, find: Find = no_slots) -> Binding:
    """Parse one binding.

    Raises:
        UsageError: the text is no binding; the sentence says what was expected.
    """
    match = _LINE.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"expected TARGET=CONTROL[@CHANNEL][[LOW..HIGH]][:WORD], got {text!r}; see docs/midi.md"
        )
    target = match["target"].strip()
    parameter = find_target(target, find)
    binding = Binding(target, _control(match["control"], match["channel"], text), parameter=parameter)
    for word in match["words"].split(":")[1:]:
        if word not in WORDS:
            raise UsageError(f"expected one of {', '.join(WORDS)}, got {word!r} in {text!r}; choose one")
        binding = replace(binding, **WORDS[word])  # type: ignore[arg-type]
    if binding.parameter is not None and binding.curve == binding.parameter.taper:
        binding = replace(binding, curve=None)
    binding = _with_range(binding, match["range"], text)
    check_fit(binding, text)
    return binding


def find_target(target: str, find: Find) -> Parameter | None:
    """Return the parameter that a target is; None for a hold or a preset.

    Raises:
        UsageError: there is no such target.
    """
    if target in (*HOLDS, PRESET) or (target.startswith(f"{PRESET}:") and len(target) > len(PRESET) + 1):
        return None
    if "." in target:
        return find(target)
    if target not in BY_ID:
        expected = f"{', '.join(TARGETS)}, {PRESET}:NAME or SLOT.PARAMETER"
        raise UsageError(f"expected one of {expected}, got {target!r}; bind one of these")
    return BY_ID[target]


def check_fit(binding: Binding, text: str) -> None:
    """Refuse what a control cannot do for a target.

    Raises:
        UsageError: the control cannot do it.
    """
    control = binding.control
    program = control is not None and control.kind == "program"
    any_program = control is not None and program and control.high < 0
    if binding.target == PRESET and control is not None and not any_program:
        raise UsageError(
            f"expected preset=program, got {text!r}; to bind one preset give preset:NAME={control}"
        )
    if binding.target != PRESET and any_program:
        raise UsageError(f"{text!r}: every program would do the same; give one, as in program:5")
    if program and not binding.target.startswith(PRESET):
        raise UsageError(f"{text!r}: a program has no value and no end; bind a controller or a note")
    if binding.toggle and not (binding.stepped or binding.target in HOLDS):
        raise UsageError(f"{text!r}: toggle is for what is on or off; leave it out")


def _control(text: str, channel: str | None, line: str) -> Control | None:
    on = int(channel[1:]) if channel else 0
    if channel and not 1 <= on <= 16:
        raise UsageError(
            f"expected a channel from 1 to 16, got {channel} in {line!r}; give one, or leave it out"
        )
    if text == "learn" and not channel:
        return None
    for spelling, kind in _CONTROLS:
        match = spelling.fullmatch(text)
        if match is None:
            continue
        numbers = [int(number) for number in match.groups() if number is not None]
        if any(number > MOST_7 for number in numbers):
            raise UsageError(
                f"expected numbers from 0 to {MOST_7}, got {text!r} in {line!r}; give such numbers"
            )
        if kind == "cc14":
            numbers.append(numbers[0] + 32) if len(numbers) == 1 else None
            if numbers[0] > 31 or numbers[1] != numbers[0] + 32:
                raise UsageError(
                    f"expected a controller from 0 to 31 and the one 32 over it, got {text!r} in {line!r}; "
                    "give one such as cc7/39"
                )
        if kind == "program" and not numbers:
            numbers = [-1]
        high, low = [*numbers, 0, 0][:2]
        return Control(kind, high, low, on)
    raise UsageError(f"expected {SPELLINGS}, got {text!r} in {line!r}; give one of these")


def _with_range(binding: Binding, text: str | None, line: str) -> Binding:
    parameter = binding.parameter
    if parameter is None:
        if text is not None:
            raise UsageError(f"{line!r}: {binding.target} has no range; leave {text} out")
        if binding.curve is not None:
            raise UsageError(f"{line!r}: {binding.target} has no curve; leave {binding.curve} out")
        return binding
    low, high = parameter.minimum, parameter.maximum
    if text is not None:
        ends = [end.strip() for end in text[1:-1].split("..")]
        if len(ends) != 2:
            raise UsageError(f"expected a range such as [-60..-20], got {text} in {line!r}; give one")
        low, high = (_end(parameter, end, line) for end in ends)
    if binding.curve is not None and binding.stepped:
        raise UsageError(f"{line!r}: {binding.target} has steps and no curve; leave {binding.curve} out")
    if binding.curve == "log" and min(low, high) <= 0.0:
        raise UsageError(f"{line!r}: a logarithmic curve needs a range over 0; leave log out")
    return replace(binding, low=low, high=high)


def _end(parameter: Parameter, text: str, line: str) -> float:
    try:
        return parameter.parse(text)
    except ValueError as error:
        raise UsageError(f"{error}, in {line!r}; correct that end") from None


def _spell(parameter: Parameter, value: float) -> str:
    if parameter.words:
        return parameter.words[int(value)]
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
