"""Layouts of loudspeakers by name, by number of channels and by Core Audio's tag; places as in ``gate.files.speakers``.

Sources: ksmedia.h (Microsoft), CoreAudioBaseTypes.h (Apple), RFC 9639 (FLAC) 9.1.3, Vorbis I 4.3.9, ALAC's magic cookie
(Apple). Names are those that ffmpeg gives them.
"""

BITS = 18
"""Places that a channel mask has a bit for."""

ABBREVIATIONS = dict(
    enumerate(
        [
            "FL",
            "FR",
            "FC",
            "LFE",
            "BL",
            "BR",
            "FLC",
            "FRC",
            "BC",
            "SL",
            "SR",
            "TC",
            "TFL",
            "TFC",
            "TFR",
            "TBL",
            "TBC",
            "TBR",
        ],
        1,
    )
) | {200: "W", 201: "X", 202: "Y", 203: "Z"}

NAMES = {
    0x4: "mono", 0x3: "stereo", 0xB: "2.1", 0x7: "3.0", 0x103: "3.0 (back)", 0xF: "3.1", 0x107: "4.0", 0x33: "quad",
    0x603: "quad (side)", 0x10F: "4.1", 0x37: "5.0", 0x607: "5.0 (side)", 0x3F: "5.1", 0x60F: "5.1 (side)",
    0x707: "6.0", 0x6C3: "6.0 (front)", 0x137: "hexagonal", 0x70F: "6.1", 0x13F: "6.1 (back)", 0x6CB: "6.1 (front)",
    0x637: "7.0", 0x6C7: "7.0 (front)", 0x63F: "7.1", 0xFF: "7.1 (wide)", 0x6CF: "7.1 (wide, side)",
    0x737: "octagonal", 0x2D63F: "7.1.4", 0x503F: "5.1.2", 0x2D03F: "5.1.4", 0x563F: "7.1.2", 0x5033: "cube",
}  # fmt: skip
"""Names of channel masks."""

_L, _R, _C, _LFE, _LS, _RS, _LC, _RC, _CS = range(1, 10)
_SL, _SR = 10, 11
_RLS, _RRS = 33, 34

FLAC = {
    1: (_C,),
    2: (_L, _R),
    3: (_L, _R, _C),
    4: (_L, _R, _LS, _RS),
    5: (_L, _R, _C, _LS, _RS),
    6: (_L, _R, _C, _LFE, _LS, _RS),
    7: (_L, _R, _C, _LFE, _CS, _SL, _SR),
    8: (_L, _R, _C, _LFE, _LS, _RS, _SL, _SR),
}
"""Places that FLAC means where it says nothing, by number of channels."""

VORBIS = {
    1: (_C,),
    2: (_L, _R),
    3: (_L, _C, _R),
    4: (_L, _R, _LS, _RS),
    5: (_L, _C, _R, _LS, _RS),
    6: (_L, _C, _R, _LS, _RS, _LFE),
    7: (_L, _C, _R, _SL, _SR, _CS, _LFE),
    8: (_L, _C, _R, _SL, _SR, _LS, _RS, _LFE),
}
"""Places that Vorbis and Opus always mean, by number of channels; libsndfile leaves their order as it is."""

ALAC = {
    1: (_C,),
    2: (_L, _R),
    3: (_C, _L, _R),
    4: (_C, _L, _R, _CS),
    5: (_C, _L, _R, _LS, _RS),
    6: (_C, _L, _R, _LS, _RS, _LFE),
    7: (_C, _L, _R, _LS, _RS, _CS, _LFE),
    8: (_C, _LC, _RC, _L, _R, _LS, _RS, _LFE),
}
"""Places that ALAC means where it says nothing, by number of channels; libsndfile leaves its order as it is."""

TAGGED = {
    100: (_C,),
    101: (_L, _R),
    102: (_L, _R),
    107: (200, 201, 202, 203),
    108: (_L, _R, _LS, _RS),
    109: (_L, _R, _LS, _RS, _C),
    110: (_L, _R, _LS, _RS, _C, _CS),
    111: (_L, _R, _LS, _RS, _C, _CS, _SL, _SR),
    113: (_L, _R, _C),
    114: (_C, _L, _R),
    115: (_L, _R, _C, _CS),
    116: (_C, _L, _R, _CS),
    117: (_L, _R, _C, _LS, _RS),
    118: (_L, _R, _LS, _RS, _C),
    119: (_L, _C, _R, _LS, _RS),
    120: (_C, _L, _R, _LS, _RS),
    121: (_L, _R, _C, _LFE, _LS, _RS),
    122: (_L, _R, _LS, _RS, _C, _LFE),
    123: (_L, _C, _R, _LS, _RS, _LFE),
    124: (_C, _L, _R, _LS, _RS, _LFE),
    125: (_L, _R, _C, _LFE, _LS, _RS, _CS),
    126: (_L, _R, _C, _LFE, _LS, _RS, _LC, _RC),
    127: (_C, _LC, _RC, _L, _R, _LS, _RS, _LFE),
    128: (_L, _R, _C, _LFE, _LS, _RS, _RLS, _RRS),
    129: (_L, _R, _LS, _RS, _C, _LFE, _LC, _RC),
    131: (_L, _R, _CS),
    132: (_L, _R, _LS, _RS),
    133: (_L, _R, _LFE),
    134: (_L, _R, _LFE, _CS),
    135: (_L, _R, _LFE, _LS, _RS),
    136: (_L, _R, _C, _LFE),
    137: (_L, _R, _C, _LFE, _CS),
    138: (_L, _R, _LS, _RS, _LFE),
    139: (_L, _R, _LS, _RS, _C, _CS),
    140: (_L, _R, _LS, _RS, _C, _RLS, _RRS),
    141: (_C, _L, _R, _LS, _RS, _CS),
    142: (_C, _L, _R, _LS, _RS, _CS, _LFE),
    143: (_C, _L, _R, _LS, _RS, _RLS, _RRS),
    144: (_C, _L, _R, _LS, _RS, _RLS, _RRS, _CS),
    148: (_L, _R, _LS, _RS, _C, _LC, _RC),
    149: (_C, _LFE),
    150: (_L, _C, _R),
    151: (_L, _C, _R, _CS),
    152: (_L, _C, _R, _LFE),
    153: (_L, _R, _CS, _LFE),
    154: (_L, _C, _R, _CS, _LFE),
    155: (_L, _C, _R, _LS, _RS, _CS),
    156: (_L, _C, _R, _LS, _RS, _RLS, _RRS),
    157: (_L, _C, _R, _LS, _RS, _LFE, _CS),
    183: (_C, _L, _R, _LS, _RS, _RLS, _RRS, _LFE),
    185: (_L, _R, _RLS, _RRS),
    186: (_L, _R, _C, _RLS, _RRS),
    187: (_L, _R, _C, _LFE, _RLS, _RRS),
    188: (_L, _R, _C, _LFE, _CS, _LS, _RS),
    189: (_L, _R, _C, _LFE, _RLS, _RRS, _LS, _RS),
}
"""Core Audio's labels by the upper half of a layout tag."""
