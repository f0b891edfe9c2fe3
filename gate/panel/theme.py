"""How the panel looks: one table of colours for each theme, one scale of sizes, and the style sheet made of them.

No Qt here: the tests check every pair that is read or looked at for the contrast that WCAG 2.2 asks for (AA: 4.5 to 1
for text, 3 to 1 for what has to be seen; AAA, 7 to 1, for text of the high-contrast theme).
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for, as #rrggbb.

    ``ground`` lies under everything, ``card`` under groups, ``field`` under what can be set, ``plot`` under curves; ``edge``
    parts groups and need not be seen, ``outline`` is the border of what can be set; ``ink`` and ``quiet`` are text.
    """

    name: str
    ground: str
    card: str
    field: str
    plot: str
    edge: str
    outline: str
    ink: str
    quiet: str
    accent: str
    """Colour of what is heard, what is open, what is chosen."""
    on_accent: str
    sound_in: str
    """Colour of the sound that comes in, as an area."""
    sound_in_line: str
    threshold: str
    reduction: str
    """Colour of what the gate takes away."""
    key: str
    warning: str
    danger: str
    on_danger: str
    focus: str


DARK = Theme(
    "dark", ground="#121519", card="#191d23", field="#232932", plot="#0d1013", edge="#262c35", outline="#6a7585",
    ink="#eef1f5", quiet="#a3adbb", accent="#3ecfae", on_accent="#05231c", sound_in="#39424f", sound_in_line="#7d8999",
    threshold="#ffb545", reduction="#ff8a70", key="#a996ff", warning="#ffc86b", danger="#ff6b6b", on_danger="#2b0505",
    focus="#8fc7ff",
)  # fmt: skip

LIGHT = Theme(
    "light", ground="#eff1f4", card="#ffffff", field="#f1f3f6", plot="#fbfcfd", edge="#dde1e7", outline="#7b8593",
    ink="#171b21", quiet="#545d6a", accent="#0a7a64", on_accent="#ffffff", sound_in="#c9d0d9", sound_in_line="#69727f",
    threshold="#a65300", reduction="#c2410c", key="#6a4ad4", warning="#8a5200", danger="#c62333", on_danger="#ffffff",
    focus="#1666c5",
)  # fmt: skip

CONTRAST = Theme(
    "contrast", ground="#000000", card="#000000", field="#000000", plot="#000000", edge="#ffffff", outline="#ffffff",
    ink="#ffffff", quiet="#ffffff", accent="#3dffc8", on_accent="#000000", sound_in="#5c5c5c", sound_in_line="#c8c8c8",
    threshold="#ffe600", reduction="#ff9d85", key="#d0a8ff", warning="#ffe600", danger="#ff8f8f", on_danger="#000000",
    focus="#ffffff",
)  # fmt: skip

THEMES = {theme.name: theme for theme in (DARK, LIGHT, CONTRAST)}
"""Themes by name."""

TEXT_PAIRS = (
    ("ink", "ground"), ("ink", "card"), ("ink", "field"), ("ink", "plot"), ("quiet", "ground"), ("quiet", "card"),
    ("quiet", "field"), ("quiet", "plot"), ("on_accent", "accent"), ("on_danger", "danger"), ("threshold", "plot"),
    ("key", "plot"), ("accent", "plot"), ("reduction", "plot"), ("warning", "card"), ("danger", "card"),
    ("accent", "card"), ("threshold", "card"), ("warning", "field"), ("sound_in_line", "plot"),
)  # fmt: skip
"""(letters, what is under them)."""

SEEN_PAIRS = (
    ("accent", "plot"), ("accent", "card"), ("accent", "field"), ("threshold", "plot"), ("threshold", "card"),
    ("reduction", "plot"), ("reduction", "card"), ("key", "plot"), ("key", "card"), ("sound_in_line", "plot"),
    ("outline", "field"), ("outline", "card"), ("focus", "ground"), ("focus", "card"), ("focus", "field"),
    ("danger", "card"),
)  # fmt: skip
"""(line, knob, border or focus ring, what it is seen against)."""

SMALL, BODY, LARGE, HUGE = 11, 13, 17, 27
"""Sizes of letters in pixels, each about 1.3 times the one before but for the last, which is for two values."""

SPACE = 8
"""Pixels; all distances are multiples of this, or half of it."""

RADIUS = 8
"""Radius of corners, in pixels."""

FONTS = ("Inter", "Segoe UI", "SF Pro Text", "Cantarell", "Noto Sans", "DejaVu Sans")
"""Fonts; the first that a system has is taken."""


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, 0 to 1. Source: WCAG 2.2, "relative luminance"."""
    parts = [int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blend(colour: str, under: str, share: float) -> str:
    """Return ``colour`` laid over ``under``, covering that share of it, 0 to 1."""
    pairs = [(int(colour[k : k + 2], 16), int(under[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(share * over + (1 - share) * below):02x}" for over, below in pairs)


def style_sheet(theme: Theme) -> str:
    """Return Qt's style sheet of a theme: ``TEMPLATE`` with the theme's colours and sizes in it."""
    text = TEMPLATE
    values = {field.name: getattr(theme, field.name) for field in fields(theme)}
    values |= {
        "small": f"{SMALL}px", "body": f"{BODY}px", "large": f"{LARGE}px", "huge": f"{HUGE}px",
        "radius": f"{RADIUS}px", "half": f"{RADIUS // 2}px", "hover": blend(theme.ink, theme.field, 0.10),
        "selected": blend(theme.accent, theme.card, 0.18),
    }  # fmt: skip
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"@{name}", values[name])
    return text


TEMPLATE = """
QWidget { color: @ink; font-size: @body; }
QWidget#window, QWidget#page, QScrollArea, QWidget#scrolled { background: @ground; border: none; }
QFrame#card { background: @card; border: 1px solid @edge; border-radius: @radius; }
QFrame#popover { background: @card; border: 1px solid @outline; border-radius: @radius; }
QFrame#banner { background: @card; border: 1px solid @warning; border-radius: @radius; }
QFrame#banner[kind="error"] { border-color: @danger; }
QFrame#banner[kind="info"] { border-color: @outline; }
QLabel { background: transparent; }
QLabel[role="quiet"] { color: @quiet; }
QLabel[role="small"] { color: @quiet; font-size: @small; }
QLabel[role="title"] { color: @quiet; font-size: @small; font-weight: 600; }
QLabel[role="value"] { font-size: @large; }
QLabel[role="heading"] { font-size: @large; font-weight: 600; }
QLabel[role="huge"] { font-size: @huge; font-weight: 600; }
QLabel[role="warning"] { color: @warning; }
QLabel[role="danger"] { color: @danger; font-weight: 600; }
QLabel[role="good"] { color: @accent; font-weight: 600; }
QLabel[role="badge"] { color: @on_accent; background: @accent; font-size: @small; font-weight: 600; border-radius: @half;
    padding: 0 4px; }
QPushButton, QToolButton, QComboBox { background: @field; border: 1px solid @outline; border-radius: @half;
    padding: 4px 10px; min-height: 20px; }
QPushButton:hover, QToolButton:hover, QComboBox:hover { background: @hover; }
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QListWidget:focus, QAbstractSpinBox:focus,
QCheckBox:focus, QPlainTextEdit:focus, QTextBrowser:focus { border: 2px solid @focus; }
QPushButton:focus, QToolButton:focus, QComboBox:focus { padding: 3px 9px; }
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled { color: @quiet; border-color: @edge; }
QPushButton:checked, QToolButton:checked { background: @accent; color: @on_accent; border-color: @accent; font-weight: 600; }
QPushButton:checked:focus, QToolButton:checked:focus { border: 2px solid @focus; }
QPushButton[kind="danger"]:checked { background: @danger; color: @on_danger; border-color: @danger; }
QPushButton[kind="warning"]:checked { background: @threshold; color: @ground; border-color: @threshold; }
QPushButton[kind="primary"] { background: @accent; color: @on_accent; border-color: @accent; font-weight: 600; }
QPushButton[kind="primary"]:disabled { background: @field; color: @quiet; border-color: @edge; }
QPushButton[kind="flat"], QToolButton[kind="flat"] { background: transparent; border-color: transparent; }
QPushButton[kind="flat"]:hover, QToolButton[kind="flat"]:hover { background: @field; }
QPushButton[kind="flat"]:focus, QToolButton[kind="flat"]:focus { border: 2px solid @focus; }
QPushButton[kind="flat"]:checked { background: @field; color: @ink; border-color: @outline; }
QPushButton[kind="slot"] { background: @card; border-color: @edge; padding: 1px 10px; min-height: 18px; font-size: @small; }
QPushButton[kind="slot"]:focus { border: 2px solid @focus; }
QPushButton[part="left"] { border-top-right-radius: 0; border-bottom-right-radius: 0; }
QPushButton[part="middle"] { border-radius: 0; border-left: none; }
QPushButton[part="right"] { border-top-left-radius: 0; border-bottom-left-radius: 0; border-left: none; }
QPushButton[part="middle"]:focus, QPushButton[part="right"]:focus { border: 2px solid @focus; }
QToolButton::menu-indicator, QPushButton::menu-indicator { image: none; width: 0; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox QAbstractItemView, QMenu, QListWidget { background: @card; color: @ink; border: 1px solid @outline;
    border-radius: @half; selection-background-color: @selected; selection-color: @ink; padding: 4px; outline: none; }
QMenu::item { padding: 5px 22px; border-radius: @half; }
QMenu::item:selected { background: @selected; }
QMenu::item:disabled { color: @quiet; }
QMenu::separator { height: 1px; background: @edge; margin: 4px 6px; }
QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextBrowser { background: @field; border: 1px solid @outline;
    border-radius: @half; padding: 3px 6px; selection-background-color: @accent; selection-color: @on_accent; }
QAbstractSpinBox[kind="value"] { background: transparent; border: 2px solid transparent; padding: 0; font-size: @body; }
QAbstractSpinBox[kind="huge"] { background: transparent; border: 2px solid transparent; padding: 0; font-size: @huge;
    font-weight: 600; }
QAbstractSpinBox[kind="value"]:hover, QAbstractSpinBox[kind="huge"]:hover { background: @field; }
QAbstractSpinBox[kind="value"]:focus, QAbstractSpinBox[kind="huge"]:focus { border: 2px solid @focus; background: @field; }
QProgressBar { background: @field; border: 1px solid @outline; border-radius: @half; min-height: 8px; max-height: 8px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QToolTip { background: @card; color: @ink; border: 1px solid @outline; padding: 4px; }
QScrollBar:vertical { background: transparent; width: 10px; }
QScrollBar::handle:vertical { background: @outline; border-radius: 4px; min-height: 30px; margin: 1px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; height: 0; }
"""
"""Style sheet with @name for each colour and size."""
