"""Compiled plugins and the chain cannot allocate: there is no call for memory in their code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

MODULES = (
    "gate.process",
    "gate.classify",
    "gate.chain_walk",
    "gate.plugins.highpass_law",
    "gate.plugins.classic_law",
    "gate.plugins.block_law",
    "gate.plugins.vst3_law",
)

PROGRAM = """
import importlib, json, sys
import numpy as np
calls = {}
for name in sys.argv[1:]:
    function = importlib.import_module(name).compiled(np.dtype(np.float32)).function
    code = function.inspect_llvm()
    calls[name] = [len(code) > 10_000, "NRT_MemInfo_alloc" in code or "NRT_Allocate" in code]
print(json.dumps(calls))
"""


@pytest.mark.slow
def test_no_compiled_plugin_can_allocate(tmp_path):
    """Compiled anew (code from disk cannot be looked into): no memory is asked for anywhere, taken or not."""
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *MODULES],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    calls = json.loads(done.stdout.splitlines()[-1])
    assert calls == {name: [True, False] for name in MODULES}
