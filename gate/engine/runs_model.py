"""What engine and classifier have in common: a loaded model, and the flat record that compiled code works on."""

from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from gate.closing import Closes
from gate.engine.loaded_model import LoadedModel
from gate.errors import EngineError
from gate.parameters import BY_ID, attribute
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
        """Of the record, for compiled code."""
        return int(self.record.ctypes.data)

    @property
    def model_error_text(self) -> str | None:
        """What ONNX Runtime said when a run first failed; None when none did."""
        status = int(self.record["first_status"][0])
        return self._model.session.library.text(status) if status and self._model else None

    def _set(self, name: str, value: Any) -> None:
        """Write a field of the record; an array fills its beginning."""
        if isinstance(value, np.ndarray):
            self.record[name][0][: len(value)] = value
        else:
            self.record[name] = value

    def _opened(self) -> LoadedModel:
        """The model.

        Raises:
            EngineError: it was closed.
        """
        if self._model is None:
            kind = type(self).__name__.lower()
            raise EngineError(f"expected an open {kind}, got one that was closed; make a new one")
        return self._model

    def _release_status(self) -> None:
        """Give ONNX Runtime's words on the first failed run back."""
        status = int(self.record["first_status"][0])
        if status and self._model is not None:
            self._model.session.library.release("ReleaseStatus", status)
            self.record["first_status"] = 0

    def _back_to_start(self, fields: tuple[Field, ...]) -> None:
        """What the engine writes is again what it was; what others write stays."""
        self._release_status()
        for field in fields:
            if field.writer == "engine":
                self.record[field.name] = self._start[field.name]

    def _close_model(self) -> None:
        if self._model is not None:
            self._release_status()
            self._model.close()
            self._model = None


class UserField:
    """A parameter as an attribute that is a user's field of the record: checked when it is set, read where it acts.

    Args:
        id: of the parameter.
        field: of the record, where it is not called as the attribute is.
    """

    def __init__(self, id: str, field: str = "") -> None:
        self.parameter, self._field = BY_ID[id], field

    def __set_name__(self, owner: type, name: str) -> None:
        """The attribute is called as parameters are, and mostly as the field is."""
        assert name == attribute(self.parameter), f"{name}: expected {attribute(self.parameter)}"
        self._field = self._field or name

    @overload
    def __get__(self, engine: None, owner: type) -> Self: ...
    @overload
    def __get__(self, engine: RunsModel, owner: type) -> float: ...
    def __get__(self, engine: RunsModel | None, owner: type) -> Self | float:
        """The value; of the class, the attribute itself."""
        return self if engine is None else float(engine.record[self._field][0])

    def __set__(self, engine: RunsModel, value: float) -> None:
        """Take another value.

        Raises:
            ValueError: it is out of its range.
        """
        engine.record[self._field] = self.parameter.check(value)
