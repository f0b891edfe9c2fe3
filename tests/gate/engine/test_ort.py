"""ONNX Runtime's C interface: one environment, explicit release, its words in our errors."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gate.engine import ort
from gate.errors import DeviceError, EngineError, ModelRunError
from tests import toy_model

GROWTH_LIMIT = 4 << 20
"""Bytes that 300 sessions, or 3000 failing runs, may leave behind; one session left open is over 100 kB."""


def resident() -> int:
    """Bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def bound(
    session: ort.Session, blocks: np.ndarray, tail_size: int = 100
) -> tuple[int, dict[str, np.ndarray]]:
    """A toy model bound to memory: the binding, and the memory by name."""
    count = blocks.shape[1]
    arrays = {
        "blocks": blocks,
        "threshold_db": np.full((1, count), -40.0, np.float32),
        "tail_in": np.zeros((1, tail_size, 1), np.float32),
        "gate": np.zeros((4, count), np.float32),
        "readouts": np.zeros((3, count), np.float32),
        "tail_out": np.zeros((1, tail_size, 1), np.float32),
    }
    values = {name: session.tensor(array) for name, array in arrays.items()}
    names = list(values)
    binding = session.binding(
        {name: values[name] for name in names[:3]}, {name: values[name] for name in names[3:]}
    )
    return binding, arrays


def test_a_run_writes_into_numpy_memory() -> None:
    """Inputs are read from, and outputs written to, the arrays that were bound, run after run."""
    blocks = np.zeros((1, 3, 100), np.float32)
    with ort.Session(toy_model.build()) as session:
        binding, arrays = bound(session, blocks)
        for level in (0.1, 0.001):
            blocks[:] = level
            session.run(binding)
            expected = toy_model.expected_levels_db(np.full((300, 1), level))
            assert np.abs(arrays["readouts"][2] - expected).max() < 1e-3


def test_a_wrong_shape_is_an_error_and_no_overrun() -> None:
    """A state of the wrong size is refused by the run, in words, and nothing is written past it."""
    with ort.Session(toy_model.build()) as session:
        binding, _ = bound(session, np.zeros((1, 1, 100), np.float32), tail_size=60)
        with pytest.raises(ModelRunError, match="tail"):
            session.run(binding)


def test_unknown_names_are_an_error() -> None:
    """Binding a name that the model does not have is refused."""
    with ort.Session(toy_model.build()) as session:
        value = session.tensor(np.zeros(1, np.float32))
        with pytest.raises(ModelRunError, match="nobody"):
            session.binding({"nobody": value}, {})


@pytest.mark.parametrize("data", [b"", b"nothing", toy_model.build()[:-1000]])
def test_bytes_that_are_no_model_are_an_error(data: bytes) -> None:
    """Bytes that ONNX Runtime cannot read raise its words, on one line, and leave nothing open."""
    with pytest.raises(ModelRunError) as caught:
        ort.Session(data)
    assert "\n" not in str(caught.value)


def test_tensors_take_contiguous_float32_only() -> None:
    """Memory that the runtime would misread is refused."""
    with ort.Session(toy_model.build()) as session:
        for array in (np.zeros(4), np.zeros((4, 4), np.float32)[:, ::2]):
            with pytest.raises(TypeError, match="needs contiguous float32"):
                session.tensor(array)


def test_there_is_one_library() -> None:
    """The library and its environment are made once a process."""
    assert ort.library() is ort.library()
    assert ort.library().version.count(".") == 2


@pytest.mark.skipif(platform.system() != "Linux", reason="memory is read from /proc")
def test_nothing_is_left_behind() -> None:
    """Sessions that are closed, and statuses of runs that failed, give all their memory back."""
    data = toy_model.build()
    blocks = np.zeros((1, 1, 100), np.float32)

    def open_and_close(times: int) -> None:
        for _ in range(times):
            with ort.Session(data) as session:
                session.run(bound(session, blocks)[0])

    def fail(times: int) -> None:
        with ort.Session(data) as session:
            binding, _ = bound(session, blocks, tail_size=60)
            for _ in range(times):
                with pytest.raises(ModelRunError):
                    session.run(binding)

    open_and_close(30)
    fail(100)
    before = resident()
    open_and_close(300)
    fail(3000)
    assert resident() - before < GROWTH_LIMIT


def test_closing_twice() -> None:
    """A session may be closed twice."""
    session = ort.Session(toy_model.build())
    session.close()
    session.close()


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the package, or with an empty one, the error says what to install."""
    monkeypatch.setattr(ort, "find_spec", lambda name: None)
    with pytest.raises(
        EngineError, match="in any installed package, found no such library; install onnxruntime"
    ):
        ort.library_path()
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    monkeypatch.setattr(ort, "find_spec", lambda name: spec)
    with pytest.raises(EngineError, match=f"in {tmp_path}, found no such library"):
        ort.library_path()


def test_a_library_that_cannot_be_loaded_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A damaged library is an error of ours."""
    damaged = tmp_path / "libonnxruntime.so"
    damaged.write_bytes(b"no library")
    monkeypatch.setattr(ort, "library_path", lambda: damaged)
    with pytest.raises(EngineError, match=r"cannot be loaded: .*; install onnxruntime again"):
        ort.Library()


def test_a_build_without_cuda_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that does not know CUDA names the package that does."""
    monkeypatch.setattr(ort, "_CUDA_ENTRY", "OrtNobodyHasThis")
    with pytest.raises(DeviceError, match="install onnxruntime-gpu, or take the cpu"):
        ort.Session(toy_model.build(), "cuda")


def test_the_library_stays_quiet() -> None:
    """Nothing of what goes wrong in the library is printed by it."""
    code = (
        "from gate.engine import ort\n"
        "for device in ('cpu', 'cuda'):\n"
        "    try: ort.Session(b'nothing', device)\n"
        "    except Exception: pass\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == said.stderr == ""
