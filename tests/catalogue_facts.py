"""The catalogue of facts beside the repository, ``../shared/catalogue/catalogue.yaml``: its cells, and its equations evaluated.

The equations there are Python expressions about one step of one sequence. They are walked here as syntax trees, never
executed, with NumPy and nothing of gateproof: a second author's reading of each paper.
"""

import ast
import operator
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

FILE = Path(__file__).parents[1].parent / "shared" / "catalogue" / "catalogue.yaml"


@cache
def catalogue():
    """Every cell of the catalogue by name; without the file the test is skipped, on a build server it fails."""
    if not FILE.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{FILE} is missing: the facts that cells are compared with")
    import yaml

    return {cell["name"]: cell for cell in yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["cells"]}


def sigmoid(a):
    return np.exp(-softplus(-a))


def softplus(a):
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))


def softmax(v):
    e = np.exp(v - v.max())
    return e / e.sum()


def layernorm(v, gain, bias, eps):
    return gain * (v - v.mean()) / np.sqrt(v.var() + eps) + bias


def conv(kernel, x):
    """Cross-correlation with zeros around; kernel[out, in, width]."""
    width = kernel.shape[2]
    wide = np.pad(x, ((0, 0), (width // 2, width // 2)))
    columns = [np.einsum("oiw,iw->o", kernel, wide[:, k : k + width]) for k in range(x.shape[1])]
    return np.stack(columns, axis=1)


FUNCTIONS = {
    "sigmoid": sigmoid, "softplus": softplus, "softmax": softmax, "layernorm": layernorm, "conv": conv,
    "tanh": np.tanh, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign,
    "relu": lambda a: np.maximum(a, 0), "logsigmoid": lambda a: -softplus(-a), "maximum": np.maximum, "minimum": np.minimum,
    "where": np.where, "mod": np.mod, "all": np.all, "real": np.real, "transpose": np.transpose, "outer": np.outer, "dot": np.dot,
    "concat": lambda *parts: np.concatenate(parts), "chunk": lambda v, count, k: np.split(v, count)[k], "eye": np.eye,
    "norm2": np.linalg.norm, "col": lambda v: v[:, None], "rowsum": lambda a: a.sum(axis=-1),
}  # fmt: skip
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.MatMult: operator.matmul,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.Eq: operator.eq, ast.Lt: operator.lt, ast.GtE: operator.ge,
}  # fmt: skip


def evaluate(text, values):
    """The value of an expression of the catalogue."""

    def go(node):
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return values[node.id]
            case ast.BinOp():
                return OPERATORS[type(node.op)](go(node.left), go(node.right))
            case ast.UnaryOp():
                return OPERATORS[type(node.op)](go(node.operand))
            case ast.Compare(ops=[one], comparators=[right]):
                return OPERATORS[type(one)](go(node.left), go(right))
            case ast.Call(func=ast.Name(id=name)):
                return FUNCTIONS[name](*map(go, node.args))
        raise TypeError(f"{ast.dump(node)} in {text}")

    return go(ast.parse(text, mode="eval").body)


def count(fact, dims):
    """The number of parameters that the catalogue says; what follows the formula in brackets is prose."""
    return evaluate(fact["param_count"].split(" (")[0], dims)


def run(fact, parameters, inputs, states, constants, dims):
    """Every value of every step of one sequence: inputs ``[time, …]``, states without a time axis."""
    found, state = [], dict(states)
    steps = len(next(iter(inputs.values())))
    for t in range(steps):
        known = {**parameters, **constants, **dims, "t": t} | {name: value[t] for name, value in inputs.items()}
        known |= {f"{name}_prev": value for name, value in state.items()}
        for equation in fact["equations"]:
            target, _, expression = equation.partition(" = ")
            known[target] = evaluate(expression, known)
        state = {name: known[name] for name in state}
        found.append(known)
    return found
