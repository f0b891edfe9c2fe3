"""What sound systems and chains call cannot allocate: there is no call for memory in its machine code."""

import json
import os
import subprocess
import sys

import pytest

from tests.gate.entry_modules import ROOT, entries, entry_modules

PROGRAM = """
import json
from tests.gate.entry_modules import entries
found = {}
for entry in entries():
    code = entry().function.inspect_llvm()
    found[f"{entry.module}.{entry._make.__name__}"] = [
        code.count("define "), "NRT_MemInfo_alloc" in code or "NRT_Allocate" in code
    ]
print(json.dumps(found))
"""


def test_every_entry_is_looked_at() -> None:
    """The callbacks of PortAudio and of JACK are among what is found, and so is all that plugins run."""
    names = ("process", "classify", "chain", "stream", "jack")
    laws = tuple(
        f"plugins.{name}" for name in ("blocks", "classic", "convolve", "highpass", "nam", "network", "vst3")
    )
    assert {f"gate.realtime.{name}" for name in (*names, *laws)} <= set(entry_modules())
    assert sum(entry.module == "gate.realtime.jack" for entry in entries()) == 3


@pytest.mark.slow
def test_no_compiled_function_can_allocate(tmp_path) -> None:
    """Compiled again (code from disk cannot be looked into): no memory is asked for anywhere, taken or not."""
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == len(entries())
    assert all(functions > 0 for functions, _ in found.values())
    assert [name for name, (_, allocates) in found.items() if allocates] == []
