"""How trees look: the rules of the documents, one row each."""

import unicodedata
from fractions import Fraction
from functools import partial

import pytest

from derivations.notation import Style, latex, name_latex, name_plain, name_unicode, plain, read_expr, unicode
from derivations.notation.tree import MatMul, Name, Neg, Number, Part, Power, Product, Quotient, Ref, Sum, Total, Transpose


def ref(base, time=None, sub="", marks=()):
    return Ref(Name(base, (), sub, "", marks), time)


f, c, i, g, s, z = (ref(base, 0) for base in "fcigsz")
before, W, x, alpha = ref("c", -1), ref("W", sub="f"), ref("x", 0), ref("alpha")
bar_c, bar_a, next_a = ref("c", 0, marks=("bar",)), ref("a", 0, "f", ("bar",)), ref("a", 1, "f", ("bar",))
one, two = Number(Fraction(1)), Number(Fraction(2))
composed = partial(unicodedata.normalize, "NFC")  # editors differ in how they store a letter with an accent
SCALARS = frozenset({alpha.name})


@pytest.mark.parametrize(
    ("tree", "in_unicode", "in_latex", "in_plain"),
    [
        (
            Sum((Product((f, before)), Product((i, g)))),
            "f_t ⊙ c_{t-1} + i_t ⊙ g_t",
            r"f_t \odot c_{t-1} + i_t \odot g_t",
            "f_t * c_prev + i_t * g_t",
        ),
        (Sum((one, Neg(z))), "1 − z_t", r"\mathbf 1 - z_t", "1 - z_t"),
        (Sum((one, Neg(alpha))), "1 − α", "1 - \\alpha", "1 - alpha"),
        (
            Product((bar_c, before, f, Sum((one, Neg(f))))),
            "c̄_t ⊙ c_{t-1} ⊙ f_t ⊙ (1 − f_t)",
            r"\bar c_t \odot c_{t-1} \odot f_t \odot (\mathbf 1 - f_t)",
            "bar_c_t * c_prev * f_t * (1 - f_t)",
        ),
        (MatMul(W, x), "W_f x_t", "W_f x_t", "W_f @ x_t"),
        (MatMul(Transpose(W), next_a), "W_fᵀ ā_{f,t+1}", r"W_f^{\!\top}\,\bar a_{f,t+1}", "W_f.T @ bar_a_f_next"),
        (MatMul(bar_a, Transpose(x)), "ā_{f,t} x_tᵀ", r"\bar a_{f,t}\,x_t^{\!\top}", "bar_a_f_t @ x_t.T"),
        (MatMul(W, Product((f, c))), "W_f (f_t ⊙ c_t)", r"W_f (f_t \odot c_t)", "W_f @ (f_t * c_t)"),
        (Product((f, MatMul(W, x))), "f_t ⊙ W_f x_t", r"f_t \odot W_f x_t", "f_t * (W_f @ x_t)"),
        (Power(s, Fraction(2)), "s_t ⊙ s_t", r"s_t \odot s_t", "s_t**2"),
        (Power(alpha, Fraction(2)), "α²", r"\alpha^2", "alpha**2"),
        (Power(s, Fraction(-3)), "s_t⁻³", "s_t^{-3}", "s_t**(-3)"),
        (Power(s, Fraction(1, 2)), "sqrt(s_t)", r"\sqrt{s_t}", "sqrt(s_t)"),
        (Power(s, Fraction(1, 3)), "s_t^{1/3}", "s_t^{1/3}", "s_t**(1/3)"),
        (Product((two, x)), "2 x_t", "2 x_t", "2 * x_t"),
        (Product((alpha, x)), "α x_t", r"\alpha x_t", "alpha * x_t"),
        (Product((Sum((one, Neg(alpha))), x, c)), "(1 − α) x_t ⊙ c_t", r"(1 - \alpha) x_t \odot c_t", "(1 - alpha) * x_t * c_t"),
        (Product((alpha, MatMul(W, x))), "α W_f x_t", r"\alpha W_f x_t", "alpha * (W_f @ x_t)"),
        (Product((alpha, two, x)), "(α · 2) x_t", r"(\alpha \cdot 2) x_t", "alpha * 2 * x_t"),
        (Quotient(c, Sum((one, f))), "c_t / (1 + f_t)", r"\frac{c_t}{\mathbf 1 + f_t}", "c_t / (1 + f_t)"),
        (Number(Fraction(-1, 2)), "−1 / 2", r"-\frac{1}{2}", "-1 / 2"),
        (
            read_expr("tanh(a) ⊙ σ(1 / b)"),
            "tanh(a) ⊙ σ(1 / b)",
            r"\tanh(a) \odot \sigma\left(\frac{1}{b}\right)",
            "tanh(a) * sigmoid(1 / b)",
        ),
        (read_expr("[h_{t-1}, x_t]"), "[h_{t-1}, x_t]", "[h_{t-1}, x_t]", "[h_prev, x_t]"),
        (Total(bar_c), "𝟏ᵀ c̄_t", r"\mathbf 1^{\!\top}\,\bar c_t", "sum(bar_c_t)"),
        (Part(bar_c, (("hidden",), ("inputs",)), 1), "[c̄_t]_{n+1:n+m}", r"[\bar c_t]_{n+1:n+m}", "[bar_c_t]_{n+1:n+m}"),
    ],
)
def test_every_rule_of_style(tree, in_unicode, in_latex, in_plain):
    assert (composed(unicode(tree, scalars=SCALARS)), latex(tree, scalars=SCALARS), plain(tree)) == (
        composed(in_unicode),
        in_latex,
        in_plain,
    )


@pytest.mark.parametrize(
    ("name", "time", "in_unicode", "in_latex", "in_plain"),
    [
        (Name("W", sub="f"), None, "W_f", "W_f", "W_f"),
        (Name("W", sub="xf"), None, "W_{xf}", "W_{xf}", "W_xf"),
        (Name("W", sub="in_x"), None, "W_{in,x}", "W_{in,x}", "W_in_x"),
        (Name("W", sub="out"), None, "W_{out}", r"W_{\mathrm{out}}", "W_out"),
        (Name("W", sub="alpha", sup="2"), None, "W^{(2)}_α", r"W^{(2)}_{\alpha}", "W_alpha^{(2)}"),
        (Name("h", ("tilde",)), 0, "h̃_t", r"\tilde h_t", "h_tilde_t"),
        (Name("h", ("tilde",), marks=("bar",)), 0, "h̃̄_t", r"\bar{\tilde h}_t", "bar_h_tilde_t"),
        (Name("h", ("prime",), marks=("bar",)), 0, "h′̄_t", r"\bar{h'}_t", "bar_h_prime_t"),
        (Name("h", ("prime",), sup="f"), 0, "h′^{(f)}_t", r"h^{\prime(f)}_t", "h_prime^{(f)}_t"),
        (Name("f", marks=("dot",)), 0, "ḟ_t", r"\dot f_t", "dot_f_t"),
        (Name("h", marks=("from",)), -1, "h̄←_{t-1}", r"\bar{h}^{\leftarrow}_{t-1}", "from_h_prev"),
        (Name("h", marks=("direct",)), 0, "∂L/∂h_t", r"\frac{\partial L}{\partial h_t}", "direct_h_t"),
        (Name("alpha", marks=("bar",)), None, "ᾱ", r"\bar \alpha", "bar_alpha"),
        (Name("hx"), 0, "hx_t", r"\mathrm{hx}_t", "hx_t"),
    ],
)
def test_names(name, time, in_unicode, in_latex, in_plain):
    assert (composed(name_unicode(name, time)), name_latex(name, time), name_plain(name, time)) == (
        composed(in_unicode),
        in_latex,
        in_plain,
    )


def test_code_drops_the_time_of_this_step():
    assert plain(read_expr("f_t ⊙ c_{t-1} + W_f x_t"), step=False) == "f * c_prev + W_f x"


def test_a_document_may_use_its_own_macros():
    style = Style(transpose=r"\T", one=r"\E", entrywise=r"\had")
    tree = Product((MatMul(Transpose(W), bar_a), Sum((one, Neg(f)))))
    assert latex(tree, style=style) == r"W_f\T\,\bar a_{f,t} \had (\E - f_t)"
    assert latex(Sum((one, Neg(f))), style=Style(ones=False)) == "1 - f_t"
