"""What is printed reads back as the same tree, and no text whatever raises anything but ``CellError``."""

import contextlib
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from derivations.errors import CellError
from derivations.notation import latex, plain, read, read_expr, unicode
from derivations.notation.tree import (
    Apply,
    Call,
    Choice,
    Compare,
    Concat,
    MatMul,
    Name,
    Neg,
    Number,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    Times,
    Transpose,
    rebuild,
)

LABELS = st.lists(st.sampled_from(["f", "x", "1", "10", "xf", "in", "alpha", "out", "T"]), max_size=2).map("_".join)
NAMES = st.builds(
    Name,
    st.sampled_from([*"abcdefghijklmnopqrstuvwxyzABCUWTE", "alpha", "lambda", "Gamma", "phi", "hx", "memory"]),
    st.lists(st.sampled_from(["tilde", "hat", "bar", "prime"]), max_size=2).map(tuple),
    LABELS,
    st.one_of(st.just(""), LABELS),
)
REFS = st.builds(Ref, NAMES, st.sampled_from([None, 0, -1, 1]))
NUMBERS = st.sampled_from(["0", "1", "2", "0.5", "1.0", "12.25", "1e-3"]).map(lambda text: Number(Fraction(text), text))
EXPONENTS = st.builds(Fraction, st.integers(-12, 12), st.sampled_from([1, 1, 2, 3]))


def _pairs(parts):
    return st.lists(parts, min_size=2, max_size=3).map(tuple)


def _larger(parts):
    # What has no name is a scalar, and prints beside its factor; here every factor has one.
    named = st.one_of(REFS, st.builds(Times, st.sampled_from(["", "@"]), REFS, parts), st.builds(Sum, st.tuples(REFS, parts)))
    return st.one_of(
        st.builds(Sum, _pairs(st.one_of(parts, parts.map(Neg)))),
        st.builds(Neg, parts),
        st.builds(Times, st.sampled_from(["", "*", "⊙", "@", "·"]), parts, parts),
        st.builds(Product, _pairs(named)),
        st.builds(MatMul, parts, parts),
        st.builds(Quotient, parts, parts),
        st.builds(Power, parts, EXPONENTS),
        st.builds(Apply, st.sampled_from(["sigmoid", "tanh", "exp", "softplus"]), parts),
        st.builds(Concat, _pairs(parts)),
        st.builds(Transpose, parts),
        st.builds(Power, parts, st.just(Fraction(1, 2))),
        st.builds(Call, st.sampled_from(["sum", "mean", "norm", "softmax", "logsumexp", "diag"]), st.tuples(parts)),
        st.builds(lambda v, n: Call("chunk", (v, _whole(4), _whole(n))), parts, st.integers(1, 4)),
        st.builds(lambda x: Call("windows", (x, _whole(3))), parts),
        st.builds(Choice, st.sampled_from(["max", "min"]), st.tuples(parts, parts)),
        st.builds(lambda a, op, b, c, d: Choice("where", (Compare(a, op, b), c, d)), parts, st.sampled_from("<>≤≥="), parts, parts, parts),
    )


def _whole(number):
    return Number(Fraction(number), str(number))


TREES = st.recursive(st.one_of(REFS, REFS, NUMBERS), _larger, max_leaves=12)


def as_written(expr, signs, squares):
    """The untyped tree that a printed text stands for: typed products by their signs, squares of names as products."""
    expr = rebuild(expr, lambda child: as_written(child, signs, squares))
    match expr:
        case Product(factors):
            product = factors[0]
            for factor in factors[1:]:
                product = Times(signs["⊙"], product, factor)
            return product
        case MatMul(left, right):
            return Times(signs["matrix"], left, right)
        case Times(op, left, right):
            return Times(signs[op], left, right)
        case Choice(fn, args):
            return Call(fn, args)
        case Power(Ref() as name, exponent) if squares and exponent == 2:
            return Times("⊙", name, name)
    return expr


SAME = {op: op for op in ("", "*", "⊙", "@", "·")} | {"matrix": ""}
ASCII = SAME | {"⊙": "*", "·": "", "matrix": "@"}


@pytest.mark.parametrize(("show", "signs"), [(unicode, SAME), (latex, SAME), (plain, ASCII)])
@given(tree=TREES)
def test_printed_trees_read_back(show, signs, tree):
    assert read_expr(show(tree)) == as_written(tree, signs, squares=show is not plain)


@given(tree=TREES)
def test_plain_is_ascii(tree):
    assert plain(tree).isascii()


@given(tree=TREES)
def test_printing_is_stable(tree):
    """A printed text is the shortest the printer knows: printing what was read changes nothing."""
    for show in (unicode, latex, plain):
        assert show(read_expr(show(tree))) == show(tree)


VALID = [
    "f_t = σ(W_f x_t + U_f h_{t-1} + b_f)\nc_t = f_t ⊙ c_{t-1} + [h̃_t, x²]ᵀ",
    r"\begin{align} f_t &= \sigma\left(W_f \begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix}\right) \\ g &= \frac12 \tilde h^{(t)} \end{align}",
    "f = sigmoid(W_f @ x + U_f @ h_prev + b_f); h = (1 - z) * h_prev**2 + z / n  # end",
    "m_t = where(n_{t-1} >= 0, max(a_t, b_t), softmax(chunk(v_t, 4, 1)))\nS_t = diag(a_t) S_{t-1} / sqrt(norm(k_t)) + k_t v_tᵀ",
]
PIECES = [
    *"()[]{}_^=+-*@/.,;'~$&%#\\ \n\tatTW01₁²ᵀσα⊙·−\u0303",
    "\\\\",
    "\\tilde",
    "\\frac",
    "\\begin{align}",
    "\\end{bmatrix}",
    "**",
    "{t-1}",
    "\x00",
    "\ud800",
]


@st.composite
def _damaged(draw):
    """A valid text with a few pieces cut out, put in, or moved."""
    text = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + draw(st.sampled_from(["", text[start:end] * 2, *PIECES])) + text[end:]
    return text


@given(st.one_of(st.text(st.characters()), st.lists(st.sampled_from(PIECES)).map("".join), _damaged()))
@example("\\")
@example("y = \\frac")
@example("y = x^(")
@example("\\begin")
@example("y = \\frac1")
def test_only_cell_errors(text):
    for reader in (read, read_expr):
        with contextlib.suppress(CellError):
            reader(text)


def _refusal(text):
    try:
        read(text)
    except CellError as error:
        return error
    return None


@given(_damaged())
def test_errors_point_into_the_text(text):
    error = _refusal(text)
    if error is not None:
        assert error.hint
        assert error.span is not None
        assert 1 <= error.span.line <= text.count("\n") + 1
        assert 1 <= error.span.column <= len(text) + 1
