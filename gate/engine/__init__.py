"""A model, its memory and its runtime, over the compiled code of `gate.realtime`."""
