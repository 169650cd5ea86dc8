"""Random cells: equation lists that nobody wrote, for laws that hold of every cell."""

from hypothesis import strategies as st

from derivations.cell import Cell

FUNCTIONS = ("σ", "tanh", "softplus")


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


def _cell(text: str) -> Cell | None:
    from derivations.errors import CellError

    try:
        return Cell.from_equations(text)
    except CellError:
        return None
