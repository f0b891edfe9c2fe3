"""From a checkpoint to a preset: ONNX, contract, parity."""
