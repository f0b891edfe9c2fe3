"""The common part of engine and classifier: a loaded model, and the flat record that compiled code works on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.closing import Closes
from gate.engine.loaded_model import LoadedModel
from gate.errors import EngineError
from gate.realtime.record import Field


class RunsModel(Closes):
    """A loaded model and the flat record that its compiled code works on.

    Attributes:
        record: the flat structured array, shape (1,).
    """

    record: NDArray[Any]
    _model: LoadedModel | None
    _start: NDArray[Any]
    """The record as it was before any sound."""

    @property
    def address(self) -> int:
        """Address of the record, for compiled code."""
        return int(self.record.ctypes.data)

    @property
    def model_error_text(self) -> str | None:
        """ONNX Runtime's words when a run first failed; None when none did."""
        status = int(self.record["first_status"][0])
        return self._model.session.library.text(status) if status and self._model else None

    def _set(self, name: str, value: Any) -> None:
        """Write a field of the record; an array fills its beginning."""
        if isinstance(value, np.ndarray):
            self.record[name][0][: len(value)] = value
        else:
            self.record[name] = value

    def _set_model(self) -> None:
        """Write what the record needs to know of the model; a record has fields for some of it."""
        known = self.record.dtype.names or ()
        for name, value in self._opened().fields.items():
            if name in known:
                self._set(name, value)

    def _opened(self) -> LoadedModel:
        """Return the model.

        Raises:
            EngineError: the model was closed.
        """
        if self._model is None:
            kind = type(self).__name__.lower()
            raise EngineError(f"expected an open {kind}, got one that was closed; make a new one")
        return self._model

    def _release_status(self) -> None:
        """Release ONNX Runtime's words on the first failed run."""
        status = int(self.record["first_status"][0])
        if status and self._model is not None:
            self._model.session.library.release("ReleaseStatus", status)
            self.record["first_status"] = 0

    def _back_to_start(self, fields: tuple[Field, ...]) -> None:
        """Restore the fields that the engine writes; those that others write stay."""
        self._release_status()
        for field in fields:
            if field.writer == "engine":
                self.record[field.name] = self._start[field.name]

    def _close_model(self) -> None:
        if self._model is not None:
            self._release_status()
            self._model.close()
            self._model = None
