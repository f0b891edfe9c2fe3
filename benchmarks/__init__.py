"""How fast it is, always as a ratio to something measured in the same run: ``python -m benchmarks``.

Nothing here asserts a time: results go to benchmarks/RESULTS.md, results.json and results.png.
"""
