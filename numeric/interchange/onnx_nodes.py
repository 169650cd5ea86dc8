"""Recurrent operators of ONNX: which cell a node is, its tensors, and a model of one node with the weights of a cell.

Operators and attributes as in the ONNX specification, LSTM-22, GRU-22 and RNN-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from derivations.errors import CellError
from derivations.files import write_whole
from numeric.interchange.convert import Converted, Values

TENSORS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
OPERATOR = {"lstm": "LSTM", "lstm_peephole": "LSTM", "gru_before": "GRU", "gru_after": "GRU", "elman_rnn": "RNN"}
WEIGHTS = "WRBP"
KNOWN = {"hidden_size", "direction", "layout", "activations", "activation_alpha", "activation_beta", "clip", "input_forget"} | {
    "linear_before_reset"
}


def cell_of_node(operator: str, attributes: Mapping[str, Any], *, peepholes: bool) -> str:
    """The cell that an operator computes; raises ``CellError`` for attributes that no cell here has."""
    if operator not in USUAL:
        raise CellError(f"the operator {operator} is no recurrent layer", hint=f"recurrent operators are {', '.join(USUAL)}")
    unknown = sorted(set(attributes) - KNOWN)
    if unknown:
        raise CellError(f"{operator} with the attribute {unknown[0]}", hint="it is not known what it means; nothing was converted")
    if attributes.get("clip") is not None:
        raise CellError(f"{operator} with clip = {attributes['clip']}", hint="no cell clips the arguments of its activations")
    if attributes.get("input_forget"):
        raise CellError(f"{operator} with input_forget = 1", hint="f = 1 - i: the cell is lstm_cifg, which has no f blocks")
    one = [text.decode() if isinstance(text, bytes) else text for text in attributes.get("activations", USUAL[operator])]
    usual = USUAL[operator]
    if [text.lower() for text in one] != [text.lower() for text in usual] * max(1, len(one) // len(usual)):
        raise CellError(f"{operator} with the activations {', '.join(one)}", hint=f"the cells have {', '.join(USUAL[operator])}")
    if attributes.get("activation_alpha") or attributes.get("activation_beta"):
        raise CellError(f"{operator} with activation_alpha or activation_beta", hint="sigmoid and tanh have neither")
    if operator == "LSTM":
        return "lstm_peephole" if peepholes else "lstm"
    if operator == "GRU":
        return "gru_after" if attributes.get("linear_before_reset") else "gru_before"
    return "elman_rnn"


def read_onnx(path: Path, *, node: str = "", direction: int | None = None) -> tuple[str, Values]:
    """The cell and the tensors of a node of a model: of the only recurrent one, or of the one with this name.

    ``direction`` counts from 0; a node of two directions needs it.
    """
    onnx = _onnx()
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf raises classes of its own
        raise CellError(f"{path} is no ONNX model: {type(error).__name__}", hint="nothing was converted") from None
    found = [one for one in graph.node if one.op_type in USUAL and node in ("", one.name)]
    if len(found) != 1:
        names = ", ".join(one.name or "(no name)" for one in graph.node if one.op_type in USUAL)
        which = f" named {node}" if node else ""
        raise CellError(f"{path} has {len(found)} recurrent nodes{which}", hint=f"choose one with --node: {names or 'there are none'}")
    (chosen,) = found
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    inputs = {slot: name for slot, name in zip(TENSORS, chosen.input, strict=False) if name}
    lacking = sorted(inputs[slot] for slot in WEIGHTS if slot in inputs and inputs[slot] not in weights)
    if lacking:
        raise CellError(f"{lacking[0]} is computed in the model", hint="weights have to be initializers")
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in chosen.attribute}
    cell = cell_of_node(chosen.op_type, attributes, peepholes="P" in inputs)
    arrays = {slot: weights[inputs[slot]] for slot in WEIGHTS if slot in inputs}
    if "B" not in arrays:
        arrays["B"] = np.zeros((arrays["W"].shape[0], 2 * arrays["W"].shape[1]), arrays["W"].dtype)  # as the operator reads it
    if attributes.get("hidden_size", arrays["R"].shape[-1]) != arrays["R"].shape[-1]:
        raise CellError(
            f"{path} has hidden_size = {attributes['hidden_size']} and R of the shape {arrays['R'].shape}", hint="nothing was converted"
        )
    return cell, {slot: _of_direction(slot, value, direction) for slot, value in arrays.items()}


def _of_direction(slot: str, value: np.ndarray[Any, Any], chosen: int | None) -> np.ndarray[Any, Any]:
    if chosen is None and value.shape[0] > 1:
        raise CellError(f"{slot} has {value.shape[0]} directions", hint="convert them one by one: --direction 0, --direction 1")
    direction = chosen or 0
    if not 0 <= direction < value.shape[0]:
        raise CellError(f"{slot} has {value.shape[0]} directions", hint="--direction counts from 0")
    return value[direction : direction + 1]


def model_of(cell: str, converted: Converted) -> Any:
    """An ONNX model of one node: inputs X and the initial states, outputs Y and the last states."""
    onnx = _onnx()
    helper, operator = onnx.helper, OPERATOR[cell]
    dtype = helper.np_dtype_to_tensor_dtype(next(iter(converted.arrays.values())).dtype)
    states = ["initial_h", "initial_c"] if operator == "LSTM" else ["initial_h"]
    inputs = ["X", "W", "R", "B", "", *states, *(["P"] if "P" in converted.arrays else [])]
    outputs = ["Y", "Y_h", "Y_c"] if operator == "LSTM" else ["Y", "Y_h"]
    attributes = {"hidden_size": converted.sizes["hidden"]} | (
        {"linear_before_reset": int(cell == "gru_after")} if operator == "GRU" else {}
    )
    node = helper.make_node(operator, inputs, outputs, name=cell, **attributes)
    hidden = converted.sizes["hidden"]
    given = [helper.make_tensor_value_info("X", dtype, ["time", "batch", converted.sizes["inputs"]])]
    given += [helper.make_tensor_value_info(name, dtype, [1, "batch", hidden]) for name in states]
    shown = [helper.make_tensor_value_info("Y", dtype, ["time", 1, "batch", hidden])]
    shown += [helper.make_tensor_value_info(name, dtype, [1, "batch", hidden]) for name in outputs[1:]]
    weights = [onnx.numpy_helper.from_array(value, name) for name, value in converted.arrays.items()]
    graph = helper.make_graph([node], f"gateproof_{cell}", given, shown, weights)
    return helper.make_model(graph, producer_name="gateproof", opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def write_onnx(path: Path, cell: str, converted: Converted) -> None:
    """Write the model of one node."""
    if cell not in OPERATOR:
        raise CellError(f"no operator of ONNX is the cell {cell}", hint=f"there are operators for {', '.join(OPERATOR)}")
    model = model_of(cell, converted)
    _onnx().checker.check_model(model)
    write_whole(path, model.SerializeToString())


def _onnx() -> Any:
    try:
        import onnx
        import onnx.numpy_helper  # not loaded by onnx itself
    except ImportError:
        raise CellError(".onnx files need the package onnx", hint="pip install 'gateproof[onnx]'") from None
    return onnx
