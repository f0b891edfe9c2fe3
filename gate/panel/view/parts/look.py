"""The theme in Qt's own terms: colours, pens and fonts for what is painted by hand, and the style sheet for the rest."""

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QGuiApplication, QPalette, QPen
from PyQt6.QtWidgets import QApplication

from gate.panel.theme import BODY, FONTS, THEMES, Theme, style_sheet

AUTO = "auto"
"""Name for the system's choice of light or dark."""


class Look(QObject):
    """The theme at work. A widget that paints by hand asks it for colours, and paints again after ``changed``.

    Attributes:
        theme: the one that is shown.
        wish: its name, or "auto".
    """

    changed = pyqtSignal()

    def __init__(self, wish: str = AUTO) -> None:
        super().__init__()
        self.wish, self.theme = wish, self._find(wish)
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._follow)

    def _find(self, wish: str) -> Theme:
        if wish in THEMES:
            return THEMES[wish]
        hints = QGuiApplication.styleHints()
        light = hints is not None and hints.colorScheme() == Qt.ColorScheme.Light
        return THEMES["light" if light else "dark"]

    def _follow(self) -> None:
        if self.wish == AUTO:
            self.use(AUTO)

    def use(self, wish: str) -> None:
        """Show another theme, by name, or the system's ("auto")."""
        self.wish, self.theme = wish, self._find(wish)
        self.dress()
        self.changed.emit()

    def dress(self) -> None:
        """Give the application fonts, palette and style sheet."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        font = QFont()
        font.setFamilies(list(FONTS))
        font.setPixelSize(BODY)
        application.setFont(font)
        application.setPalette(self._palette())
        application.setStyleSheet(style_sheet(self.theme))

    def _palette(self) -> QPalette:
        palette, role = QPalette(), QPalette.ColorRole
        for which, name in (
            (role.Window, "ground"),
            (role.Base, "field"),
            (role.Button, "field"),
            (role.WindowText, "ink"),
            (role.Text, "ink"),
            (role.ButtonText, "ink"),
            (role.ToolTipBase, "card"),
            (role.ToolTipText, "ink"),
            (role.Highlight, "accent"),
            (role.HighlightedText, "on_accent"),
            (role.PlaceholderText, "quiet"),
            (role.Link, "accent"),
        ):
            palette.setColor(which, self.colour(name))
        return palette

    def colour(self, name: str, share: float = 1.0) -> QColor:
        """Return a colour of the theme, covering that share of what is under it."""
        found = QColor(getattr(self.theme, name))
        found.setAlphaF(share)
        return found

    def pen(self, name: str, width: float = 1.0, share: float = 1.0) -> QPen:
        """Return a pen of a colour, with round ends."""
        pen = QPen(self.colour(name, share), width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        return pen

    def line(self, name: str, width: float = 1.0, share: float = 1.0) -> QPen:
        """Return a pen for plots: so many pixels wide, whatever a plot's units are."""
        pen = self.pen(name, width, share)
        pen.setCosmetic(True)
        return pen
