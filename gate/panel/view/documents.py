"""Files that the window opens and writes: sessions, plugins, recordings."""

import sys
import time
from pathlib import Path

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QFileDialog

from gate.errors import GateError
from gate.live.sessions import capture
from gate.panel.view.parts.strings import tr
from gate.panel.view.window import Window
from gate.plugins.registry import from_text


class Documents(QObject):
    """Files that a window opens and writes."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window, self.model = window, window.model
        self.keeper, self.live = self.model.keeper, self.model.live

    def open_session(self) -> None:
        """Ask for a session file, and apply the session."""
        dialog = self._dialog(tr("Open a session"))
        dialog.fileSelected.connect(lambda name: self.take_session(Path(name)))
        dialog.show()

    def take_session(self, path: Path) -> None:
        """Apply a session file as one step; its MIDI port and map are applied too, its devices if devices play."""
        from gate.session.file import load

        try:
            session = load(path, self.keeper.tell)
            self.window.midi.take(session.midi_port, session.midi_map)
        except GateError as error:
            self.window.say(str(error), "error")
            return
        self.model.apply(session)
        self.keeper.ask(lambda: self.live.sources.set_devices(session.devices))

    def save_session(self) -> None:
        """Ask for a file, and write the session into it."""
        dialog = self._dialog(tr("Save the session"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("toml")
        dialog.fileSelected.connect(lambda name: self.keep_session(Path(name)))
        dialog.show()

    def keep_session(self, path: Path) -> None:
        """Write the session into a file."""
        from gate.session.file import save

        session = capture(self.live, self.window.midi)
        said = tr("session saved to {path}").format(path=path)
        self.keeper.ask(lambda: save(session, path), then=lambda _: self.keeper.tell(said))

    def _dialog(self, title: str) -> QFileDialog:
        made = QFileDialog(self.window, title)
        made.setNameFilter(tr("Sessions") + " (*.toml)")
        made.setOption(QFileDialog.Option.DontUseNativeDialog)
        made.setModal(False)
        return made

    def choose_plugin(self, kind: str) -> None:
        """Ask for a plugin's file, and add it to the chain."""
        dialog = QFileDialog(self.window, tr("A plugin"))
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setModal(False)
        if kind == "vst3" and sys.platform != "win32":
            dialog.setFileMode(QFileDialog.FileMode.Directory)  # a bundle
        dialog.fileSelected.connect(lambda name: self.add_plugin(kind, name))
        dialog.show()

    def add_plugin(self, kind: str, name: str) -> None:
        """Add a plugin that is made of a file, after all the others."""
        at = len(self.keeper.chain)
        self.model.change(lambda: self.live.rack.add(at, from_text(f"{kind}:{name}")))

    def record(self) -> None:
        """Record what the gate gives into a new file of the music folder, or end the recording."""
        if self.live.recording.recorder is None:
            path = recordings() / time.strftime("gate-%Y-%m-%d-%H-%M-%S.flac")

            def begin() -> None:
                path.parent.mkdir(parents=True, exist_ok=True)
                self.live.recording.begin(path, self.live.player)
                self.keeper.tell(tr("recording to {path}").format(path=path))

            self.keeper.ask(begin)
        else:
            self.keeper.ask(self.live.recording.end)


def recordings() -> Path:
    """Return the folder for recordings: in the user's music, as Qt knows it."""
    from PyQt6.QtCore import QStandardPaths

    where = QStandardPaths.StandardLocation
    place = QStandardPaths.writableLocation(where.MusicLocation) or QStandardPaths.writableLocation(
        where.HomeLocation
    )
    return Path(place) / "learned-gate"
