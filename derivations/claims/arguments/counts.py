"""Parameters and multiplications counted from the equations, as polynomials in the sizes, and their ratios for every size."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import sympy as sp

from derivations.catalogue import get_cell
from derivations.cell import Cell
from derivations.claims.claim import Claim
from derivations.claims.facts import Fact, concluded, refuted
from derivations.claims.scalars import scalar
from derivations.documents.counts import Count, Shapes, area, summed
from derivations.sizes import LETTERS
from derivations.verdict import Result

SYMBOLS: Mapping[str, sp.Symbol] = {letter: sp.Symbol(letter, positive=True, integer=True) for letter in LETTERS.values()}


def parameters(cell: Cell) -> sp.Expr:
    """How many numbers the parameters of a cell are."""
    return _polynomial(summed(area(cell.shapes[name]) for name in cell.parameters))


def multiplications(cell: Cell) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Of one step: multiplications in products with matrices, entry by entry, and values of functions."""
    shapes = Shapes(cell.program)
    written = [cell.program.written(eq) for eq in cell.program.shown]
    counts = [shapes.multiplications(expr) for expr in written]
    return (
        _polynomial(summed(matrix for matrix, _ in counts)),
        _polynomial(summed(entry for _, entry in counts)),
        _polynomial(summed(shapes.functions(expr) for expr in written)),
    )


def _polynomial(count: Count) -> sp.Expr:
    return sp.Add(*(n * sp.Mul(*(SYMBOLS[LETTERS[atom]] for atom in monomial)) for monomial, n in count.items()))


def cheaper(claim: Claim) -> Result:
    """The counts of two cells as stated, and their ratio in products with matrices for all sizes."""
    ratio, facts = claim.number("ratio"), []
    cells = [get_cell(name) for name in claim.cells]
    matrix = {}
    for cell in cells:
        products, entries, functions = multiplications(cell)
        matrix[cell.name] = products
        stated = claim.needed("counts")[cell.name]
        facts += [
            _same(f"{cell.name}: parameters", parameters(cell), stated["parameters"]),
            _same(f"{cell.name}: multiplications in products with matrices", products, stated["matrices"]),
            _same(f"{cell.name}: multiplications entry by entry", entries, stated["entries"]),
            _same(f"{cell.name}: values of functions", functions, stated["functions"]),
        ]
    first, second = cells
    quotient = sp.cancel(matrix[first.name] / matrix[second.name])
    facts.append(Fact(f"products with matrices: {first.name} / {second.name} = {quotient} for every m and n", quotient == ratio))
    fewer = sum(multiplications(second), sp.Integer(0)) - sum(multiplications(first), sp.Integer(0))
    positive = all(c > 0 for c in sp.Poly(fewer, *SYMBOLS.values()).coeffs())
    facts.append(Fact(f"all operations together: {second.name} has {sp.factor(fewer)} more, which is > 0 for every m and n", positive))
    return concluded(
        claim, "counted", facts, independent_of="the generated code", counterexample=lambda: _other(first, second, quotient, ratio)
    )


def _same(what: str, found: sp.Expr, stated: str) -> Fact:
    return Fact(f"{what}: {stated}", sp.expand(found - scalar(stated, SYMBOLS)) == 0)


def _other(first: Cell, second: Cell, quotient: sp.Expr, ratio: sp.Expr) -> dict[str, object] | None:
    if quotient == ratio:
        return None
    at = dict(zip(SYMBOLS.values(), (10, 20), strict=True))
    return {"m": 10, "n": 20, f"{first.name} / {second.name}": float(quotient.subs(at)), "claimed": float(ratio)}


def with_biases(claim: Claim) -> Result:
    """The ratio of the numbers of parameters under a library's biases: how many a gate has, counted in units of n."""
    m, n = SYMBOLS["m"], SYMBOLS["n"]
    ratio, at = claim.number("ratio"), {m: int(claim.number("m")), n: int(claim.number("n"))}
    totals = []
    for name, biases in zip(claim.cells, claim.needed("biases"), strict=True):
        weights = _weights(get_cell(name))
        totals.append(sp.factor(weights + sp.Integer(biases) * n))
    quotient = sp.cancel(totals[0] / totals[1])
    text = f"{claim.cells[0]}: {totals[0]}, {claim.cells[1]}: {totals[1]}"
    if quotient == ratio:
        return concluded(claim, "counted", [Fact(f"{text}; the ratio is {quotient} for every m and n", True)])
    value = Fraction(int((totals[0].subs(at)).p), int((totals[1].subs(at)).p))
    facts = [
        Fact(text, True),
        Fact(f"at m = {at[m]}, n = {at[n]} the ratio is {value} = {float(value):.4f}, not {ratio}", value != Fraction(str(ratio))),
    ]
    shown = {
        "m": at[m],
        "n": at[n],
        claim.cells[0]: int(totals[0].subs(at)),
        claim.cells[1]: int(totals[1].subs(at)),
        "ratio": round(float(value), 4),
    }
    return refuted(claim, "counted", facts, shown)


def _weights(cell: Cell) -> sp.Expr:
    """The entries of the matrices."""
    return _polynomial(summed(area(cell.shapes[name]) for name in cell.parameters if len(cell.shapes[name]) == 2))
