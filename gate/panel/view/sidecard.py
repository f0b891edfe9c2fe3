"""The cards on which the two sides of a lesson are recorded: what should pass, and what should not."""

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
)

from gate.panel.teaching.takes import LEAST_S, TAKE_S, Heard
from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import push, show_as, words
from gate.panel.view.parts.dropping import TakesFiles
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.meters import Course
from gate.panel.view.parts.strings import tr


class SideCard(TakesFiles, QFrame):
    """One side: what to do, a button that records, a place for files, and what was heard.

    Signals: ``asked``: record, or stop; ``dropped``: paths of files.
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
        """It is being recorded."""
        self.clock.setText(f"{max(TAKE_S - seconds, 0.0):.0f}")
        self.bar.setValue(round(1000 * seconds / TAKE_S))
        self.button.setText(tr("Stop"))
        self.result.setText("")
        self.course.show_levels(())

    def show_heard(self, heard: Heard | None) -> None:
        """What it holds, or nothing yet."""
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
        """Take files that were dropped."""
        self.dropped.emit(paths)


def heard_words(heard: Heard) -> str:
    """What was heard, and whether that is enough."""
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
