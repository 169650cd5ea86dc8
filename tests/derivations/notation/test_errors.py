"""What is refused, where, and in which words."""

import time

import pytest

from derivations.errors import CellError
from derivations.notation import read, read_expr


@pytest.mark.parametrize(
    ("text", "line", "column", "found", "hint"),
    [
        ("", 1, 1, "there is no equation", "write one equation per line"),
        ("\n # only a comment\n", 1, 1, "there is no equation", "write one equation per line"),
        ("y = h_t-1", 1, 6, "'_t-1' is ambiguous", "write _{t-1} for another time step, or '- 1' with spaces"),
        ("y = (a + b", 1, 5, "'(' is never closed", "add the missing ')'"),
        ("y = ((a)\nz = b", 1, 5, "'(' is never closed", "add the missing ')'"),
        ("y = a + b)", 1, 10, "')' closes nothing", "delete it"),
        ("y = (a +\n b]", 2, 3, "']' does not close the '(' of line 1, column 5", "expected ')'"),
        (r"y = \begin{bmatrix} a", 1, 5, r"'\begin{bmatrix}' is never closed", r"add the missing '\end{bmatrix}'"),
        ("y = x_{t-1", 1, 6, "'{' is never closed", "add the missing '}'"),
        ("y = a +", 1, 7, "expected an expression after '+', found the end", "both sides"),
        ("y = a + * b", 1, 9, "expected an expression after '+', found '*'", "both sides"),
        ("y = a + ⊙ b", 1, 9, "expected an expression after '+', found '⊙'", "both sides"),
        ("y = ()", 1, 6, "expected an expression after '(', found ')'", "brackets hold expressions"),
        ("y =", 1, 3, "expected an expression after '=', found the end", "both sides"),
        ("= a", 1, 1, "expected an expression before '='", "begins with a name"),
        ("h = a\na + b", 2, 1, "no '=' in this equation", "write it as name = expression"),
        ("a = b = c", 1, 7, "a second '=' in one equation", "end the equation before it"),
        ("y == a", 1, 3, "'==' is not part of the notation", "one '='"),
        ("y + z = a", 1, 1, "the left side is not a single name", "write name = expression"),
        ("y = x 2", 1, 7, "unexpected '2'", "write the number first"),
        ("y = foo(x)", 1, 5, "unknown function 'foo'", "known functions are ReLU"),
        ("y = tahn(x)", 1, 5, "unknown function 'tahn'", "did you mean 'tanh'?"),
        (r"y = \mathrm{foo}(x)", 1, 5, "unknown function 'foo'", "known functions are ReLU"),
        (r"y = foo(x_t)\,", 1, 5, "unknown function 'foo'", "known functions are ReLU"),
        ("y = tanh", 1, 5, "the function 'tanh' has no argument", "write tanh(...)"),
        ("y = tanh x", 1, 5, "the argument of 'tanh' has no brackets", "write tanh(...)"),
        (r"y = \tanh W x", 1, 13, "unexpected 'x'", "put the argument of the function in brackets"),
        (r"y = \sigma_g(x)", 1, 5, r"the function '\sigma' has no argument", "a function takes no scripts"),
        ("y = tanh^2(x)", 1, 5, "the function 'tanh' has no argument", "a function takes no scripts"),
        ("y = sigma1", 1, 5, "'sigma' is a function", "another name"),
        ("y = σ(h, x)", 1, 8, "unexpected ','", "[a, b] puts vectors below each other"),
        ("y = a_f,t", 1, 8, "unexpected ','", "as in a_{f,t}"),
        ("y = __import__('os').system('ls')", 1, 5, "a name cannot begin with '_'", "a name begins with a letter"),
        ("_y = a", 1, 1, "a name cannot begin with '_'", "a name begins with a letter"),
        ("y = os.system", 1, 7, "attribute access '.system'", "equations are not programs"),
        ("y = a if b", 1, 7, "'if' is a word of Python", "equations are not programs"),
        ("import os", 1, 1, "'import' is a word of Python", "equations are not programs"),
        ("y = a ⊗ b", 1, 7, "'⊗' is not part of the notation", "write ⊙"),
        (r"y = a \otimes b", 1, 7, r"unknown command '\otimes'", r"write \odot"),
        (r"y = \sigm(x)", 1, 5, r"unknown command '\sigm'", r"did you mean \sigma?"),
        (r"\begin{foo} y = a", 1, 1, "unknown environment 'foo'", "align"),
        (r"y = \begin{bmatrix} a & b \end{bmatrix}", 1, 23, "'&' inside a matrix", "only columns are read"),
        (r"y = \tilde{a b}", 1, 5, "an accent over something that is not a name", "put the accent on the letter"),
        (r"y = \frac{a}", 1, 12, "the equation ends too early", "an argument is missing"),
        (r"y = W_10 x\,", 1, 6, "the script '10' without braces is ambiguous", "write {10}"),
        ("y <= a", 1, 3, "'<=' is not part of the notation", "a comparison is a claim"),
        ("y = a % b", 1, 7, "'%' is not part of the notation", "write '#'"),
        ("y = max(a)", 1, 5, "'max' with 1 argument", "max takes 2 arguments"),
        ("y = where(a > b, c)", 1, 5, "'where' with 2 arguments", "where takes 3 arguments"),
        ("y = where(a, b, c)", 1, 5, "a comparison in the wrong place", "where(a > b, c, d)"),
        ("y = max(a > b, c)", 1, 5, "a comparison in the wrong place", "where(a > b, c, d)"),
        ("y = where(a > b > c, d, a)", 1, 17, "unexpected '>'", ""),
        ("y = sofmax(a)", 1, 5, "unknown function 'sofmax'", "did you mean 'softmax'?"),
        ("f_{t,j} = a", 1, 2, "unknown index 'j' after the time", "write f_t"),
        ("y = h_{t-2}", 1, 6, "the time 't-2' is out of reach", "one step sees t, t-1 and t+1"),
        ("y = h_{t-1}_t", 1, 12, "this name has two times", "write one time"),
        ("y = h(t-1)", 1, 6, "a time in brackets", "h_{t-1}"),
        ("y = W_{h_t}", 1, 6, "a script inside a script", "write labels with commas"),
        ("y = x_{a+b}", 1, 6, "'a+b' cannot be read as a script of a name", "a subscript is a label"),
        ("y = x**y", 1, 6, "the exponent 'y' is not a number", "an exponent is a constant"),
        ("y = x^1234567", 1, 6, "the exponent is too long", "at most 6 digits"),
        ("y = x^{1/0}", 1, 6, "the exponent '1/0' divides by zero", "a superscript is a number"),
        ("y = 1e9999", 1, 5, "the number '1e9999' is too long", "at most 40 digits"),
        ("y = " + "1" * 41, 1, 5, "the number '" + "1" * 40 + "…' is too long", "at most 40 digits"),
        ("y = " + "a" * 41, 1, 5, "the name '" + "a" * 40 + "…' is too long", "at most 40 letters"),
        ("y = a / b c", 1, 7, "a product after '/' without brackets", "write (a / b) c or a / (b c)"),
        ("y = U^T^2", 1, 8, "a second exponent or transposition", "(W^T)^2"),
        ("y = (a + b)_t", 1, 12, "a label or time on something that is not a name", "belong to names"),
        ("y = a\x00", 1, 6, "invisible character U+0000", "delete it"),
        ("y = \N{RIGHT-TO-LEFT OVERRIDE}a", 1, 5, "invisible character U+202E", "delete it"),
        ("y = a\n\ud800", 2, 1, "invisible character U+D800", "delete it"),
        ("y = 日", 1, 5, "'日' is not part of the notation", "names, numbers"),
        ("y = x\N{COMBINING DOT BELOW}", 1, 6, "U+0323 is not part of the notation", "names, numbers"),
        ("y = " + "(" * 61, 1, 65, "brackets are nested deeper than 60", "an equation of its own"),
        ("y = " + "*".join("a" * 130), 1, 1, "the expression is nested deeper than 120", "an equation of its own"),
    ],
)
def test_refused_with_place_and_hint(text, line, column, found, hint):
    with pytest.raises(CellError) as caught:
        read(text)
    error = caught.value
    assert (error.found, error.span and (error.span.line, error.span.column)) == (found, (line, column))
    assert hint in error.hint
    assert str(error) == f"equations:{line}:{column}: {found}\n  {error.hint}"


@pytest.mark.parametrize(
    ("text", "column", "found"),
    [("", 1, "there is no expression"), ("a = b", 3, "'=' in an expression"), ("a; b", 4, "a second expression")],
)
def test_one_expression(text, column, found):
    with pytest.raises(CellError) as caught:
        read_expr(text)
    assert (caught.value.found, caught.value.span and caught.value.span.column) == (found, column)


SIZE = 256 * 1024 - 8


HOSTILE = [
    *["(" * 100_000, "(" * SIZE, "[" * SIZE, "a(" * (SIZE // 2), "h(" + " " * (SIZE - 2), "a*" * 9_000 + "a", "-" * SIZE],
    *["a+" * (SIZE // 2), "a" * SIZE, "1" * SIZE, "a;" * (SIZE // 2), "a=b\n" * (SIZE // 4), "\n" * SIZE, "#" * SIZE],
    *["x" + "'" * (SIZE - 1), "x" + "_a" * (SIZE // 2), "x₁" * (SIZE // 4), "x" + "\N{COMBINING TILDE}" * (SIZE // 2)],
    *["\\a" * (SIZE // 2), "\\,a" + "a" * (SIZE - 3), "\\frac" * (SIZE // 5), "a\\\\" * (SIZE // 3), "$" * SIZE],
    *["x_" + "{" * (SIZE - 2), "x_{" + "a," * (SIZE // 2 - 2), "x" + "^T" * (SIZE // 2)],
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:8])
def test_hostile_texts_are_refused_soon(body):
    start = time.perf_counter()
    with pytest.raises(CellError):
        read("y = " + body)
    assert time.perf_counter() - start < 5


def test_too_large_is_refused_before_reading():
    with pytest.raises(CellError, match="the text is too large: 300000 bytes"):
        read("(" * 300_000)


def test_a_long_sum_is_flat():
    (found,) = read("y = " + "+".join("a" * 9_000))
    assert len(found.expr.terms) == 9_000
