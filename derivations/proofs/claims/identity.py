"""Claims that two expressions are equal, proved in elements: both sides, with the author's equations put in, have one normal form.

Unlike a proof over boxes this knows products of matrices, transposes and sums, so it settles equalities such as
``S_t = (I - β_t k_t k_tᵀ) S_{t-1} + β_t k_t v_tᵀ`` for every size.
"""

from __future__ import annotations

from derivations.cell import Cell
from derivations.proofs.claims.read import Claim
from derivations.proofs.gradients.contraction import products_if_equal, truth
from derivations.proofs.gradients.elements import Index, Poly, Unwritten
from derivations.sizes import Shape

METHOD = "index contraction"


def products_in_elements(cell: Cell, claim: Claim) -> int | None:
    """How many products of elements the equal sides are; None if the claim says more, or the forms differ."""
    if claim.extremes or any(relation != "=" for relation in claim.relations):
        return None
    known = truth(cell)
    try:
        shapes = [tuple(size for size in known.author.axes(side) if size is not None) for side in claim.sides]
        shape: Shape = max(shapes, key=len)

        def sides(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
            return tuple(known.author.element(side, indices) for side in claim.sides)

        return products_if_equal(known.elements(shape), sides)
    except Unwritten:
        return None
