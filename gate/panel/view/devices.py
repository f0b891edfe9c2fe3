"""Where the sound comes from and goes to: devices, their rate, or a file over and over."""

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QWidget

from gate.panel.view.parts.controls import push, words
from gate.panel.view.parts.dropdown import DropDown
from gate.panel.view.parts.popover import Popover
from gate.panel.view.parts.strings import tr
from gate.session.choices import Devices
from gate.soundsystem.devices import Device

RATES_HZ = (44_100, 48_000, 88_200, 96_000, 192_000)
"""Rates that are offered, in Hz; a device takes some of them, and says so."""


class DeviceBox(Popover):
    """The device menu: input, output, rate.

    Signals: ``listed``: for the list; ``asked``: for a pair of devices; ``file_asked``: for a file.
    """

    listed, asked, file_asked = pyqtSignal(), pyqtSignal(object), pyqtSignal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, tr("Sound"))
        self.boxes = {"input": DropDown(), "output": DropDown()}
        self.rate = DropDown()
        self.rate.addItem(tr("its own"), None)
        for rate in RATES_HZ:
            self.rate.addItem(f"{rate / 1000:g} kHz", rate)
        grid = QGridLayout()
        rows = (
            (tr("Input"), self.boxes["input"], tr("Where sound comes from")),
            (tr("Output"), self.boxes["output"], tr("Where it goes; on the same sound system")),
            (tr("Rate"), self.rate, tr("Samples a second; a device has its own, and takes some others")),
        )
        for row, (name, box, help) in enumerate(rows):
            label = words(name, "quiet")
            label.setBuddy(box)
            box.setAccessibleName(name)
            box.setToolTip(help)
            box.setMinimumWidth(320)
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
        self.note = words("", "small")
        self.note.setWordWrap(True)
        self.use = push(tr("Use these"), tr("Open them beside what plays, and fade over"), kind="primary")
        self.again = push(tr("Look again"), tr("List the devices that there are now"))
        self.file = push(
            tr("Play a file\N{HORIZONTAL ELLIPSIS}"), tr("Over and over, to nowhere: to look at")
        )
        self.use.clicked.connect(self._use)
        self.again.clicked.connect(self.listed)
        self.file.clicked.connect(self._choose_file)
        row_ = QHBoxLayout()
        row_.addWidget(self.use)
        row_.addWidget(self.again)
        row_.addWidget(self.file)
        self.body.addLayout(grid)
        self.body.addWidget(self.note)
        self.body.addLayout(row_)

    def show_devices(self, devices: list[Device], wishes: Devices) -> None:
        """Show all devices that there are now; those that play are chosen."""
        for kind, box in self.boxes.items():
            box.clear()
            box.addItem(tr("the system's"), None)
            wish = getattr(wishes, kind)
            for device in devices:
                if device.channels(kind):  # type: ignore[arg-type]
                    box.addItem(f"{device.name}  \N{MIDDLE DOT}  {device.host_api}", str(device.number))
                    if wish is not None and wish in (str(device.number), device.name):
                        box.setCurrentIndex(box.count() - 1)
        self.rate.setCurrentIndex(max(self.rate.findData(wishes.rate), 0))
        self.note.setText(
            "" if devices else tr("There is no sound device. Connect one, or start a JACK server.")
        )
        self.use.setEnabled(bool(devices))

    def _use(self) -> None:
        self.asked.emit(
            Devices(
                self.boxes["input"].currentData(), self.boxes["output"].currentData(), self.rate.currentData()
            )
        )
        self.hide()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, tr("A sound file"))
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.fileSelected.connect(lambda name: self.file_asked.emit(Path(name)))
        dialog.setModal(False)
        dialog.show()
