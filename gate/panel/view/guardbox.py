"""The guard: which class it asks for, and what it hears."""

from PyQt6.QtWidgets import QFrame, QGridLayout

from gate.live.status import Status
from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import Choice, Slider, words
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.meters import ClassBar
from gate.panel.view.parts.strings import tr
from gate.parameters import BY_ID


class GuardBox(QFrame):
    """A card with choice, bar and grace."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        grid = QGridLayout(self)
        grid.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(SPACE // 2)
        self.choice = Choice(
            tr("Guard"),
            [tr("Off"), tr("Speech"), tr("Not music")],
            [
                tr("Nothing but the gate decides"),
                tr("What is open without speech is shut again after the grace time"),
                tr("What is open for what is surely music is shut again after the grace time"),
            ],
        )
        self.bar = ClassBar(look, {"speech": tr("speech"), "music": tr("music"), "noise": tr("noise")})
        self.grace = Slider(
            look, BY_ID["guard-grace"], tr("Grace"), tr("How long the gate may be open unconfirmed")
        )
        self.shut = words("", "warning")
        grid.addWidget(words(tr("Guard"), "title"), 0, 0)
        grid.addWidget(self.shut, 0, 1)
        grid.addWidget(self.choice, 1, 0)
        grid.addWidget(self.bar, 1, 1)
        grid.addWidget(self.grace, 0, 2, 2, 1)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(2, 2)

    def look_at(self, status: Status) -> None:
        """Show a status."""
        self.bar.show_shares(status.classes)
        said = tr("keeps it shut") if status.guard_shut else ""
        if self.shut.text() != said:
            self.shut.setText(said)
