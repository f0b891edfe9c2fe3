"""A preset's card: what it was taught, how well it does, and its licence; the whole of CARD.md below."""

from typing import Any

from PyQt6.QtWidgets import QGridLayout, QTextBrowser, QWidget

from gate.modelfile.preset import Preset
from gate.panel.view.parts.controls import words
from gate.panel.view.parts.popover import Popover
from gate.panel.view.parts.strings import tr

SCORES = (
    ("auc", "AUC"),
    ("balanced", "balanced accuracy"),
    ("onset_ms", "onset, ms"),
    ("cut_db", "bleed cut, dB"),
)
"""Scores of a gate that fit on a card, and their names (docs/metrics.md)."""

SIZE = (640, 560)


class Card(Popover):
    """The card of one preset."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, tr("About this preset"))
        self.name, self.taught = words("", "huge"), words("")
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(False)
        self.text.setAccessibleName(tr("The preset's card"))
        self.scores = QGridLayout()
        self.licence = words("", "quiet")
        self.licence.setWordWrap(True)
        for part in (self.name, self.taught):
            part.setWordWrap(True)
            self.body.addWidget(part)
        self.body.addLayout(self.scores)
        self.body.addWidget(self.licence)
        self.body.addWidget(self.text, 1)

    def show_preset(self, preset: Preset, beside: QWidget) -> None:
        """Show the card of a preset near a widget."""
        contract = preset.contract
        self.name.setText(preset.name)
        self.taught.setText(tr("Taught: {taught}").format(taught=contract.taught))
        self.licence.setText(
            tr("Licence of the weights: {licence}. Learned from {data}.").format(
                licence=contract.licence, data=contract.training_data
            )
        )
        self._show_scores(contract.scores)
        card = None if preset.folder is None else preset.folder / "CARD.md"
        try:
            text = "" if card is None else card.read_text("utf-8", "replace")
        except OSError:
            text = ""
        self.text.setMarkdown(text)
        self.text.setVisible(bool(text))
        self.come(beside, SIZE if text else None)

    def _show_scores(self, scores: dict[str, Any]) -> None:
        while (item := self.scores.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        tables = {name: table for name, table in scores.items() if isinstance(table, dict)}
        if not tables:
            return
        for column, (_, title) in enumerate(SCORES, 1):
            self.scores.addWidget(words(tr(title), "small"), 0, column)
        for row, (name, table) in enumerate(tables.items(), 1):
            self.scores.addWidget(words(tr("under {bleed}").format(bleed=name), "quiet"), row, 0)
            for column, (key, _) in enumerate(SCORES, 1):
                value = table.get(key)
                said = f"{value:.3g}" if isinstance(value, int | float) else "\N{EN DASH}"
                self.scores.addWidget(words(said, "value"), row, column)
