"""Every error this package raises on purpose, in one tree.

    Exception
     +-- GateError                something a person can act on
          +-- UsageError          the command line asks for what cannot be asked (exit 2; also a ValueError)
          +-- ContractError       a model file breaks a line of the contract
          +-- PresetError         a preset cannot be found or read
          +-- AudioFileError      a sound file cannot be read or written
          +-- EngineError         the compiled engine cannot be built, or is fed what it cannot take
          |    +-- ModelRunError  ONNX Runtime will not open or run a model
          |    +-- DeviceError    the device asked for (CUDA) is not there
          +-- RenderError         a file could not be rendered

Every text is one sentence, "what was expected, what was got, what to do": "kick.wav has 12 channels, the
engine takes 1 to 8; render it in parts". Callers catch ``GateError`` to print a sentence, and nothing wider.
"""


class GateError(Exception):
    """Something a person can act on; its text is one sentence for them."""

    exit_code = 1
    """What a command that stops on this returns."""


class UsageError(GateError, ValueError):
    """The command line, or a caller, asks for what cannot be asked."""

    exit_code = 2


class ContractError(GateError):
    """A model file breaks a line of the contract.

    Its text is "LINE: sentence"; ``line`` and ``detail`` hold the two apart.
    """

    def __init__(self, line: str, detail: str) -> None:
        """Name the line in short words ("inputs", "states", ...) and say: expected, got, remedy."""
        super().__init__(f"{line}: {detail}")
        self.line = line
        self.detail = detail

    def __reduce__(self) -> tuple[type["ContractError"], tuple[str, str]]:
        """Survive the way back from a worker process: pickle by the two arguments."""
        return type(self), (self.line, self.detail)


class PresetError(GateError):
    """A preset cannot be found or read."""


class AudioFileError(GateError):
    """A sound file cannot be read or written."""


class EngineError(GateError):
    """The compiled engine cannot be built, or is fed what it cannot take."""


class ModelRunError(EngineError):
    """ONNX Runtime will not open or run a model that keeps the contract on paper."""


class DeviceError(EngineError):
    """The device asked for is not there."""


class RenderError(GateError):
    """A file could not be rendered."""
