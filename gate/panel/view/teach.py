"""The page on which a gate is taught: record what should pass, then what should not, adapt, compare, keep."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from gate.panel.teaching.comparing import Doing
from gate.panel.teaching.takes import LEAST_S, TAKE_S, Heard
from gate.panel.teaching.teacher import Teacher
from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import give, push, show_as, words
from gate.panel.view.parts.dropping import TakesFiles
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.meters import Course
from gate.panel.view.parts.strings import tr


class SideCard(TakesFiles, QFrame):
    """One side: what to do, a button that records, a place for files, and what was heard.

    Signals: ``asked``: to record, or to stop; ``dropped``: paths of files.
    """

    asked, dropped = pyqtSignal(), pyqtSignal(list)

    def __init__(self, look: Look, number: int, title: str, task: str, colour: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAcceptDrops(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(words(tr("Step {number}").format(number=number), "title"))
        column.addWidget(words(title, "huge"))
        self.task = words(task, "quiet")
        self.task.setWordWrap(True)
        column.addWidget(self.task)
        self.course = Course(look, colour, tr("How loud it was"))
        column.addWidget(self.course, 3)
        self.clock = words("", "huge")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.clock)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximum(1000)
        self.bar.setAccessibleName(tr("Recorded of {title}").format(title=title))
        column.addWidget(self.bar)
        self.result = words("", "")
        self.result.setWordWrap(True)
        self.result.setMinimumHeight(66)
        self.result.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.result)
        column.addStretch(1)
        self.button = push(tr("Record"), tr("Record twelve seconds of what comes in"), kind="primary")
        self.button.setAccessibleName(tr("Record: {title}").format(title=title))
        self.button.clicked.connect(self.asked)
        self.files = push(
            tr("Files\N{HORIZONTAL ELLIPSIS}"),
            tr("Take sound files in place of a recording; they may be dropped here, too"),
        )
        self.files.setAccessibleName(tr("Files for: {title}").format(title=title))
        self.files.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.button, 2)
        row.addWidget(self.files, 1)
        column.addLayout(row)
        hint = words(tr("or drop sound files here"), "small")
        hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(hint)

    def show_recording(self, seconds: float) -> None:
        """Show that the side is being recorded."""
        self.clock.setText(f"{max(TAKE_S - seconds, 0.0):.0f}")
        self.bar.setValue(round(1000 * seconds / TAKE_S))
        self.button.setText(tr("Stop"))
        self.result.setText("")
        self.course.show_levels(())

    def show_heard(self, heard: Heard | None) -> None:
        """Show what a recording holds, or that there is none yet."""
        self.clock.setText("")
        self.button.setText(tr("Record") if heard is None else tr("Record again"))
        self.course.show_levels(() if heard is None else heard.levels_db)
        self.bar.setValue(0 if heard is None else min(round(1000 * heard.seconds / LEAST_S), 1000))
        said, role = (
            ("", "") if heard is None else (heard_words(heard), "warning" if heard.trouble else "good")
        )
        show_as(self.result, said, role)

    def _choose(self) -> None:
        dialog = QFileDialog(self, tr("Sound files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setModal(False)
        dialog.filesSelected.connect(lambda names: self.dropped.emit([Path(name) for name in names]))
        dialog.show()

    def take(self, paths: list[Path]) -> None:
        """Take the files that were dropped."""
        self.dropped.emit(paths)


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


def heard_words(heard: Heard) -> str:
    """Return what was heard, and whether that is enough."""
    levels = tr("{seconds} s, loud parts at {loud} dBFS, pauses at {floor} dBFS.").format(
        seconds=f"{heard.seconds:.0f}", loud=_level(heard.loud_db), floor=_level(heard.floor_db)
    )
    verdict = {
        "": tr("That is enough."),
        "short": tr("Too short: ten seconds are needed. Record again, or take more files."),
        "silent": tr("There is no sound in it. Choose the right input, or come closer."),
        "noisy": tr(
            "The pauses are too loud, and would be taught as wanted. Record where it is quieter, or closer."
        ),
    }[heard.trouble]
    return f"{levels}\n{verdict}"


def _level(value: float) -> str:
    return f"{value:.0f}".replace("-", "\N{MINUS SIGN}") if value == value else "\N{EN DASH}"


def _percent(value: float) -> str:
    return f"{value:.0%}" if value == value else "\N{EN DASH}"
