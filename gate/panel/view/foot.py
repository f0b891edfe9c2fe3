"""The row at the bottom: where the sound comes from and goes to, how late it is, and how hard the machine works."""

from typing import Any

from PyQt6.QtWidgets import QHBoxLayout, QWidget

from gate.live.status import Status
from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import push, words
from gate.panel.view.parts.strings import tr


class Foot(QWidget):
    """The bottom row: devices, MIDI port, delay, load."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        self.devices = push(tr("Sound"), tr("Choose input, output and rate (Ctrl+D)"), kind="flat")
        self.midi = push(
            tr("MIDI: off"), tr("Choose a MIDI port, and see what is bound (Ctrl+M)"), kind="flat"
        )
        self.busy = words("", "small")
        self.delay, self.load, self.late = (words("", "small") for _ in range(3))
        self.delay.setToolTip(
            tr("From the input to the output, the sound system included, and the gate's part of it")
        )
        self.load.setToolTip(tr("Computing time against the time of a buffer, on average, and the longest"))
        self.late.setToolTip(
            tr("Buffers that were not ready in time since the start; each may be heard as a click")
        )
        row.addWidget(self.devices)
        row.addWidget(self.midi)
        row.addWidget(self.busy, 1)
        for part in (self.delay, self.load, self.late):
            row.addWidget(part)

    def look_at(self, status: Status, facts: dict[str, Any], rate: int) -> None:
        """Show a status."""
        self._set(
            self.devices,
            f"{_source(facts)}   \N{MIDDLE DOT}   {rate / 1000:g} kHz   \N{MIDDLE DOT}   {status.buffer}",
        )
        self._set(
            self.delay,
            tr("delay {all} ms, the gate's {own}").format(
                all=f"{status.latency_ms:.1f}", own=f"{status.added_ms:g}"
            ),
        )
        self._set(
            self.load,
            tr("load {mean}, most {most}").format(mean=f"{status.load:.1%}", most=f"{status.load_most:.0%}"),
        )
        self._set(self.late, tr("late {count}").format(count=status.late))

    def show_midi(self, wish: str) -> None:
        """Show which port was chosen."""
        self._set(self.midi, tr("MIDI: {port}").format(port=wish) if wish else tr("MIDI: off"))

    @staticmethod
    def _set(part: Any, text: str) -> None:
        if part.text() != text:
            part.setText(text)
            part.setAccessibleName(text)


def _source(facts: dict[str, Any]) -> str:
    """Return words for where the sound comes from and goes to."""
    names = [facts.get("input") or "", facts.get("output") or ""]
    if facts.get("host_api") == "files":
        return names[0] or tr("no sound device")
    return " \N{RIGHTWARDS ARROW} ".join(name for name in dict.fromkeys(names) if name) or tr("no stream")
