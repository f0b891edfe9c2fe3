"""Licences of single files come from the package's copyright file."""

from training.packages.licences import read_licences

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: GPL-3+
 Long text.

Files: data/sfx/*
       data/music/a?.ogg
License: CC-BY-SA-3.0

Files: data/sfx/anvil.ogg
Copyright: 2004, Somebody
License: CC0

Files: drumkits/Small.h2drumkit
License: CC-BY-3.0

Files: debian/*
License: MIT

License: MIT
 Files: of nobody
"""


def test_the_last_pattern_that_fits_counts(tmp_path):
    """Patterns of the source fit installed paths; the general one is left to the table."""
    (tmp_path / "copyright").write_text(COPYRIGHT)
    licences = read_licences(tmp_path / "copyright")
    share = "usr/share/games/race/data"
    assert licences.of(f"{share}/sfx/boing.ogg") == "CC-BY-SA-3.0"
    assert licences.of(f"{share}/sfx/anvil.ogg") == "CC0"
    assert licences.of(f"{share}/music/a1.ogg") == "CC-BY-SA-3.0"
    assert licences.of(f"{share}/music/bb.ogg") == ""
    assert licences.of("usr/share/hydrogen/data/drumkits/Small/kick.wav") == "CC-BY-3.0"
    assert licences.of("usr/share/doc/debian/x.ogg") == ""


def test_other_formats_give_none(tmp_path):
    """A copyright file in prose, or none, says nothing of single files."""
    (tmp_path / "copyright").write_text("This package was debianized by somebody.\nIt may be copied.\n")
    assert read_licences(tmp_path / "copyright").of("a/b.ogg") == ""
    assert read_licences(tmp_path / "none").of("a/b.ogg") == ""
