"""An ONNX graph written by hand: nodes and constants are collected, then checked and serialised."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
Shape = Sequence[int | str]


class Nodes:
    """A collection of nodes and constants; ``op`` returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, NDArray[np.generic]] = {}

    def const(self, name: str, value: object, dtype: type = np.float32) -> str:
        """Add a constant tensor."""
        self.constants[name] = np.ascontiguousarray(np.asarray(value, dtype))
        return name

    def ints(self, *values: int) -> str:
        """Add a constant list of whole numbers, the same one for the same numbers."""
        return self.const("i_" + "_".join(str(v) for v in values).replace("-", "m"), values, np.int64)

    def op(self, kind: str, *inputs: str, out: str | None = None, **attributes: Any) -> str:
        """Add a node with one output."""
        return self.ops(kind, *inputs, outs=[out or f"t{len(self.nodes)}"], **attributes)[0]

    def ops(self, kind: str, *inputs: str, outs: Sequence[str], **attributes: Any) -> Sequence[str]:
        """Add a node with several outputs."""
        self.nodes.append(helper.make_node(kind, list(inputs), list(outs), **attributes))
        return outs

    def keep_last(self, x: str, count: int, out: str) -> None:
        """Keep the last ``count`` blocks of (n, channels, T) as a state."""
        self.op("Slice", x, self.ints(-count), self.ints(2**31), self.ints(2), out=out)

    def model(self, name: str, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> bytes:
        """Build a checked, serialised model of all nodes; inputs and outputs are float32, in this order."""
        ins, outs = (
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, list(v)) for k, v in side.items()]
            for side in (inputs, outputs)
        )
        constants = [numpy_helper.from_array(v, k) for k, v in self.constants.items()]
        graph = helper.make_graph(self.nodes, name, ins, outs, constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="learned-gate"
        )
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())
