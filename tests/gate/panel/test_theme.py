"""What is read can be read, in every theme."""

import re
from dataclasses import fields

import pytest

from gate.panel import theme
from gate.panel.theme import CONTRAST, SEEN_PAIRS, TEXT_PAIRS, THEMES, Theme, contrast, style_sheet

TEXT, SEEN, HIGH = 4.5, 3.0, 7.0
"""WCAG 2.2: 1.4.3 for text, 1.4.11 for what has to be seen, 1.4.6 for the text of the high-contrast theme."""


def test_contrast_is_that_of_the_guidelines():
    """Black on white is 21 to 1, and #777777 on white just fails where #767676 just passes."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") < TEXT < contrast("#767676", "#ffffff")


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("pair", TEXT_PAIRS, ids="-".join)
def test_text_can_be_read(name, pair):
    """Every pair of letters and ground has the contrast of level AA, in high contrast that of AAA."""
    one, other = (getattr(THEMES[name], colour) for colour in pair)
    assert contrast(one, other) >= (HIGH if THEMES[name] is CONTRAST else TEXT)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("pair", SEEN_PAIRS, ids="-".join)
def test_lines_can_be_seen(name, pair):
    """Curves, knobs, borders of controls and the ring of focus stand out from what is under them."""
    one, other = (getattr(THEMES[name], colour) for colour in pair)
    assert contrast(one, other) >= SEEN


@pytest.mark.parametrize("name", THEMES)
def test_the_style_sheet_is_whole(name):
    """No placeholder is left in it, and nothing in it is a colour that is not in the table."""
    sheet = style_sheet(THEMES[name])
    assert "@" not in sheet
    table = {getattr(THEMES[name], field.name) for field in fields(Theme)}
    blends = {
        theme.blend(THEMES[name].ink, THEMES[name].field, 0.10),
        theme.blend(THEMES[name].accent, THEMES[name].card, 0.18),
    }
    assert set(re.findall(r"#[0-9a-f]{6}", sheet)) <= table | blends
