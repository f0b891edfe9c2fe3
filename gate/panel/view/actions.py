"""What the buttons of the window do beyond setting a value: pop-overs, the menu, recording, files, shortcuts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QPoint, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QMenu

from gate.live.devicestream import DeviceStream
from gate.live.filestream import FileStream
from gate.live.rack import Rack
from gate.panel.model import IDS, SLOTS
from gate.panel.view import menu
from gate.panel.view.cards import Card
from gate.panel.view.chain import SlotBox
from gate.panel.view.devices import DeviceBox
from gate.panel.view.documents import Documents
from gate.panel.view.lessons import Lessons
from gate.panel.view.menu import Keys
from gate.panel.view.midi import MidiBox, context_menu
from gate.panel.view.parts.strings import tr
from gate.panel.view.window import Window
from gate.session.choices import MONITORS, Devices


class Actions(QObject):
    """What the buttons, keys and menus of a window do.

    Attributes:
        window: the window that these belong to.
        scale: factor on the size of everything drawn, from the next start on.
        documents: files that are opened and written.
        lessons: what the page for teaching does.
    """

    told = pyqtSignal(object)
    """A job for the window's thread, from any other thread."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window, self.model, self.scale = window, window.model, 1.0
        self.keeper, self.live = self.model.keeper, self.model.live
        self.told.connect(lambda job: job())
        self.documents = Documents(window)
        self.lessons = Lessons(window)
        self.card, self.devices = Card(window), DeviceBox(window)
        self.slot: SlotBox | None = None
        self.keys = Keys(window, self.rows())
        self.midi = MidiBox(window, window.midi)
        self._connect()

    def _connect(self) -> None:
        window, model, top = self.window, self.model, self.window.top
        top.presets.asked.connect(model.set_preset)
        top.card.clicked.connect(lambda: self.card.show_preset(self.live.preset, top.card))
        top.listen.asked.connect(lambda number: model.set_monitor(MONITORS[number]))
        top.slots_.asked.connect(lambda number: model.switch(SLOTS[number]))
        top.undo.clicked.connect(model.undo)
        top.redo.clicked.connect(model.redo)
        top.bypass.clicked.connect(self.bypass)
        top.record.clicked.connect(self.documents.record)
        top.menu.clicked.connect(self.show_menu)
        window.chain.asked.connect(self._rearrange)
        window.chain.file_asked.connect(self.documents.choose_plugin)
        window.chain.opened.connect(self.show_slot)
        window.foot.devices.clicked.connect(self.show_devices)
        self.devices.listed.connect(self._list_devices)
        self.devices.asked.connect(self.play_devices)
        self.devices.file_asked.connect(self.play_file)
        window.foot.midi.clicked.connect(self.show_midi)
        self.midi.listed.connect(self._list_ports)
        window.looked.connect(self.look_at_slot)
        window.bound.connect(self.midi.show_bound)
        window.dropped.connect(self.lessons.teach_from)
        for target, part in window.bindable.items():
            part.menu.connect(lambda at, target=target: self.bind(target, at))
        for keys, _, job in self.shortcuts():
            for key in keys.split(", "):
                QShortcut(QKeySequence(key), window).activated.connect(job)

    def shortcuts(self) -> list[tuple[str, str, Callable[[], Any]]]:
        """Return (keys, what they do, how): one table for the keys and for the page that lists them."""
        model, window = self.model, self.window
        return [
            ("T", tr("go to Threshold"), lambda: window.threshold.setFocus()),
            ("R", tr("go to Range"), lambda: window.range.setFocus()),
            ("A", tr("listen for a threshold"), window.listen),
            ("P", tr("go to the presets"), lambda: window.top.presets.setFocus()),
            ("Ctrl+Z", tr("undo"), model.undo),
            ("Ctrl+Shift+Z, Ctrl+Y", tr("do it again"), model.redo),
            (
                "Ctrl+B",
                tr("hear the other of A and B"),
                lambda: model.switch(SLOTS[1 - SLOTS.index(model.slot)]),
            ),
            ("F1", tr("hear what the gate gives"), lambda: model.set_monitor("out")),
            ("F2", tr("hear what comes in"), lambda: model.set_monitor("in")),
            ("F3", tr("hear what is taken away"), lambda: model.set_monitor("removed")),
            ("B", tr("bypass, and back"), window.top.bypass.click),
            ("Ctrl+T", tr("teach it your own sound"), self.lessons.show_page),
            ("Ctrl+R", tr("record, and end recording"), self.documents.record),
            ("Ctrl+D", tr("choose devices"), self.show_devices),
            ("Ctrl+M", tr("choose a MIDI port"), self.show_midi),
            ("F10", tr("the menu"), self.show_menu),
            ("?", tr("this list"), self.show_keys),
        ]

    def rows(self) -> list[tuple[str, str]]:
        """Return the list of keys and of what a mouse does."""
        return [
            *((keys, what) for keys, what, _ in self.shortcuts()),
            (tr("arrow keys"), tr("a step; with Shift a fine one")),
            (tr("drag, wheel"), tr("turn; with Shift finely")),
            (tr("double-click"), tr("back to the preset's value")),
            (tr("type, Enter"), tr("a value, with its unit or without")),
        ]

    # -- pop-overs and the menu

    def show_keys(self) -> None:
        """Show the list of keys."""
        self.keys.come(self.window.top.menu)

    def show_devices(self) -> None:
        """Show the devices; the list comes when the sound systems have answered."""
        self._list_devices()
        self.devices.come(self.window.foot.devices)

    def _list_devices(self) -> None:
        from gate.soundsystem.devices import list_devices

        def show(found: Any) -> None:
            now = self.live.sources.now
            playing = None if now is None else now.devices
            self.told.emit(lambda: self.devices.show_devices(found, playing or Devices()))

        self.keeper.ask(list_devices, tr("looking for devices"), show)

    def show_midi(self) -> None:
        """Show MIDI ports and what is bound."""
        self._list_ports()
        self.midi.come(self.window.foot.midi)

    def _list_ports(self) -> None:
        from gate.midi.ports import list_ports

        self.midi.show_ports([])

        def show(found: Any) -> None:
            self.told.emit(lambda: self.midi.show_ports(found))

        self.keeper.ask(list_ports, tr("looking for MIDI ports"), show)

    def bind(self, target: str, at: QPoint) -> None:
        """Show what a right-click on a control offers."""
        window = self.window
        part = window.bindable[target]
        usual = (lambda: window.set_value(target, self.model.usual(target))) if target in IDS else None
        context_menu(window, window.midi, target, part.name, usual, self.show_midi).popup(at)

    def show_menu(self) -> None:
        """Show the menu."""
        window = self.window
        made = QMenu(window)
        menu.choices(made, tr("Theme"), menu.theme_names(), window.look.wish, window.look.use)
        sizes = {f"{factor:g}": f"{factor:.0%}" for factor in menu.SCALES}
        menu.choices(made, tr("Size"), sizes, f"{self.scale:g}", self._rescale)
        made.addSeparator()
        made.addAction(tr("Open session\N{HORIZONTAL ELLIPSIS}"), self.documents.open_session)
        made.addAction(tr("Save session\N{HORIZONTAL ELLIPSIS}"), self.documents.save_session)
        made.addSeparator()
        link = made.addAction(tr("One decision for all channels"))
        assert link is not None
        link.setCheckable(True)
        link.setChecked(self.model.value("link") > 0.0)
        link.triggered.connect(lambda on: self.model.set("link", float(on)))
        made.addAction(
            tr("Copy {one} to {other}").format(one=self.model.slot, other=self._other()), self.model.copy
        )
        made.addSeparator()
        made.addAction(tr("Keys and mouse"), self.show_keys)
        made.aboutToHide.connect(made.deleteLater)
        made.popup(window.top.menu.mapToGlobal(window.top.menu.rect().bottomLeft()))

    def _rescale(self, factor: str) -> None:
        self.scale = float(factor)
        self.window.say(tr("The size changes when the panel is started again"))

    def _other(self) -> str:
        return SLOTS[1 - SLOTS.index(self.model.slot)]

    # -- the chain

    def _rearrange(self, job: Callable[[Rack], object]) -> None:
        self.model.change(lambda: job(self.live.rack))

    def show_slot(self, name: str) -> None:
        """Show a slot's knobs."""
        one = next((one for one in self.keeper.chain if one.name == name), None)
        if one is None:
            return
        if self.slot is not None:
            self.slot.hide()
        self.slot = SlotBox(self.window, self.window.look, one)
        self.slot.asked.connect(self._set_slot)
        self.slot.gone.connect(self._forget_slot)
        self.slot.come(self.window.chain)

    def _set_slot(self, name: str, value: float) -> None:
        self.live.set(name, value)

    def _forget_slot(self) -> None:
        self.slot = None

    def look_at_slot(self) -> None:
        """Put the shown knobs where the slot's are; hide them when the slot is gone."""
        if self.slot is None:
            return
        one = next((one for one in self.keeper.chain if one.name == self.slot.name), None)
        if one is None:
            self.slot.hide()
        else:
            self.slot.look_at(one)

    # -- sound

    def play_devices(self, wishes: Devices) -> None:
        """Play other devices, in a moment."""
        self.keeper.ask(lambda: self.live.sources.play(DeviceStream(wishes)), tr("opening the devices"))

    def play_file(self, path: Path) -> None:
        """Play a file over and over, in a moment."""
        self.keeper.ask(lambda: self.live.sources.play(FileStream(path, loops=True)), tr("opening the file"))

    def bypass(self, on: bool) -> None:
        """Hear what comes into the gate, as late as the gate's output would be, or the gate again."""
        self.model.set("bypass", float(on))
