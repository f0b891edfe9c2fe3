"""The folder of scenes that other tools can process, and the files by which such folders are known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import soundfile

from gate.constants import RATE
from gate.errors import AudioFileError
from gate.files.atomic import write_bytes
from gate.files.atomic_folder import AtomicFolder
from gate.render.report import to_json
from training.scenes.compose import Scene

SCENES = "scenes.json"
"""The file that is in every folder of scenes, and by which one is known."""

SCORES = "scores.json"
"""The file that is in every page's folder, and by which one is known: the run's JSON."""


def write_scenes(folder: Path, scenes: Sequence[Scene], facts: dict[str, Any], *, force: bool) -> None:
    """Write NNN-mixture.wav and NNN-target.wav (float32, 48 kHz, mono) of every scene, and scenes.json.

    Args:
        folder: made if its parent is there.
        facts: about the run, for the head of scenes.json.

    Raises:
        AudioFileError: the folder exists and ``force`` is not set, or cannot be written.
    """
    listed = []
    with AtomicFolder(folder, SCENES, force=force) as made:
        for number, scene in enumerate(scenes):
            files = {}
            for name, sound in (("mixture", scene.mixture), ("target", scene.target)):
                files[name] = f"{number:03d}-{name}.wav"
                _write_sound(made.path / files[name], sound)
            listed.append({"number": number, **files, "recipe": scene.recipe})
        write_bytes(made.path / SCENES, to_json({"schema": 1, **facts, "scenes": listed}), force=False)
        made.commit()


def _write_sound(path: Path, sound: Any) -> None:
    try:
        soundfile.write(path, sound, RATE, subtype="FLOAT")
    except (OSError, soundfile.SoundFileError) as error:
        raise AudioFileError(
            f"{path.name} could not be written ({error}); check the disk's free space"
        ) from error
