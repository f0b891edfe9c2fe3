"""ONNX Runtime's C interface, opened from Python by ctypes.

Why not its Python package: the audio thread must run the model without an interpreter, so compiled code
calls ``RunWithBinding`` by its address; and importing the package costs time that a command needs for sound.
The C library is in the same wheel and has one entry, ``OrtGetApiBase``; that leads to a table of functions
that only ever grows at its end, so positions stay valid.

Every object made here is released explicitly, newest first, by ``Session.close``. A process has one
environment.
"""

import ctypes as c
import functools
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gate.closing import Closes
from gate.errors import DeviceError, EngineError, ModelRunError

API_VERSION = 13
"""Version of the interface; everything used is older. A library would refuse a version that is too new for it."""

LOG_FATAL = 4
"""Log level: the library's own messages reach people as errors of ours, not as lines on stderr."""

SEQUENTIAL, FLOAT32, DEVICE_ALLOCATOR, DEFAULT_MEMORY = 0, 1, 0, 0
"""Values of ExecutionMode, ONNXTensorElementDataType, OrtAllocatorType and OrtMemType."""

_P, _OUT, _TEXT, _SIZE = c.c_void_p, c.POINTER(c.c_void_p), c.c_char_p, c.c_size_t

CALLS: dict[str, tuple[Any, ...]] = {
    "GetErrorMessage": (2, _TEXT, _P),
    "CreateEnv": (3, _P, c.c_int, _TEXT, _OUT),
    "CreateSessionFromArray": (8, _P, _P, _TEXT, _SIZE, _P, _OUT),
    "CreateSessionOptions": (10, _P, _OUT),
    "SetSessionExecutionMode": (13, _P, _P, c.c_int),
    "SetIntraOpNumThreads": (24, _P, _P, c.c_int),
    "SetInterOpNumThreads": (25, _P, _P, c.c_int),
    "CreateTensorWithDataAsOrtValue": (49, _P, _P, _P, _SIZE, c.POINTER(c.c_int64), _SIZE, c.c_int, _OUT),
    "CreateCpuMemoryInfo": (69, _P, c.c_int, c.c_int, _OUT),
    "ReleaseStatus": (93, None, _P),
    "ReleaseMemoryInfo": (94, None, _P),
    "ReleaseSession": (95, None, _P),
    "ReleaseValue": (96, None, _P),
    "ReleaseSessionOptions": (100, None, _P),
    "AddSessionConfigEntry": (130, _P, _P, _TEXT, _TEXT),
    "RunWithBinding": (133, _P, _P, _P, _P),
    "CreateIoBinding": (134, _P, _P, _OUT),
    "ReleaseIoBinding": (135, None, _P),
    "BindInput": (136, _P, _P, _TEXT, _P),
    "BindOutput": (137, _P, _P, _TEXT, _P),
}
"""Name: (position in OrtApi, result, arguments). A pointer as result is a status, NULL for success."""

_CUDA_ENTRY = "OrtSessionOptionsAppendExecutionProvider_CUDA"

Device = Literal["cpu", "cuda"]


class Library:
    """The loaded library, with its one environment; ``library()`` gives it.

    Attributes:
        version: of ONNX Runtime, like "1.31.1".
        address: of each function in ``CALLS``.
    """

    def __init__(self) -> None:
        path = library_path()
        try:
            self._library = c.CDLL(str(path))
            self._library.OrtGetApiBase.restype = _P
            get_api, get_version = (_P * 2).from_address(self._library.OrtGetApiBase())
        except (OSError, AttributeError) as error:
            raise EngineError(
                f"the library of ONNX Runtime cannot be loaded: {error}; install onnxruntime again"
            ) from error
        self.version: str = c.CFUNCTYPE(_TEXT)(get_version or 0)().decode()
        api = c.CFUNCTYPE(_P, c.c_uint32)(get_api or 0)(API_VERSION)
        if not api:
            raise EngineError(
                f"ONNX Runtime {self.version} does not offer version {API_VERSION} of its C interface; "
                "install the version that this package asks for"
            )
        table = (_P * (1 + max(call[0] for call in CALLS.values()))).from_address(api)
        self.address: dict[str, int] = {name: int(table[call[0]] or 0) for name, call in CALLS.items()}
        self._call = {name: c.CFUNCTYPE(*call[1:])(self.address[name]) for name, call in CALLS.items()}
        self.environment = self.make("CreateEnv", LOG_FATAL, b"gate")  # lives as long as the process

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function that returns a status.

        Raises:
            ModelRunError: the status was no success; the text is ONNX Runtime's own.
        """
        self.check(self._call[name](*arguments))

    def make(self, name: str, *arguments: Any) -> int:
        """Call a function whose last argument takes what it makes; return the handle of that."""
        made = _P()
        self.call(name, *arguments, c.byref(made))
        return int(made.value or 0)

    def release(self, name: str, handle: int) -> None:
        """Call a releasing function."""
        self._call[name](handle)

    def check(self, status: int | None) -> None:
        """Raise the text of a status that is no success, and release it."""
        if status:
            text = self.text(status)
            self._call["ReleaseStatus"](status)
            raise ModelRunError(text)

    def text(self, status: int) -> str:
        """Return what a status says, on one line."""
        return " ".join(self._call["GetErrorMessage"](status).decode(errors="replace").split())

    def append_cuda(self, options: int) -> None:
        """Ask for the first CUDA device in session options.

        Raises:
            DeviceError: there is no such device; the text says why.
        """
        from gate.engine.cuda import complaint, load_libraries

        entry = getattr(self._library, _CUDA_ENTRY, None)
        if entry is None:
            raise DeviceError(
                f"expected CUDA, got ONNX Runtime {self.version} without it; "
                "install onnxruntime-gpu, or take the cpu"
            )
        load_libraries()
        entry.restype, entry.argtypes = _P, [_P, c.c_int]
        try:
            self.check(entry(options, 0))
        except ModelRunError as error:
            why = complaint(library_path()) or str(error)
            raise DeviceError(
                f'expected CUDA, got "{why}"; install what is missing, or take the cpu'
            ) from error


def library_path() -> Path:
    """Return where the C library is in the installed package; the package itself is not imported.

    Raises:
        EngineError: there is no such library.
    """
    spec = find_spec("onnxruntime")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    patterns = {"win32": "onnxruntime.dll", "darwin": "libonnxruntime.*dylib"}
    pattern = patterns.get(sys.platform, "libonnxruntime.so*")
    for folder in folders:
        found = sorted((Path(folder) / "capi").glob(pattern))
        if found:
            return found[0]
    where = folders[0] if folders else "any installed package"
    raise EngineError(f"expected {pattern} in {where}, found no such library; install onnxruntime")


@functools.cache
def library() -> Library:
    """Return the library, loaded at first use; the same for the whole process."""
    return Library()


@functools.cache
def cuda_available() -> tuple[bool, str]:
    """Return whether a session can be opened on CUDA, and if not, why not (a sentence; empty when it can)."""
    try:
        options = _options(library(), "cuda")
    except EngineError as error:
        return False, str(error)
    library().release("ReleaseSessionOptions", options)
    return True, ""


class Session(Closes):
    """One model, ready to run, with everything made for it.

    Tensors use numpy memory that the caller keeps alive, and in place, until ``close``. Runs take place
    on the calling thread: one thread, no spinning helpers.

    Attributes:
        handle: address of the OrtSession.
        library: the library that opened the session.
    """

    def __init__(self, model: bytes, device: Device = "cpu") -> None:
        """Open a session from the bytes of a model.

        Args:
            model: an ONNX file's bytes.
            device: "cpu" or "cuda". On "cuda" tensors still lie in ordinary memory; the library copies.

        Raises:
            ModelRunError: ONNX Runtime refuses the model; the text is its own.
            DeviceError: cuda cannot be had.
        """
        self.library = library()
        self._made: list[tuple[str, int]] = []
        try:
            options = self._keep("ReleaseSessionOptions", _options(self.library, device))
            self.handle = self._keep(
                "ReleaseSession",
                self.library.make(
                    "CreateSessionFromArray", self.library.environment, model, len(model), options
                ),
            )
            self._memory = self._keep(
                "ReleaseMemoryInfo",
                self.library.make("CreateCpuMemoryInfo", DEVICE_ALLOCATOR, DEFAULT_MEMORY),
            )
        except BaseException:
            self.close()
            raise

    def tensor(self, array: NDArray[np.float32]) -> int:
        """Make a value over the array's own memory: float32, C order, kept alive and in place by the caller."""
        if array.dtype != np.float32 or not array.flags.c_contiguous:
            raise TypeError(f"a tensor needs contiguous float32, got {array.dtype}; copy it into one")
        shape = (c.c_int64 * array.ndim)(*array.shape)
        value = self.library.make(
            "CreateTensorWithDataAsOrtValue",
            self._memory,
            array.ctypes.data,
            array.nbytes,
            shape,
            array.ndim,
            FLOAT32,
        )
        return self._keep("ReleaseValue", value)

    def binding(self, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> int:
        """Bind tensors to every input and output by name, to run over and over. Shapes are only checked by a run.

        Raises:
            ModelRunError: a name is unknown.
        """
        binding = self._keep("ReleaseIoBinding", self.library.make("CreateIoBinding", self.handle))
        for name, value in inputs.items():
            self.library.call("BindInput", binding, name.encode(), value)
        for name, value in outputs.items():
            self.library.call("BindOutput", binding, name.encode(), value)
        return binding

    def run(self, binding: int) -> None:
        """Run the model over a binding's tensors, once.

        Raises:
            ModelRunError: the run failed; the text is ONNX Runtime's own.
        """
        self.library.call("RunWithBinding", self.handle, None, binding)

    def close(self) -> None:
        """Release everything, newest first; may be called twice. Nothing may be running."""
        while self._made:
            release, handle = self._made.pop()
            self.library.release(release, handle)

    def _keep(self, release: str, handle: int) -> int:
        self._made.append((release, handle))
        return handle


def _options(lib: Library, device: Device) -> int:
    """Make session options: one thread, no spinning (a spinning helper burns a core that someone else needs)."""
    options = lib.make("CreateSessionOptions")
    try:
        lib.call("SetIntraOpNumThreads", options, 1)
        lib.call("SetInterOpNumThreads", options, 1)
        lib.call("SetSessionExecutionMode", options, SEQUENTIAL)
        for pool in ("intra", "inter"):
            lib.call("AddSessionConfigEntry", options, f"session.{pool}_op.allow_spinning".encode(), b"0")
        if device == "cuda":
            lib.append_cuda(options)
    except BaseException:
        lib.release("ReleaseSessionOptions", options)
        raise
    return options
