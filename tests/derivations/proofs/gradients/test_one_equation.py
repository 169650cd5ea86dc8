"""One equation at a time: every construct is proved, and a wrong equation is seen at the very step that it belongs to."""

import pytest
from language_cells import LANGUAGE_CELLS

from derivations import derive, get_cell
from derivations.proofs import prove_gradients
from derivations.proofs.gradients.contraction import products_if_equal, truth
from derivations.proofs.gradients.every_size import outer_seeds
from derivations.proofs.gradients.one_equation import OneEquation
from derivations.proofs.gradients.planted import mutants
from derivations.verdict import merged


def right_steps(derivation):
    """The targets of the adjoints that agree with what their uses send."""
    single = OneEquation(derivation.forward, derivation.backward)
    targets = {adjoint.of: adjoint.target for adjoint in derivation.reverse.adjoints}
    found = set()
    for of, target in targets.items():
        seeds = outer_seeds(derivation.cell, of)

        def sides(indices, of=of, target=target, seeds=seeds):
            true = single.adjoint(of, seeds, targets, indices)
            return single.sides(true, target, indices, single.functions_of(of))

        if products_if_equal(truth(derivation.cell).elements(derivation.backward.shapes[of.name]), sides) is not None:
            found.add(target)
    return found


@pytest.mark.parametrize("cell", LANGUAGE_CELLS, ids=lambda cell: cell.name)
def test_every_construct_is_proved(cell):
    results = merged(prove_gradients(derive(cell)))  # a method that is too dear for a cell says nothing against the others
    assert {r.statement: (r.verdict, r.why) for r in results if r.verdict not in ("proved", "proved_at")} == {}


@pytest.mark.parametrize("name", ["gru_after", "lstm", "lstm_concat"])
def test_both_arguments_prove_the_same(name):
    derivation = derive(get_cell(name))
    assert right_steps(derivation) == {adjoint.target for adjoint in derivation.reverse.adjoints}


@pytest.mark.parametrize("name", ["gru_before", "lstm"])
def test_a_planted_error_is_seen_at_its_own_step(name):
    changes = list(mutants(derive(get_cell(name))))[3::17]
    assert len(changes) > 8
    for description, mutant in changes:
        every = {adjoint.target for adjoint in mutant.reverse.adjoints}
        assert len(every - right_steps(mutant)) == 1, description
