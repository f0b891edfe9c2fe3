"""A classifier as a plugin: sound passes as it is, and what it is can be read."""

import os

from gate.engine.classifier import Classifier
from gate.modelfile import preset as presets
from gate.modelfile.contract import Contract
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format, Running


class Classify(Plugin):
    """A classifier of sound, a frame of 10 ms at a time; the sound passes as it is."""

    kind = "classify"

    def __init__(self, preset: str | os.PathLike[str] | Contract = "speech-music-noise") -> None:
        """Find the classifier.

        Args:
            preset: name, folder, model file, or a model read by ``gate.modelfile.contract.read``.

        Raises:
            PresetError, ContractError: there is no such classifier.
        """
        if isinstance(preset, Contract):
            preset.expect("classify")
            self._contract, self._name = preset, preset.name
        else:
            self._contract = presets.resolve(preset, kind="classify").contract
            self._name = os.fspath(preset)
        super().__init__()

    @property
    def probabilities(self) -> dict[str, float]:
        """Probability of each class in the newest frame, 0 to 1; empty before the first. NaN after a failed run."""
        if not self.running or not self.running[-1].record["frames"][0]:
            return {}
        newest = self.running[-1].record["probabilities"][0]
        return {name: float(newest[k]) for k, name in enumerate(self._contract.classes)}

    @property
    def file(self) -> str:
        """The classifier's name, folder or file, as it was given."""
        return self._name

    def _open(self, format: Format) -> Running:
        classifier = Classifier(
            self._contract, rate=format.rate, channels=format.channels, dtype=format.dtype
        )
        return ClassifyRunning(format, classifier, bypassed=self.bypassed)

    def _shown(self) -> list[str]:
        return [repr(self._name)]


class ClassifyRunning(Running):
    """A classifier at work.

    Attributes:
        classifier: the listening object; ``take_frames`` gives all of the newest frames.
    """

    def __init__(self, format: Format, classifier: Classifier, *, bypassed: bool) -> None:
        super().__init__(format, classifier.record, classifier.function, bypassed=bypassed)
        self.classifier = classifier

    def _reset(self) -> None:
        self.classifier.reset()

    def _close(self) -> None:
        self.classifier.close()
