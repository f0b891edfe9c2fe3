"""How fast the gate is, always as a ratio to something measured in the same run: ``gate-bench`` (benchmarks/cli.py).

Nothing here asserts a time. ``gate-bench all`` writes RESULTS.md, results.json and results.png. Other programs measure
quality, such as ``python -m benchmarks.scores`` and ``python -m benchmarks.ablation``.
"""
