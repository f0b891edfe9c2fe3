"""Pick-up: whether a control that was moved may take its parameter over, or has to come to the value first.

A control takes over where it *reaches* the value, or *passes* it: it was on one side, and was turned to the other. A
control that is here in one message and far away in the next was not turned. Another one speaks under its number: a
layer was switched, or a controller came back with its knob elsewhere. Such a jump passes nothing, and the control loses
the value.

How far one message takes a control that is turned: a fader that is thrown from one end to the other in 100 ms (as hard
braked as it was pushed) and sends every 10 ms makes 3 of 127 steps in its first message and 24 in its middle one.
"""

from gate.midi.controls import MOST_7

STEP = 1.0 / MOST_7
"""Share of the travel that one step of 7 bits is: a control this near to the value has reached it."""

FLICK = 24 * STEP
"""Largest share of the travel by which one message moves a control that is being turned."""

NUDGE = 8 * STEP
"""Largest share of the travel by which the first message after a rest moves a control, even one that sends seldom."""

REST_S = 0.1
"""Seconds without a message after which a control was at rest; nobody switches a layer and turns a knob in less."""


class PickUp:
    """Memory of one binding with pick-up: where its controls are, and which of them has the value in hand.

    A binding without a channel hears the same number on 16 of them. These are different controls.
    """

    def __init__(self) -> None:
        self._last: dict[int, tuple[float, float]] = {}
        self._holder: int | None = None

    def forget(self) -> None:
        """Forget where every control is: the device is gone."""
        self._last.clear()
        self._holder = None

    def release(self) -> None:
        """Take the value out of the control's hand: it was moved by steps, and the control is elsewhere."""
        self._holder = None

    def takes(self, channel: int, position: float, value_at: float, untouched: bool, now_s: float) -> bool:
        """Note where a control is now; return whether its position is to become the value.

        At the moment of taking over this moves the value by ``FLICK`` of the travel at most, and by ``NUDGE`` after a
        rest.

        Args:
            channel: the control's, 1 to 16.
            position: of the control, 0 to 1.
            value_at: position that stands for the parameter's value, 0 to 1.
            untouched: the value is still the one that this binding set last.
            now_s: time of the message, seconds on a clock that never goes back.
        """
        before = self._last.get(channel)
        self._last[channel] = position, now_s
        turned = passed = False
        if before is not None:
            reach = FLICK if now_s - before[1] <= REST_S else NUDGE
            turned = abs(position - before[0]) <= reach + STEP / 1000
            passed = turned and (before[0] - value_at) * (position - value_at) <= 0.0
        held = self._holder == channel and turned and untouched
        if held or passed or abs(position - value_at) <= STEP:
            self._holder = channel
            return True
        if self._holder == channel:
            self._holder = None
        return False
