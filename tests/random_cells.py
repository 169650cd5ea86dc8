"""Random cells: equation lists that nobody wrote, for laws that hold of every cell."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

from derivations.cell import Cell
from derivations.errors import CellError

FUNCTIONS = ("σ", "tanh", "softplus")
MORE_FUNCTIONS = (*FUNCTIONS, "relu", "abs", "logsigmoid", "sin", "sign", "softmax")
MORE = {"constants": {"gamma": 0.25, "m": 1}, "shapes": {"m": ["hidden"], "beta": []}}  # data of cells with every construct


@st.composite
def equation_texts(draw: st.DrawFn) -> str:
    """One to four equations over vectors of one size, the last of which is the state h."""
    count = draw(st.integers(0, 3))
    known = ["h_{t-1}"]
    lines = []
    for k in range(count):
        name = "fgzc"[k]
        if draw(st.booleans()):
            known.append(f"{name}_{{t-1}}")
        lines.append((name, draw(expressions(tuple(known), name))))
        known.append(f"{name}_t")
    lines.append(("h", f"{draw(expressions(tuple(known), 'h'))} + tanh(W x_t + U h_{{t-1}})"))
    return "\n".join(f"{name}_t = {expr}" for name, expr in lines)


@st.composite
def expressions(draw: st.DrawFn, known: tuple[str, ...], owner: str, depth: int = 2) -> str:
    """A vector of the state's size over names that are known at this place."""
    kind = draw(st.sampled_from(("affine", "affine", "product", "sum", "function", "mix") if depth else ("affine", "name")))

    def inner() -> str:
        return draw(expressions(known, owner, depth - 1))

    match kind:
        case "name":
            return draw(st.sampled_from(known))
        case "product":
            return f"({inner()}) ⊙ ({inner()})"
        case "sum":
            return f"({inner()}) {draw(st.sampled_from('+-'))} 2 ({inner()})"
        case "function":
            return f"{draw(st.sampled_from(FUNCTIONS))}({inner()})"
        case "mix":
            gate = draw(st.sampled_from(known))
            return f"{gate} ⊙ ({inner()}) + (1 - {gate}) ⊙ {draw(st.sampled_from(known))}"
        case _:
            return draw(affine(known, owner))


@st.composite
def more_equations(draw: st.DrawFn) -> str:
    """A state h as above, and vectors and perhaps a matrix M by every other construct."""
    known = ["h_{t-1}"]
    lines = []
    memory = draw(st.booleans())
    for name in "fg"[: draw(st.integers(1, 2))]:
        lines.append((name, draw(more_expressions(tuple(known), name, memory))))
        known.append(f"{name}_t")
    u, v = (f"{fn}({draw(st.sampled_from(known))})" for fn in ("σ", "tanh"))
    if memory:
        lines.append(("M", draw(st.sampled_from(MEMORIES)).format(u=u, v=v)))
    lines.append(("h", f"{v} ⊙ h_{{t-1}} + m ⊙ tanh(W x_t + U {known[-1]})"))
    return "\n".join(f"{name}_t = {expr}" for name, expr in lines)


MEMORIES = (
    "diag({u}) M_{{t-1}} + {v} {u}ᵀ",
    "M_{{t-1}} diag({u}) + γ {u} ({v} - M_{{t-1}}ᵀ {v})ᵀ",
    "tanh(K windows(M_{{t-1}}, 3) + {v} onesᵀ)",
    "max(M_{{t-1}}, {u} {v}ᵀ)",
    "(I - γ {u} {u}ᵀ) M_{{t-1}} + σ(β) {v} {u}ᵀ",
    "γ M_{{t-1}} M_{{t-1}}ᵀ + sum(M_{{t-1}}) (K - Kᵀ)",
)


@st.composite
def more_expressions(draw: st.DrawFn, known: tuple[str, ...], owner: str, memory: bool, depth: int = 2) -> str:
    """A vector of the state's size by constructs that ``expressions`` does not use."""
    a, b = draw(expressions(known, owner, 1)), draw(st.sampled_from(known))
    if depth > 1:
        b = draw(more_expressions(known, owner, memory, depth - 1))
    forms = [
        f"{draw(st.sampled_from(MORE_FUNCTIONS))}({b})",
        f"max({a}, {b})",
        f"where({b} {draw(st.sampled_from(('>=', '<')))} 0, {a}, γ ({b}))",
        f"({b} - mean({b})) / sqrt(mean(({b} - mean({b}))^2) + γ)",
        f"tanh(sum({b}) / sqrt(hidden)) ({a}) + logsumexp({b})",
        f"β ({a}) - σ(w_{owner}ᵀ ({b})) (ones - m ⊙ ({b}))",
        f"chunk(C_{owner} ({b}), 2, {draw(st.integers(1, 2))}) ⊙ ({a})",
        f"(m ⊙ ({b}) + σ({b})) / (1 + norm({a})^2)",
    ]
    return draw(st.sampled_from([*forms, *[f"tanh(M_{{t-1}}ᵀ ({b}))", f"tanh(M_{{t-1}} ({b})) + M_{{t-1}} ones"] * memory]))


@st.composite
def affine(draw: st.DrawFn, known: tuple[str, ...], owner: str) -> str:
    """A function of a sum of products with matrices, one of them perhaps of a concatenation or transposed."""
    other = draw(st.sampled_from(known))
    number = draw(st.integers(1, 3))  # equal numbers tie weights
    form = draw(
        st.sampled_from(
            (
                f"W_{owner}{number} x_t + U_{owner}{number} {other} + b_{owner}",
                f"V_{owner}{number} [{other}, x_t]",
                f"V_{owner}{number} [x_t, {other}] + b_{owner}{number}",
                f"W_{owner}{number} x_t + {other} ⊙ (U_{owner}{number} h_{{t-1}} + b_{owner})",
                f"U_{owner}{number}ᵀ {other} - b_{owner}",
            )
        )
    )
    return f"{draw(st.sampled_from(FUNCTIONS))}({form})"


def cells() -> st.SearchStrategy[Cell]:
    """Cells whose equations can be typed; a few drawn texts leave two readings open and are passed over."""
    return equation_texts().map(_cell).filter(lambda cell: cell is not None)


def more_cells() -> st.SearchStrategy[Cell]:
    """Cells that use constants, choices, reductions, parts, matrices as states and products of every kind."""
    return more_equations().map(lambda text: _cell(text, MORE)).filter(lambda cell: cell is not None)


def _cell(text: str, data: Mapping[str, Any] = MappingProxyType({})) -> Cell | None:
    try:
        return Cell.from_equations(text, **_used(text, data))
    except CellError:
        return None


def _used(text: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Constants and shapes of names that the text has."""
    spelled = {"gamma": "γ", "beta": "β", "m": "m ⊙"}
    return {key: {name: value for name, value in table.items() if spelled[name] in text} for key, table in data.items()}
