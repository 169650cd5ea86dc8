"""The same equation in every notation is the same tree."""

from fractions import Fraction

import pytest

from derivations.notation import read, read_expr
from derivations.notation.tree import (
    Apply,
    Assignment,
    Call,
    Compare,
    Concat,
    Name,
    Neg,
    Number,
    Power,
    Quotient,
    Ref,
    Sum,
    Times,
    Transpose,
)


def ref(base, time=None, *accents, sub="", sup=""):
    return Ref(Name(base, accents, sub, sup), time)


X, H, W, U, B = ref("x", 0), ref("h", -1), ref("W", sub="f"), ref("U", sub="f"), ref("b", sub="f")
GATE = Assignment(ref("f", 0), Apply("sigmoid", Sum((Times("", W, X), Times("", U, H), B))))
JOINED = Assignment(ref("f", 0), Apply("sigmoid", Sum((Times("", W, Concat((H, X))), B))))


@pytest.mark.parametrize(
    "text",
    [
        "f_t = σ(W_f x_t + U_f h_{t-1} + b_f)",
        "f_t = sigmoid(W_f x_t + U_f h_prev + b_f)",
        "f_t = sigmoid (W_f x_t + U_f h_old + b_f)  # a comment with a \\command and $",
        "f_t := σ(W_f xₜ + U_f hₜ₋₁ + b_f).",
        "f[t] ← σ(W_f x[t] + U_f h[t-1] + b_f)",
        "f_t = σ(W_f x_t\n  + U_f h_{t−1} +\n b_f)",
        "f_t =\n σ(W_f x_t + U_f h_{t-1} + b_f);",
        r"f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)",
        r"f_t=\sigma(W_fx_t+U_fh_{t-1}+b_f)",
        r"$f_t = \mathrm{sigmoid}\left(W_f x_t + U_f h_{t-1} + b_f\right)$,",
        r"$$ f_t \leftarrow \operatorname{sigmoid}\bigl( W_f x_t + U_f h_{t-1} + b_f \bigr) $$",
        r"\[ {\bf f}_t = \sigma\big(\mathbf{W}_f \mathbf{x}_t \; + \mathbf U_f\,\boldsymbol{h}_{t-1} + \bm{b}_{f}\big) \]",
        "\\begin{align*}\n f^{(t)} &= \\sigma( W_f x^{\\langle t \\rangle} \\\\[2pt]\n &\\quad + U_f h^{(t-1)} + b_f) % why\n\\end{align*}",
        r"\begin{equation}\label{eq:f}\begin{split} f^t &= \sigma(W_{f} x_{t} + U_{\mathrm f} h_{(t-1)} + b_{\text{f}}) \tag{1}"
        r"\end{split}\nonumber\end{equation}",
        r"\mathrm{f}_t = \sigma \{ \mathbf{W_f x_t} + {U}_f {h_{t-1}} + b_f \}",
    ],
)
def test_a_gate_in_every_notation(text):
    assert read(text) == (GATE,)


@pytest.mark.parametrize(
    "text",
    [
        "f_t = σ(W_f [h_{t-1}, x_t] + b_f)",
        "f_t = σ(W_f [h_{t-1}; x_t] + b_f)",
        "f_t = σ(W_f concat(h_prev, x_t) + b_f)",
        r"f_t = \sigma\left(W_f \left[ h_{t-1}, x_t \right] + b_f\right)",
        r"f_t = \sigma\left(W_f \begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix} + b_f\right)",
        "f_t = \\sigma(W_f \\begin{pmatrix}\n h_{t-1} \\\\\n x_t \\\\\n \\end{pmatrix} + b_f)",
        r"f_t = \sigma(W_f \left[\begin{array}{c} h_{t-1} \\ x_t \end{array}\right] + b_f)",
    ],
)
def test_concatenation_in_every_notation(text):
    assert read(text) == (JOINED,)


def test_the_plain_notation_leaves_time_open():
    (found,) = read("f = sigmoid(W_f @ x + U_f @ h_prev + b_f)")
    assert found == Assignment(ref("f"), Apply("sigmoid", Sum((Times("@", W, ref("x")), Times("@", U, H), B))))


@pytest.mark.parametrize(
    ("texts", "tree"),
    [
        (["W_f", "W_{f}", r"W_{\mathrm{f}}", r"\mathbf{W}_f", r"W_\text{f}", r"\mathbf{W_f}"], W),
        (["W_{xf}", "W_xf", r"W_{\text{xf}}", r"W_{x f}\,"], ref("W", sub="xf")),
        (["W_in_x", "W_{in,x}", "W_{in}_x", r"W_{\text{in},x}"], ref("W", sub="in_x")),
        (["W₁", "W_1", "W_{1}", "W1", r"W_1\,"], ref("W", sub="1")),
        (["W_{10}", "W₁₀", "W10", r"W_{10}\;"], ref("W", sub="10")),
        (["b_{hr}", "b_hr", "bₕᵣ"], ref("b", sub="hr")),
        (["W^{(f)}", "W^f", "W^(f)", "Wᶠ", "W⁽ᶠ⁾", r"W^{(\mathrm{f})}"], ref("W", sup="f")),
        (["W^{(2)}", "W⁽²⁾", r"\mathbf W^{(2)}"], ref("W", sup="2")),
        (["W^{(f)}_x", "W_x^f", "W_{x}^{(f)}"], ref("W", sub="x", sup="f")),
        (["h̃_t", "h\N{COMBINING TILDE}ₜ", "h~_t", "h_tilde_t", r"\tilde{h}_t", r"\tilde h_t", r"\widetilde{h_t}"], ref("h", 0, "tilde")),
        (["h~_prev", "h_tilde_prev", r"\tilde{\mathbf{h}}_{t-1}"], ref("h", -1, "tilde")),
        (["ĉ_t", "ĉ_t", "c_hat_t", r"\hat c_t", r"\hat{c}_{t}"], ref("c", 0, "hat")),
        (["h'_t", "h′_t", "h_t'", "h_prime_t", r"h^\prime_t", r"h^{\prime}_t", r"h_t'\,"], ref("h", 0, "prime")),
        ([r"\bar{\tilde h}", "h_tilde_bar", "h̃̄"], ref("h", None, "tilde", "bar")),
        ([r"\tilde{h}'", "h̃'", "h_tilde_prime"], ref("h", None, "tilde", "prime")),
        (["α_t", "alpha_t", r"\alpha_t"], ref("alpha", 0)),
        (["ϕ", "φ", "phi", r"\varphi", "varphi"], ref("phi")),
        (["W_α", r"W_\alpha", r"W_{\alpha}", "W_alpha"], ref("W", sub="alpha")),
        (["λ", "lambda", r"\lambda"], ref("lambda")),
        (["a_{f,t}", "a_f_t", r"a_{\mathrm f, t}"], ref("a", 0, sub="f")),
        (["h_{t+1}", "h_next", "hₜ₊₁", "h^{t+1}", "h^{[t+1]}"], ref("h", 1)),
        (["W_ft", "W_{ft}"], ref("W", sub="ft")),
        (["𝐖_f", "𝑊_f"], W),
        (["hx", r"\mathrm{hx}"], ref("hx")),
    ],
)
def test_names(texts, tree):
    for text in texts:
        assert read_expr(text) == tree, text


a, b, c, d = ref("a"), ref("b"), ref("c"), ref("d")


@pytest.mark.parametrize(
    ("texts", "tree"),
    [
        (["a ⊙ b", "a ∘ b", r"a \odot b", r"a \circ b"], Times("⊙", a, b)),
        (["a * b", r"a \ast b", "a ∗ b"], Times("*", a, b)),
        (["a · b", r"a \cdot b", "a ⋅ b"], Times("·", a, b)),
        (["a b", r"a\,b", r"ab\,", "a(b)", "(a)(b)", "(a b)"], Times("", a, b)),
        (["a / b", r"\frac{a}{b}", r"\dfrac a b"], Quotient(a, b)),
        (["1/2", r"\frac12", r"\tfrac{1}{2}"], Quotient(Number(Fraction(1)), Number(Fraction(2)))),
        (["x^2", "x**2", "x²", "x^{2}", "x ** (2)", r"x^2\,"], Power(ref("x"), Fraction(2))),
        (["x^{-1}", "x⁻¹", "x**-1", "x^-1"], Power(ref("x"), Fraction(-1))),
        (["x^{1/2}", "x^(1/2)", "x**(1/2)", "x^{0.5}"], Power(ref("x"), Fraction(1, 2))),
        (["f_t²", "f_t^2", "f^2_t", "{f_t}^2", "(f_t)**2"], Power(ref("f", 0), Fraction(2))),
        (
            ["U^T", "Uᵀ", "U.T", r"U^\top", r"U^{\top}", r"U^{\mathsf T}", r"U^\mathsf{T}", r"U^{\!\top}", "U^⊤", r"U\T"],
            Transpose(ref("U")),
        ),
        (["U_f^T", "U_fᵀ", r"U^\top_f"], Transpose(U)),
        (["1 - z", "1 − z", r"1 - z\,", r"\mathbf 1 - z", r"\mathbb{1} - z", r"\mathbf{1} - z"], Sum((Number(Fraction(1)), Neg(ref("z"))))),
        (["-a b + c"], Sum((Neg(Times("", a, b)), c))),
        (["-a * b", "-(a * b)"], Neg(Times("*", a, b))),
        (["a * -b"], Times("*", a, Neg(b))),
        (["a b * c d"], Times("*", Times("", a, b), Times("", c, d))),
        (["a * b @ c / d"], Quotient(Times("@", Times("*", a, b), c), d)),
        (["a - (b - c)"], Sum((a, Neg(Sum((b, Neg(c))))))),
        (["[a]", "((a))", "{a}"], a),
        (["tanh(a) b"], Times("", Apply("tanh", a), b)),
        ([r"a \tanh c"], Times("", a, Apply("tanh", c))),
        ([r"\tanh c \odot b", "tanh c ⊙ b"], Times("⊙", Apply("tanh", c), b)),
        ([r"\tanh{(c)}", r"\tanh\left[c\right]", r"\text{tanh}(c)", "tanh(c)"], Apply("tanh", c)),
        (["0.5 x", r".5\,x"], Times("", Number(Fraction(1, 2)), ref("x"))),
        (["1e-3"], Number(Fraction(1, 1000))),
        (["[a, b; c]"], Concat((a, b, c))),
        (["max(a, b)", r"\max(a, b)", r"\max\left(a, b\right)", r"\operatorname{max}(a, b)"], Call("max", (a, b))),
        (["sqrt(a)", r"\sqrt{a}", "a^{1/2}", "a**(1/2)"], Power(a, Fraction(1, 2))),
        (
            ["where(a >= b, c, d)", "where(a ≥ b, c, d)", r"\operatorname{where}(a \ge b, c, d)", r"\operatorname{where}(a \geq b, c, d)"],
            Call("where", (Compare(a, "≥", b), c, d)),
        ),
        (["where(a = b, c, d)", "where(a == b, c, d)"], Call("where", (Compare(a, "=", b), c, d))),
        (["softmax(a)", r"\operatorname{softmax}(a)", r"\mathrm{softmax}(a)"], Call("softmax", (a,))),
        (["chunk(a, 4, 1)"], Call("chunk", (a, Number(Fraction(4)), Number(Fraction(1))))),
        (["diag(a) U_f", r"\operatorname{diag}(a) U_f"], Times("", Call("diag", (a,)), U)),
        (["relu(a)", "ReLU(a)", r"\operatorname{ReLU}(a)", r"\mathrm{relu}(a)"], Apply("relu", a)),
        (["a bᵀ", "a b^T", r"a b^{\top}"], Times("", a, Transpose(b))),
    ],
)
def test_operations(texts, tree):
    for text in texts:
        assert read_expr(text) == tree, text


@pytest.mark.parametrize(
    "text",
    [
        "i = a\no = b",
        "i = a; o = b",
        "\ufeff# cell\n\ni = a.\r\n\r\no = b,",
        "% cell\ni = a\no = b",
        r"\begin{align} i &= a, \\ o &= b. \end{align}",
        r"\begin{aligned} i &= a \\ o &= b \\ \end{aligned}",
        "$i = a$\n$o = b$",
        "$i = a$, $o = b$.",
        "\\[ i = a \\]\n\\[ o\n = b \\]",
        "i = \\mathbf{a}\no = b",
    ],
)
def test_several_equations(text):
    assert read(text) == (Assignment(ref("i"), a), Assignment(ref("o"), b))


def test_spans_count_lines_and_columns_from_one():
    first, second = read("i = a\n  o = b + tanh(c)")
    assert isinstance(second.expr, Sum)
    places = [first.target.span, second.target.span, second.expr.terms[1].span]
    assert [(s.line, s.column) for s in places if s] == [(1, 1), (2, 3), (2, 11)]
