"""How fast it is, always as a ratio to something measured in the same run: ``gate-bench`` (benchmarks/cli.py).

Nothing here asserts a time. ``gate-bench all`` writes RESULTS.md, results.json and results.png. Beside it stand two programs
about quality: ``python -m benchmarks.scores`` and ``python -m benchmarks.ablation``.
"""
