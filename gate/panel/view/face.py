"""Layout of the window: two knobs on the left, level and gain in the middle, spectrum and key on the right."""

from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gate.panel.teaching.teacher import Teacher
from gate.panel.theme import SPACE
from gate.panel.view.banner import Banner
from gate.panel.view.chain import ChainRow
from gate.panel.view.foot import Foot
from gate.panel.view.guardbox import GuardBox
from gate.panel.view.learned import Learned
from gate.panel.view.parts.controls import Knob, Slider, push, words
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.meters import Lamp
from gate.panel.view.parts.plots import GainPlot, LevelPlot
from gate.panel.view.parts.spectrum_plot import SpectrumPlot
from gate.panel.view.parts.strings import tr
from gate.panel.view.teach import TeachPage
from gate.panel.view.top import Top
from gate.parameters import BY_ID


class Face(QWidget):
    """The window's parts in their places; what the parts do is the window's business."""

    def __init__(self, look: Look, teacher: Teacher) -> None:
        super().__init__()
        self.look, self.teacher = look, teacher
        self.top, self.foot, self.banner = Top(), Foot(), Banner()
        grid = QGridLayout()
        grid.setSpacing(SPACE + 2)
        grid.addWidget(self._knobs(), 0, 0, 2, 1)
        grid.addWidget(self._centre(), 0, 1)
        grid.addWidget(self._right(), 0, 2)
        self.guard = GuardBox(self.look)
        row = QHBoxLayout()
        row.setSpacing(SPACE + 2)
        row.addWidget(self.guard, 1)
        row.addWidget(self._lookahead())
        grid.addLayout(row, 1, 1, 1, 2)
        grid.setColumnStretch(1, 5)
        grid.setColumnStretch(2, 3)
        grid.setRowStretch(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 6)
        column.setSpacing(SPACE + 2)
        body = QWidget()
        grid.setContentsMargins(0, 0, 0, 0)
        body.setLayout(grid)
        self.page = TeachPage(self.look, self.teacher)
        self.pages = QStackedWidget()
        self.pages.addWidget(body)
        self.pages.addWidget(self.page)
        self.chain = ChainRow()
        column.addWidget(self.top)
        column.addWidget(self.chain)
        column.addWidget(self.pages, 1)
        column.addWidget(self.foot)
        self.banner.setParent(self)
        self.banner.hide()
        self.banner.shown.connect(self.place_banner)

    def place_banner(self) -> None:
        """Put the banner on the chain's row, where that is empty: when it comes or goes, nothing moves."""
        begin = min(self.chain.x() + self.chain.filled() + 2 * SPACE, self.width() // 2)
        width = self.width() - begin - self.chain.x()
        height = max(self.banner.heightForWidth(width), self.banner.minimumSizeHint().height())
        self.banner.setGeometry(begin, self.chain.y() - 2, width, height)
        self.banner.raise_()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the banner in the middle."""
        self.place_banner()

    def _knobs(self) -> QWidget:
        card = _card()
        card.setFixedWidth(232)
        column = QVBoxLayout(card)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        self.threshold = Knob(
            self.look, BY_ID["threshold"], tr("Threshold"), tr("How loud a wanted sound must be"), "threshold"
        )
        self.range = Knob(
            self.look,
            BY_ID["range"],
            tr("Range"),
            tr("How far the gate shuts; all the way down is silence"),
            "reduction",
        )
        self.auto = push(tr("Auto"), tr("Listen for five seconds and propose a threshold (A)"))
        self.use = push("", tr("Take the threshold that was proposed (Enter)"), kind="primary")
        self.use.hide()
        self.why = words("", "small")
        self.why.setWordWrap(True)
        self.why.hide()
        row = QHBoxLayout()
        row.addWidget(self.auto)
        row.addWidget(self.use)
        column.addWidget(self.threshold, 1)
        column.addLayout(row)
        column.addWidget(self.why)
        column.addSpacing(SPACE)
        column.addWidget(self.range, 1)
        return card

    def _centre(self) -> QWidget:
        card = _card()
        column = QVBoxLayout(card)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        column.setSpacing(SPACE // 2)
        self.lamp = Lamp(self.look)
        self.numbers = {name: words("", "value") for name in ("in", "out", "gain")}
        row = QHBoxLayout()
        row.addWidget(self.lamp)
        row.addStretch()
        self.names = {
            "in": words(tr("in"), "quiet"),
            "out": words(tr("out"), "quiet"),
            "gain": words(tr("gain"), "quiet"),
        }
        for name, label in self.names.items():
            number = self.numbers[name]
            number.setMinimumWidth(104)
            row.addSpacing(2 * SPACE)
            row.addWidget(label)
            row.addWidget(number)
        column.addLayout(row)
        self.level, self.gain = LevelPlot(self.look), GainPlot(self.look)
        column.addWidget(self.level, 13)
        column.addWidget(self.gain, 5)
        return card

    def _right(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE + 2)
        card = _card()
        inner = QVBoxLayout(card)
        inner.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        inner.setSpacing(SPACE // 2)
        row = QHBoxLayout()
        self.key = words("", "value")
        row.addWidget(words(tr("Key"), "quiet"))
        row.addWidget(self.key)
        row.addStretch()
        self.key.setMinimumHeight(26)
        inner.addLayout(row)
        self.plot = SpectrumPlot(self.look)
        inner.addWidget(self.plot)
        column.addWidget(card, 1)
        self.learned = Learned(self.look)
        column.addWidget(self.learned)
        return side

    def _lookahead(self) -> QWidget:
        card = _card()
        card.setFixedWidth(230)
        column = QVBoxLayout(card)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        self.lookahead = Slider(
            self.look,
            BY_ID["lookahead"],
            tr("Lookahead"),
            tr("Delay of the sound against the decisions, so that the gate opens before the onset"),
        )
        column.addWidget(self.lookahead)
        return card


def _card() -> QFrame:
    made = QFrame()
    made.setObjectName("card")
    return made
