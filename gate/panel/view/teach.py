"""The page on which a gate is taught: record what should pass, then what should not, adapt, compare, keep."""

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from gate.panel.teaching.comparing import Doing
from gate.panel.teaching.teacher import Teacher
from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import give, push, show_as, words
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.strings import tr
from gate.panel.view.sidecard import SideCard


class ResultCard(QFrame):
    """The run: a name, a button, its progress, and its result.

    Signals: ``asked``: to teach, with the name; ``cancelled``, ``tried``, ``kept``, ``discarded``.
    """

    asked = pyqtSignal(str)
    cancelled, tried, kept, discarded = pyqtSignal(), pyqtSignal(), pyqtSignal(), pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(words(tr("Step {number}").format(number=3), "title"))
        column.addWidget(words(tr("Teach"), "huge"))
        task = words(
            tr("The gate that plays is adapted to the two, which takes about a minute; the sound continues."),
            "quiet",
        )
        task.setWordWrap(True)
        column.addWidget(task)
        row = QHBoxLayout()
        self.name = QLineEdit(tr("mine"))
        self.name.setAccessibleName(tr("Name of the new preset"))
        self.name.setToolTip(tr("The preset is stored under this name"))
        label = words(tr("Name"), "quiet")
        label.setBuddy(self.name)
        row.addWidget(label)
        row.addWidget(self.name, 1)
        column.addLayout(row)
        self.stage = words("", "")
        self.stage.setWordWrap(True)
        column.addWidget(self.stage)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximum(1000)
        self.bar.setAccessibleName(tr("How much is learned"))
        column.addWidget(self.bar)
        self.sentence = words("", "")
        self.sentence.setWordWrap(True)
        column.addWidget(self.sentence)
        self.table = QGridLayout()
        self.cells = [
            [words("", "value" if row and place else "quiet") for place in range(3)] for row in range(4)
        ]
        for row_, cells in enumerate(self.cells):
            for place, cell in enumerate(cells):
                self.table.addWidget(cell, row_, place)
        column.addLayout(self.table)
        self.note = words("", "small")
        self.note.setWordWrap(True)
        column.addWidget(self.note)
        column.addStretch(1)
        self.teach = push(tr("Teach"), tr("Adapt the preset that plays to these recordings"), kind="primary")
        self.cancel = push(tr("Cancel"), tr("End it; nothing is changed"))
        self.try_ = push(
            tr("Compare: A is the old, B the new"),
            tr("Hear the new one as B; Ctrl+B changes over"),
            kind="primary",
        )
        self.keep = push(tr("Keep"), tr("Save it among your own presets"))
        self.discard = push(tr("Discard"), tr("Forget the new one"))
        self.teach.clicked.connect(lambda: self.asked.emit(self.name.text().strip()))
        for button, signal in (
            (self.cancel, self.cancelled), (self.try_, self.tried), (self.keep, self.kept), (self.discard, self.discarded),
        ):  # fmt: skip
            button.clicked.connect(signal)
        column.addWidget(self.teach)
        column.addWidget(self.cancel)
        column.addWidget(self.try_)
        last = QHBoxLayout()
        last.addWidget(self.keep, 1)
        last.addWidget(self.discard, 1)
        column.addLayout(last)

    def show_doings(self, doings: list[Doing], old: str, new: str) -> None:
        """Show old against new on the recordings."""
        heads = ("", old, new)
        rows = [
            (tr("lets your target pass"), *(_percent(one.passes) for one in doings)),
            (
                tr("turns the rest down by"),
                *(f"{one.cut_db:.1f} dB".replace("inf", "\N{INFINITY}") for one in doings),
            ),
            (
                tr("opens for the rest"),
                *(tr("{count}/min").format(count=f"{one.opens_min:.0f}") for one in doings),
            ),
        ]
        for cells, texts in zip(self.cells, [heads, *rows] if doings else [("",) * 3] * 4, strict=True):
            for cell, text in zip(cells, texts, strict=True):
                cell.setText(text)
        self.note.setText(
            tr("On all of what you recorded; most of it was learned from, so new sound is the better judge.")
            if doings
            else ""
        )


class TeachPage(QWidget):
    """The page for teaching.

    Signals: ``left``: for the way back to the panel.
    """

    left = pyqtSignal()

    def __init__(self, look: Look, teacher: Teacher) -> None:
        super().__init__()
        self.teacher = teacher
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE + 2)
        row = QHBoxLayout()
        self.back = push(
            "\N{LEFTWARDS ARROW} " + tr("Back"), tr("Back to the panel; a run continues"), kind="flat"
        )
        self.back.setAccessibleName(tr("Back"))
        self.back.clicked.connect(self.left)
        self.heading = words(tr("Teach this gate your own sound"), "heading")
        row.addWidget(self.back)
        row.addWidget(self.heading)
        row.addStretch()
        column.addLayout(row)
        self.cards = {
            "target": SideCard(
                look,
                1,
                tr("What should pass"),
                tr(
                    "Play or speak as you will, alone, with pauses. Nothing else should sound: no keyboard, no music."
                ),
                "accent",
            ),
            "bleed": SideCard(
                look,
                2,
                tr("What should not"),
                tr(
                    "Now stay silent, and let the others play: the room, the fan, the keyboard, the kit, as loud as ever."
                ),
                "sound_in_line",
            ),
        }
        self.result = ResultCard()
        cards = QHBoxLayout()
        cards.setSpacing(SPACE + 2)
        for card in (*self.cards.values(), self.result):
            cards.addWidget(card, 1)
        column.addLayout(cards, 1)
        for side, card in self.cards.items():
            card.dropped.connect(lambda paths, side=side: teacher.drop(side, paths))
        self.result.cancelled.connect(teacher.cancel)
        self.result.discarded.connect(teacher.discard)

    def look(self) -> None:
        """Show the state of the lesson."""
        teacher, result = self.teacher, self.result
        teacher.look()
        for side, card in self.cards.items():
            one = teacher.sides[side]
            under_way = one.take is not None and not one.take.done
            if under_way and one.take is not None:
                card.show_recording(one.take.seconds)
            else:
                card.show_heard(one.heard)
            will_do = one.heard is not None and not one.heard.trouble
            give(card.button, "kind", "" if will_do else "primary")
            card.button.setEnabled(not teacher.busy and (under_way or not teacher.recording))
            card.files.setEnabled(not teacher.busy and not teacher.recording)
        run, made = teacher.learner, teacher.made
        result.teach.setEnabled(teacher.ready and not teacher.recording and not teacher.busy)
        result.teach.setVisible(not teacher.busy and made is None)
        result.name.setEnabled(not teacher.busy and made is None)
        result.cancel.setVisible(run is not None and run.running)
        helped = run is not None and run.helped
        for button in (result.keep, result.discard):
            button.setVisible(made is not None)
        result.try_.setVisible(made is not None and helped)
        result.keep.setText(tr("Keep") if helped else tr("Keep anyway"))
        result.bar.setValue(0 if run is None else round(1000 * run.share))
        result.stage.setText(self._stage())
        show_as(
            result.sentence,
            "" if run is None or made is None else run.sentence,
            "good" if helped else "warning",
        )
        result.show_doings(teacher.doings if made is not None else [], self.old_name(), tr("new"))

    old_name: Callable[[], str] = staticmethod(lambda: "")  # the window says

    def _stage(self) -> str:
        teacher = self.teacher
        if teacher.trouble:
            return teacher.trouble[:1].upper() + teacher.trouble[1:]
        if teacher.made is not None:
            return ""
        if teacher.learner is None:
            return "" if teacher.ready else tr("It needs both recordings first.")
        return {
            "looking": tr("Looking at the recordings\N{HORIZONTAL ELLIPSIS}"),
            "choosing": tr("Trying the gate on them\N{HORIZONTAL ELLIPSIS}"),
            "learning": tr("Learning\N{HORIZONTAL ELLIPSIS}"),
            "judging": tr("Judging what was learned\N{HORIZONTAL ELLIPSIS}"),
            "done": tr("Comparing on your recordings\N{HORIZONTAL ELLIPSIS}"),
        }[teacher.learner.stage]


def _percent(value: float) -> str:
    return f"{value:.0%}" if value == value else "\N{EN DASH}"
