"""What is read of an ONNX file without the onnx package."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from gate.errors import ContractError
from gate.modelfile import onnxfile
from gate.modelfile.protobuf import Walker, encode_bytes
from tests import toy_model

MESSAGES = {
    "MODEL": onnx.ModelProto,
    "GRAPH": onnx.GraphProto,
    "NODE": onnx.NodeProto,
    "ATTRIBUTE": onnx.AttributeProto,
    "TENSOR": onnx.TensorProto,
    "SPARSE": onnx.SparseTensorProto,
    "FUNCTION": onnx.FunctionProto,
    "ENTRY": onnx.StringStringEntryProto,
    "OPSET": onnx.OperatorSetIdProto,
    "VALUE": onnx.ValueInfoProto,
    "TYPE": onnx.TypeProto,
    "TENSOR_TYPE": onnx.TypeProto.Tensor,
    "SHAPE": onnx.TensorShapeProto,
    "DIMENSION": onnx.TensorShapeProto.Dimension,
}


def walk(data: bytes) -> tuple[onnxfile.Model, onnxfile.Graph]:
    walker = Walker()
    model = onnxfile.read_model(data, walker)
    return model, onnxfile.read_graph(model, walker)


@pytest.mark.parametrize("table", MESSAGES)
def test_field_numbers_are_onnx_s(table):
    """Every number in our tables is that of the onnx package."""
    numbers = {field.name: field.number for field in MESSAGES[table].DESCRIPTOR.fields}
    ours = getattr(onnxfile, table)
    assert ours == {name: numbers[name] for name in ours}


def test_element_types_are_onnx_s():
    """Every name of an element type stands at the number that numpy's name for it has."""
    for number, name in onnxfile.ELEMENT_TYPES.items():
        if name not in ("string", "bfloat16"):
            assert helper.tensor_dtype_to_np_dtype(number) == np.dtype(name)


def test_the_toy_is_read_as_onnx_reads_it():
    """Inputs, outputs, ops, weights and hash are what the onnx package says."""
    data = toy_model.build()
    proto = onnx.load_from_string(data)
    model, graph = walk(data)
    assert bytes(model.graph) == proto.graph.SerializeToString()
    assert model.opsets == [("", 17)]
    assert [value.name for value in graph.inputs] == [value.name for value in proto.graph.input]
    assert graph.inputs[0] == onnxfile.Value("blocks", "float32", ("C", "T", 100))
    assert graph.outputs[0] == onnxfile.Value("gate", "float32", (4, "T"))
    assert sum(graph.ops.values()) == len(proto.graph.node)
    weights = [numpy_helper.to_array(tensor) for tensor in proto.graph.initializer]
    assert graph.parameters == sum(weight.size for weight in weights)
    assert graph.weight_bytes == sum(weight.nbytes for weight in weights)


def test_ops_and_weights_inside_subgraphs_count():
    """What hides in the branch of an If is seen."""
    weight = numpy_helper.from_array(np.zeros(7, np.float32), "w")
    out = helper.make_tensor_value_info("o", onnx.TensorProto.FLOAT, [7])
    inner = helper.make_graph([helper.make_node("Abs", ["w"], ["o"])], "inner", [], [out], [weight])
    node = helper.make_node("If", ["c"], ["x"], then_branch=inner, else_branch=inner)
    model = helper.make_model(helper.make_graph([node], "g", [], []))
    _, graph = walk(model.SerializeToString())
    assert graph.ops == {"If": 1, "Abs": 2}
    assert graph.parameters == 14


def nested(depth: int) -> bytes:
    """A model of so many graphs inside one another."""
    graph = b""
    for _ in range(depth):
        attribute = encode_bytes(onnxfile.ATTRIBUTE["g"], graph)
        graph = encode_bytes(onnxfile.GRAPH["node"], encode_bytes(onnxfile.NODE["attribute"], attribute))
    return encode_bytes(onnxfile.MODEL["graph"], graph)


def test_graphs_nested_without_end_are_refused():
    """Depth is bounded by a number, not by Python's stack."""
    walk(nested(onnxfile.MAX_DEPTH))
    for depth in (onnxfile.MAX_DEPTH + 1, 5000):
        with pytest.raises(ContractError) as caught:
            walk(nested(depth))
        assert caught.value.line == "ops"


@pytest.mark.parametrize(("graphs", "got"), [(0, "no graph in it"), (2, "2 graphs in it")])
def test_a_file_has_one_graph(graphs, got):
    """A second graph would be merged by others and escape the hash."""
    with pytest.raises(ContractError, match=got):
        walk(encode_bytes(onnxfile.MODEL["graph"], b"") * graphs)


@pytest.mark.parametrize("dims", [[2**62], [2**62] * 16, [1] * 17, [-1], [2**62] * 1000], ids=str)
@pytest.mark.parametrize("packed", [False, True])
def test_a_tensor_promises_no_more_than_it_holds(dims, packed):
    """Shapes that ask for memory out of nothing are refused before anybody allocates it."""
    encoded = [helper.make_tensor("t", onnx.TensorProto.FLOAT, [], [0.0])]
    encoded[0].dims.extend(dims)
    tensor = encoded[0].SerializeToString()
    if packed:
        from gate.modelfile.protobuf import encode_varint

        payload = b"".join(encode_varint(dim % 2**64) for dim in dims)
        tensor = encode_bytes(onnxfile.TENSOR["dims"], payload)
    graph = encode_bytes(onnxfile.GRAPH["initializer"], tensor)
    with pytest.raises(ContractError) as caught:
        walk(encode_bytes(onnxfile.MODEL["graph"], graph))
    assert caught.value.line == "file"


def test_metadata_is_replaced_and_all_else_stays():
    """Setting an entry twice leaves one of it, the others, and the graph byte for byte."""
    model = onnx.load_from_string(toy_model.build())
    helper.set_model_props(model, {"other": "kept", "key": "old"})
    data = onnxfile.with_metadata(model.SerializeToString(), "key", "new")
    data = onnxfile.with_metadata(data, "key", "newest")
    again = onnx.load_from_string(data)
    assert {entry.key: entry.value for entry in again.metadata_props} == {"other": "kept", "key": "newest"}
    assert len(again.metadata_props) == 2
    assert again.graph == model.graph
    assert again.opset_import == model.opset_import
