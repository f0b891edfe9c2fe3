"""Figures that others measured by this protocol, in per cent, from their own tables.

paper: M. S. Hussain, M. A. Haque, "SwishNet: a fast convolutional neural network for speech, music and noise classification
and segmentation", arXiv 1812.00149. reproduction: T. Degamboda, 2021, of the topology of ``training.networks.swishnet``.
"""

MUSAN: dict[str, dict[float, tuple[float, float]]] = {
    "paper, slim": {0.5: (97.64, 99.24), 1.0: (98.20, 99.60), 2.0: (98.41, 99.76)},
    "paper, wide, distilled": {0.5: (98.05, 99.45), 1.0: (98.54, 99.71), 2.0: (98.92, 99.84)},
    "paper, MobileNet": {0.5: (98.94, 99.73), 1.0: (99.24, 99.89), 2.0: (99.38, 99.96)},
    "reproduction": {0.5: (97.74, 99.05), 1.0: (98.43, 99.49), 2.0: (99.02, 99.77)},
}
"""Model -> clip length in s -> (overall accuracy, speech or not)."""

GTZAN: dict[str, dict[float, tuple[float | None, ...]]] = {
    "paper, slim": {2.0: (98.00, None, None, None, 97.90)},
    "paper, wide": {2.0: (98.26, None, None, None, 98.17)},
    "paper, MobileNet": {2.0: (98.83, None, None, None, 98.77)},
    "reproduction": {
        0.5: (91.61, 89.14, 92.81, 91.00, 90.47),
        1.0: (93.46, 92.38, 93.07, 92.73, 92.98),
        2.0: (95.68, 96.24, 94.33, 95.29, 95.04),
    },
}
"""Model -> clip length in s -> (accuracy, speech recall, music recall, average, F1); None: not published."""
