"""The table of packages is pinned, leaves out what judges, and its rules say what a sound is."""

import re
from pathlib import Path

import pytest

from training.packages.cut import LIMITS
from training.packages.found import Found
from training.packages.table import choose, drum, midi, packages, slug, sort

JUDGES = ("avldrums", "sectoid", "muldjord")


def named(name):
    """The package of a name."""
    return next(one for one in packages() if one.name == name)


def sorted_as(name, place, **more):
    """Class, owner and folder of a place in a package, or why it is left out."""
    found = sort(named(name), Found(place, Path(place), **more))
    return found if isinstance(found, str) else (found.kind, found.owner, found.folder, found.name)


def test_every_package_is_pinned():
    """Name, version, place, size and hash are those of one file, every package is there once, and licences are named."""
    for one in packages():
        file = one.place.rpartition("/")[2]
        assert re.fullmatch(
            rf"{re.escape(one.name)}_{re.escape(re.sub('^[0-9]+:', '', one.version))}_all\.deb", file
        )
        assert one.place.startswith("pool/main/")
        assert re.fullmatch(r"[0-9a-f]{64}", one.sha256)
        assert one.size > 100_000
        assert one.licence
        assert one.note
    assert len({one.name for one in packages()}) == len(packages())


def test_what_judges_is_not_in_the_table():
    """No package that later recordings are judged by."""
    assert not [one.name for one in packages() if any(word in one.name for word in JUDGES)]
    assert isinstance(
        sorted_as("hydrogen-data", "usr/share/hydrogen/data/drumkits/GMRockKit/Kick-Hard.wav"), str
    )


def test_rules_name_classes_that_there_are():
    """Every rule gives a class with limits, or a reason for none."""
    for one in packages():
        assert one.rules
        for rule in one.rules:
            assert (rule.kind in (*LIMITS, "drums", "midi") and rule.owner) or (not rule.kind and rule.reason)


@pytest.mark.parametrize(
    ("name", "place", "expected"),
    [
        (
            "asterisk-core-sounds-es-g722",
            "usr/share/asterisk/sounds/es_MX_f_Allison/digits/1.g722",
            ("speech", "asterisk/Allison", "asterisk_Allison", "1"),
        ),
        (
            "asterisk-core-sounds-en-g722",
            "usr/share/asterisk/sounds/en_US_f_Allison/silence/5.g722",
            "silence, a tone",
        ),
        (
            "hedgewars-data",
            "usr/share/games/hedgewars/Data/Sounds/voices/Pirate/Hello.ogg",
            ("speech", "hedgewars/Pirate", "hedgewars_Pirate", "Hello"),
        ),
        ("hedgewars-data", "usr/share/games/hedgewars/Data/Sounds/voices/Robot/Hello.ogg", "a made-up voice"),
        (
            "hedgewars-data",
            "usr/share/games/hedgewars/Data/Sounds/Droplet2.ogg",
            ("noise", "hedgewars/Droplet", "hedgewars", "Droplet2"),
        ),
        (
            "fillets-ng-data-cs",
            "usr/share/games/fillets-ng/sound/barrel/cs/bar-m-ahoj.ogg",
            ("speech", "fillets/cs-m", "fillets_cs_m", "bar-m-ahoj"),
        ),
        (
            "tuxpaint-stamps-default",
            "usr/share/tuxpaint/stamps/animals/birds/hen_desc_pt_BR.ogg",
            ("speech", "tuxpaint/pt", "tuxpaint_pt", "hen_desc_pt_BR"),
        ),
        (
            "tuxpaint-stamps-default",
            "usr/share/tuxpaint/stamps/symbols/numbers/1_fr.ogg",
            "spoken, or made up",
        ),
        (
            "warzone2100-music",
            "usr/share/games/warzone2100/music/albums/aftermath_soundtrack/track1.opus",
            ("music", "warzone2100/track1", "warzone2100", "track1"),
        ),
        (
            "wesnoth-1.16-data",
            "usr/share/games/wesnoth/1.16/data/core/sounds/human-die-1.ogg",
            "voices or music among",
        ),
        ("nexuiz-music", "usr/share/doc/nexuiz-music/x.wav", "no rule for its path"),
    ],
)
def test_paths_are_sorted(name, place, expected):
    """A path of each kind of package becomes what it is; what is not taken has a reason."""
    found = sorted_as(name, place)
    assert found.startswith(expected) if isinstance(expected, str) else found == expected


def test_soundfonts_are_sorted_by_general_midi():
    """Guitars and basses are guitars, drums are drums of a kit, gunshots are noise, voices are left out."""
    font = "fluid-soundfont-gm"
    place = "usr/share/sounds/sf2/FluidR3_GM.sf2"
    guitar = Found(f"{place}/025/Steel/GS/Steel A3", Path(place), "Steel A3", "Steel/GS", 25)
    found = sort(named(font), guitar)
    assert (found.kind, found.owner, found.folder) == ("guitar", "gm/program-025", "gm_Steel-GS")
    assert found.source == sort(named("musescore-general-soundfont-lossless"), guitar).source
    kick = Found(
        f"{place}/drums/Std Kick 1/Std Kick 1(L)", Path(place), "Std Kick 1(L)", "Std Kick 1", 128, True
    )
    found = sort(named(font), kick)
    assert (found.kind, found.owner, found.name) == ("drums/kick", "gm/standard", "kick_Std-Kick-1-L")
    snare = Found(
        f"{place}/117/Verbsnares/GS/Power Snare 1", Path(place), "Power Snare 1", "Verbsnares/GS", 117
    )
    found = sort(named(font), snare)
    assert (found.kind, found.owner) == ("drums/snare", "gm/power")
    shot = Found(f"{place}/127/Gun/Gun", Path(place), "Gun", "Gun", 127)
    assert sort(named(font), shot).kind == "noise"
    voice = Found(f"{place}/052/Ahh Choir/Ahh C4", Path(place), "Ahh C4", "Ahh Choir", 52)
    assert "voice" in sort(named(font), voice)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BassDrum_3", ("drums/kick", "kick_")),
        ("EE_Kick_Low_1", ("drums/kick", "kick_")),
        ("bd_01", ("drums/kick", "kick_")),
        ("Snare Rimshot", ("drums/snare", "snare-rimshot_")),
        ("snare-opaque-normal-mic-rimshot7", ("drums/snare", "snare-rimshot_")),
        ("Rim Click", ("drums/snare", "sidestick_")),
        ("SideStick-Hard", ("drums/snare", "sidestick_")),
        ("Snare Roll", ("drums/snare", "snare-roll_")),
        ("Snare Jazz", ("drums/snare", "snare_")),
        ("Tom Low", ("drums/toms", "tom_")),
        ("Floor Tom", ("drums/toms", "tom_")),
        ("MTnr-2 hit 1", ("drums/percussion", "")),
        ("MBass-2 rim 1", ("drums/percussion", "")),
        ("Hi Hat Closed", ("drums/cymbals", "hat-closed_")),
        ("HiHatSemiopen-2", ("drums/cymbals", "hat-semi-open_")),
        ("Open HH", ("drums/cymbals", "hat-open_")),
        ("Pedal HH", ("drums/cymbals", "hat-pedal_")),
        ("Ride Bell", ("drums/cymbals", "")),
        ("Crash/Ride", ("drums/cymbals", "")),
        ("Cowbell", ("drums/percussion", "")),
        ("Hand Clap", ("drums/percussion", "")),
        ("Sangban1 Bell Hit", ("drums/percussion", "")),
        ("Stick", ("drums/percussion", "")),
        ("emptySample", ("", "")),
        ("Whistle", ("", "")),
    ],
)
def test_drums_are_told_by_their_names(name, expected):
    """Names as kits have them."""
    assert drum(name, "") == expected


def test_a_drum_without_a_name_is_told_by_its_instrument():
    """A sample's own name comes first, then its instrument's; a drum that neither tells is percussion."""
    assert drum("Power 1-2(L)", "Power Snares") == ("drums/snare", "snare_")
    assert drum("Crsh 2", "Crashes & Rides") == ("drums/cymbals", "")
    assert drum("beats_01-20", "") == ("drums/percussion", "")


def test_general_midi_programs():
    """An instrument is what the list says, and else an instrument."""
    assert [midi(program)[0] for program in (0, 24, 33, 52, 73, 117, 127)] == [
        "instrument", "guitar", "guitar", "", "instrument", "drums", "noise",
    ]  # fmt: skip


def test_an_unknown_package_is_named():
    """A name that is not in the table is refused with those that are."""
    assert [one.name for one in choose(["klettres-data"])] == ["klettres-data"]
    with pytest.raises(ValueError, match=r"expected one of the packages asterisk.*, got fluid; name one"):
        choose(["fluid"])


def test_names_become_names_of_files():
    """Whatever a sample is called, its file's name is plain, and never empty."""
    assert [slug(name) for name in ("Steel/GS", "D#3 ü (L)", "../x", "")] == ["Steel-GS", "Ds3-L", "x", "x"]
