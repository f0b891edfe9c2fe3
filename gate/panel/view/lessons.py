"""What the buttons of the page for teaching do, together with the gate that plays."""

from pathlib import Path

from PyQt6.QtCore import QObject

from gate.errors import GateError
from gate.panel.library import presets
from gate.panel.view.parts.strings import tr
from gate.panel.view.window import Window


class Lessons(QObject):
    """What the page for teaching in a window does."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window, self.model, self.live = window, window.model, window.model.live
        window.top.teach.clicked.connect(self.show_page)
        page = window.page
        page.left.connect(self.show_panel)
        page.old_name = lambda: self.live.preset.name
        for side, card in page.cards.items():
            card.asked.connect(lambda side=side: self._record_side(side))
        page.result.asked.connect(self._teach)
        page.result.tried.connect(self._try)
        page.result.kept.connect(self._keep)

    def show_page(self) -> None:
        """Show the page for teaching."""
        self.window.pages.setCurrentWidget(self.window.page)
        self.window.page.look()
        self.window.page.back.setFocus()

    def show_panel(self) -> None:
        """Show the plots and knobs again."""
        self.window.pages.setCurrentIndex(0)
        self.window.threshold.setFocus()

    def teach_from(self, paths: list[Path]) -> None:
        """Take files for the first side that has nothing yet."""
        self.show_page()
        teacher = self.window.teacher
        if not teacher.busy:
            empty = [name for name, side in teacher.sides.items() if side.heard is None and side.take is None]
            teacher.drop(empty[0] if empty else "target", paths)
            self.window.page.look()

    def _record_side(self, side: str) -> None:
        teacher, take = self.window.teacher, self.window.teacher.sides[side].take
        if take is not None and not take.done:
            teacher.stop(side)
        else:
            teacher.record(side, self.live.player)
        self.window.page.look()

    def _teach(self, name: str) -> None:
        model = self.model
        self.window.teacher.teach(name, self.live.preset, model.value("threshold"), model.value("range"))
        self.window.page.look()

    def _try(self) -> None:
        """Make the old gate A and the new one B, and hear B."""
        made = self.window.teacher.made
        if made is not None:
            self.model.hear_both(str(made.folder))
            self.window.say(
                tr("B is the new one, A the old one: Ctrl+B changes over, and Back shows the panel")
            )

    def _keep(self) -> None:
        made = self.window.teacher.made
        try:
            kept = self.window.teacher.keep()
        except GateError as error:
            self.window.say(str(error), "error")
            return
        self.window.top.presets.show_presets(presets())
        self.model.set_preset(str(kept.folder))
        assert made is not None and made.folder is not None and kept.folder is not None
        said = tr("Kept as {name}, in {folder}").format(name=kept.folder.name, folder=kept.folder)
        if kept.folder.name != made.folder.name:
            said += tr("; another preset is called {name}").format(name=made.folder.name)
        self.window.say(said)
        self.show_panel()
