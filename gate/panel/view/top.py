"""The row on top: preset, A and B, undo, what is heard, bypass, record, teach, and the rest in a menu."""

from collections.abc import Iterable
from pathlib import PurePath

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from gate.panel.model import SLOTS
from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import Choice, badge, push, show_badge, words
from gate.panel.view.parts.dropdown import DropDown
from gate.panel.view.parts.strings import tr
from gate.session.choices import MONITORS


class PresetBox(DropDown):
    """Presets by name; one without a name is shown too.

    Signals: ``asked``: for a preset by name; ``menu``: a right-click, where on the screen.
    """

    asked = pyqtSignal(str)
    menu = pyqtSignal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(150)
        self.setAccessibleName(tr("Preset"))
        self.setToolTip(tr("What the gate was taught; changes without a gap in the sound"))
        self.name = tr("Preset")
        self.badge = badge()
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: self.menu.emit(self.mapToGlobal(at)))
        self.activated.connect(lambda place: self.asked.emit(self.itemData(place)))

    def show_badge(self, text: str) -> None:
        """Show which MIDI control changes the preset, or "" for none."""
        show_badge(self.badge, text, self.name)

    def show_presets(self, presets: Iterable[tuple[str, str]]) -> None:
        """Offer all available presets: (name or place, what it was taught)."""
        chosen = self.currentData()
        self.clear()
        for name, taught in presets:
            path = PurePath(name)
            self.addItem(path.name if path.name == name else f"{path.name} ({path.parent})", name)
            self.setItemData(self.count() - 1, taught, Qt.ItemDataRole.ToolTipRole)
        if chosen is not None:
            self.show_value(chosen)

    def show_value(self, preset: str) -> None:
        """Show a preset as chosen, and ask for nothing."""
        if self.currentData() == preset:
            return
        place = self.findData(preset)
        if place < 0:
            self.addItem(preset.rstrip("/").rpartition("/")[2], preset)
            place = self.count() - 1
        self.setCurrentIndex(place)


class Top(QWidget):
    """The top row: presets and buttons."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        self.presets = PresetBox()
        self.card = push(
            tr("About it"), tr("What this preset was taught, how well it does, and its licence"), kind="flat"
        )
        self.teach = push(
            tr("Teach it here\N{HORIZONTAL ELLIPSIS}"),
            tr("Adapt this gate to your own sound, in two minutes (Ctrl+T)"),
        )
        self.slots_ = Choice(
            tr("Compare"),
            list(SLOTS),
            [tr("Hear setting {slot}; Ctrl+B changes over").format(slot=slot) for slot in SLOTS],
        )
        self.undo = push("\N{ANTICLOCKWISE OPEN CIRCLE ARROW}", tr("Undo (Ctrl+Z)"), kind="flat")
        self.undo.setAccessibleName(tr("Undo"))
        self.redo = push("\N{CLOCKWISE OPEN CIRCLE ARROW}", tr("Do it again (Ctrl+Shift+Z)"), kind="flat")
        self.redo.setAccessibleName(tr("Redo"))
        self.listen = Choice(
            tr("Listen"),
            [tr("Out"), tr("In"), tr("Removed")],
            [
                tr("Hear what the gate gives (F1)"),
                tr("Hear what comes in (F2)"),
                tr("Hear only what the gate takes away: it should be your room, and no word of yours (F3)"),
            ],
        )
        self.bypass = push(
            tr("Bypass"), tr("Hear the sound as if there were no gate (B)"), kind="warning", checkable=True
        )
        self.record = push(
            "\N{BLACK CIRCLE} " + tr("Record"),
            tr("Record what the gate gives (Ctrl+R)"),
            kind="danger",
            checkable=True,
        )
        self.record.setAccessibleName(tr("Record"))
        self.menu = push(
            "\N{TRIGRAM FOR HEAVEN}", tr("Theme, size, MIDI, session, shortcuts (F10)"), kind="flat"
        )
        self.menu.setAccessibleName(tr("Menu"))
        parts: tuple[QWidget, ...] = (self.presets, self.presets.badge, self.card, self.teach)
        for part in parts:
            row.addWidget(part)
        row.addStretch(1)
        parts = (self.slots_, self.undo, self.redo)
        for part in parts:
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(words(tr("Listen"), "quiet"))
        parts = (self.listen, self.bypass, self.record, self.menu)
        for part in parts:
            row.addWidget(part)

    def show_monitor(self, monitor: str) -> None:
        """Show what is heard."""
        self.listen.show_value(MONITORS.index(monitor))
