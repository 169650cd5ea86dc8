"""What stands in the equations and is neither computed nor trained, and signs beyond sums and products: a sentence for each."""

from __future__ import annotations

from fractions import Fraction

from derivations.documents.context import Context
from derivations.documents.model import Link, Math, Rich
from derivations.documents.sizes_text import size_latex
from derivations.documents.text import join, say
from derivations.notation.tree import (
    Choice,
    Compare,
    Constant,
    Diagonal,
    Dimension,
    Identity,
    Ones,
    Part,
    Total,
    Windows,
    nodes,
)


def given(context: Context) -> Rich:
    """One sentence for each kind that occurs."""
    found = [node for eq in context.forward.shown for node in nodes(context.forward.written(eq))]
    kinds = {type(node) for node in found}
    sentences: list[Rich] = [_constants(context)] if context.cell.constants else []
    if sizes := list(dict.fromkeys(node.size for node in found if isinstance(node, Dimension))):
        sentences.append(_sizes(sizes))
    if Identity in kinds:
        sentences.append(say("$I$ is the identity matrix. "))
    if Ones in kinds:
        sentences.append(say("$\\E$ is a vector of ones, so that $u\\E\\T$ has $u$ in every column and $M\\E$ sums rows. "))
    elif Total in kinds:
        sentences.append(say("$\\E$ is a vector of ones, so that $\\E\\T u$ is the sum of the entries of $u$. "))
    if any(isinstance(node, Total) and node.op == "logsumexp" for node in found):
        sentences.append(
            say(
                "$\\operatorname{logsumexp}(u)=\\log\\sum_i e^{u_i}$, so that "
                "$\\exp(u-\\operatorname{logsumexp}(u)\\,\\E)$ is the softmax of $u$. "
            )
        )
    if Diagonal in kinds:
        sentences.append(say("$\\operatorname{diag}(u)\\,M$ is $M$ with row $i$ multiplied by $u_i$. "))
    if any(isinstance(node, Part) and len(set(node.split)) == 1 for node in found):
        sentences.append(say("$\\operatorname{chunk}(u,p,q)$ is part $q$ of $p$ equal parts of $u$. "))
    if Windows in kinds:
        sentences.append(
            say(
                "$\\operatorname{windows}(M,w)$ has in column $l$, below each other, the $w$ columns of $M$ around column $l$, "
                "zeros beyond the ends, so that $K\\operatorname{windows}(M,w)$ is a convolution along the rows of $M$. "
            )
        )
    if kinds & {Choice, Compare}:
        sentences.append(say("A comparison in brackets, $\\E[u\\ge v]$, is $1$ where it holds and $0$ elsewhere. "))
    return tuple(piece for sentence in sentences for piece in sentence)


def _constants(context: Context) -> Rich:
    """``ε is given and not trained, so it has no gradient; its usual value is 10⁻⁵.``"""
    symbols = [Math(context.maths.tex(Constant(name))) for name in context.cell.constants]
    values: list[Rich] = []
    for name, value in context.cell.constants.items():
        each = " in every entry" if context.cell.shapes[name] else ""
        values.append((Math(f"{context.maths.tex(Constant(name))}={number(value)}"), each))
    one = len(symbols) == 1
    return say(
        "{} {} given and not trained, so {} no gradient; usual {}: {}. ",
        join(symbols, last=" and "),
        "is" if one else "are",
        "it has" if one else "they have",
        "value" if one else "values",
        join(values),
    )


def number(value: Fraction) -> str:
    """A value with few digits: ``0.05``, ``10^{-5}``."""
    text = f"{float(value):g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa}\times {power}"


def _sizes(sizes: list[tuple[str, ...]]) -> Rich:
    """``As a number, n is a size of Table 1.``"""
    symbols = join([Math(size_latex(size)) for size in sizes], last=" and ")
    if len(sizes) == 1:
        return say("As a number, {} is a size of {}. ", symbols, Link("tab", "uses"))
    return say("As numbers, {} are sizes of {}. ", symbols, Link("tab", "uses"))
