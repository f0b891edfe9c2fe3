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
          +-- PluginError         a third-party plugin cannot be loaded, or ends
          +-- RenderError         a file could not be rendered
          +-- SoundDeviceError    a sound card or server is not there, or will not do what is asked of it
          +-- SessionError        a session file cannot be read or written
          +-- MidiError           MIDI cannot be had, or a port's name means several

Every text is one sentence, "what was expected, what was got, what to do": "kick.wav has 40 channels, the
engine takes 1 to 32; render it in parts". Callers catch ``GateError`` to print a sentence, and nothing wider.
"""

import os


class GateError(Exception):
    """Something a person can act on; its text is one sentence for them."""

    exit_code = 1
    """Exit code of a command that stops on this error."""


class UsageError(GateError, ValueError):
    """The command line, or a caller, asks for what cannot be asked."""

    exit_code = 2


class ContractError(GateError):
    """A model file breaks a line of the contract.

    Its text is "SOURCE breaks the contract (LINE): DETAIL"; the three are attributes, too.
    """

    def __init__(self, line: str, detail: str, source: str = "the model") -> None:
        """Make the sentence of its parts.

        Args:
            line: name of the line, in short words ("inputs", "states", "opset", ...).
            detail: expected, got, remedy.
            source: the file, as the reader knows it.
        """
        # a detail may quote the file, and a file must not steer the terminal
        printable = "".join(letter if letter.isprintable() else "?" for letter in detail)
        super().__init__(f"{source} breaks the contract ({line}): {printable}")
        self.line = line
        self.detail = printable
        self.source = source

    def __reduce__(self) -> tuple[type["ContractError"], tuple[str, str, str]]:
        """Pickle the error by its arguments, so that it survives the way back from a worker process."""
        return type(self), (self.line, self.detail, self.source)


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


class PluginError(GateError):
    """A third-party plugin cannot be loaded, does not take such a sound, or ends while it is needed."""


class RenderError(GateError):
    """A file could not be rendered."""


class SoundDeviceError(GateError):
    """A sound card or sound server is not there, or will not do what is asked of it."""


class SessionError(GateError):
    """A session file cannot be read or written."""


class MidiError(GateError):
    """MIDI cannot be had, or a port's name means several."""


def unexpected(error: Exception, what: str, done: str = "rendered") -> str:
    """Return a sentence for a mistake of this program's own, with what its makers need to find the mistake."""
    trace, place = error.__traceback__, "nowhere"
    while trace is not None:
        place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    said = " ".join(str(error).split()) or "no words"
    return (
        f"{what} could not be {done}, this program has a mistake ({type(error).__name__} at {place}: "
        f"{said}); report it with the file"
    )
