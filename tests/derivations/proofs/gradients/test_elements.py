"""Laws of the normal form: what is equal for every size has one form, what is not has two."""

from fractions import Fraction
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from derivations.proofs.gradients.derivatives import derivative
from derivations.proofs.gradients.differential import Differential
from derivations.proofs.gradients.elements import Algebra, add, constant, delta, element, scale

P, Q = (-1, "n", ()), (-2, "n", ())


def summed(algebra, poly, *indices):
    for variable, size, _ in indices:
        poly = algebra.bind(poly, variable, size)
    return poly


def test_the_name_of_a_summed_index_does_not_matter():
    algebra = Algebra()
    for i, j in permutations((-5, -6)):
        factors = element("A", [(i, "n", ()), (j, "n", ())]), element("v", [(i, "n", ())]), element("v", [(j, "n", ())])
        assert summed(algebra, algebra.multiply(*factors), (i, "n", ()), (j, "n", ())) == summed(
            algebra, algebra.multiply(element("A", [P, Q]), element("v", [P]), element("v", [Q])), Q, P
        )


def test_a_transposed_matrix_is_another_matrix():
    algebra = Algebra()
    one = summed(algebra, algebra.multiply(element("A", [P, Q]), element("u", [P]), element("v", [Q])), P, Q)
    other = summed(algebra, algebra.multiply(element("A", [Q, P]), element("u", [P]), element("v", [Q])), P, Q)
    assert one != other


def test_sums_of_different_sizes_are_different():
    algebra = Algebra()
    assert summed(algebra, element("v", [P]), P) != summed(algebra, element("v", [(-1, "m", ())]), (-1, "m", ()))


@given(st.permutations(range(4)))
def test_a_cycle_of_matrices_has_one_form_however_it_is_turned(order):
    algebra = Algebra()
    indices = [(-1 - k, "n", ()) for k in order]
    around = [element("A", [indices[k], indices[(k + 1) % 4]]) for k in range(4)]
    straight = [(-1 - k, "n", ()) for k in range(4)]
    expected = algebra.multiply(*(element("A", [straight[k], straight[(k + 1) % 4]]) for k in range(4)))
    assert summed(algebra, algebra.multiply(*around), *indices) == summed(algebra, expected, *straight)


def test_two_cycles_are_not_one():
    algebra = Algebra()
    i, j, k, m = ((-1 - k, "n", ()) for k in range(4))
    one = algebra.multiply(*(element("A", pair) for pair in ((i, j), (j, k), (k, m), (m, i))))
    two = algebra.multiply(*(element("A", pair) for pair in ((i, j), (j, i), (k, m), (m, k))))
    assert summed(algebra, one, i, j, k, m) != summed(algebra, two, i, j, k, m)


def test_a_delta_is_summed_over():
    algebra = Algebra()
    assert summed(algebra, algebra.multiply(delta(P, Q), element("v", [Q])), Q) == element("v", [P])
    assert summed(algebra, delta(P, Q), Q) == constant(1)
    assert summed(algebra, delta(P, Q), P, Q) == summed(algebra, constant(1), P)
    assert algebra.multiply(delta(P, Q), element("v", [P])) == algebra.multiply(delta(Q, P), element("v", [Q]))


def test_a_square_of_a_sum_is_multiplied_out():
    algebra = Algebra()
    both = add(element("u", [P]), scale(element("v", [P]), -1))
    expanded = add(
        algebra.power(element("u", [P]), Fraction(2), (P,)),
        scale(algebra.multiply(element("u", [P]), element("v", [P])), -2),
        algebra.power(element("v", [P]), Fraction(2), (P,)),
    )
    assert algebra.power(both, Fraction(2), (P,)) == expanded
    half = algebra.power(both, Fraction(1, 2), (P,))
    assert algebra.multiply(half, half) == both


def test_functions_of_equal_arguments_are_equal():
    algebra = Algebra()
    first = algebra.opaque("tanh", add(element("u", [P]), element("v", [P])), (P,))
    second = algebra.opaque("tanh", add(element("v", [Q]), element("u", [Q])), (Q,))
    assert algebra.rename(second, {-2: -1}) == first
    assert algebra.opaque("sigmoid", element("u", [P]), (P,)) != algebra.opaque("tanh", element("u", [P]), (P,))


def test_the_chain_rule_reaches_into_functions():
    algebra = Algebra()
    value = algebra.opaque("tanh", algebra.multiply(element("u", [P]), element("u", [P])), (P,))
    by_u = Differential(algebra, lambda name, formal: delta(formal[0], Q))
    slope = add(constant(1), scale(algebra.multiply(value, value), -1))
    assert by_u(value) == algebra.multiply(scale(slope, 2), element("u", [P]), delta(P, Q))


def test_slopes_come_from_definitions():
    assert derivative("sigmoid") == ((1, "sigmoid", 1), (-1, "sigmoid", 2))
    assert derivative("tanh") == ((1, "tanh", 0), (-1, "tanh", 2))
    assert derivative("exp") == ((1, "exp", 1),)
    assert derivative("softplus") == ((1, "sigmoid", 1),)


def test_the_exponential_of_a_sum_is_a_product_and_that_of_a_logarithm_its_argument():
    algebra = Algebra()
    u, v, s = element("u", [P]), element("v", [P]), element("s", [])
    whole = algebra.opaque("exp", add(scale(u, 2), scale(v, Fraction(-1, 2)), s), (P,))
    one = [algebra.opaque("exp", poly, at) for poly, at in ((u, (P,)), (v, (P,)), (s, ()))]
    assert whole == algebra.multiply(*(algebra.power(f, e, (P,)) for f, e in zip(one, map(Fraction, ("2", "-1/2", "1")), strict=True)))
    assert whole != algebra.opaque("exp", add(scale(u, 2), scale(v, Fraction(1, 2)), s), (P,))
    both = add(algebra.opaque("exp", u, (P,)), v)
    assert algebra.opaque("exp", algebra.opaque("log", both, (P,)), (P,)) == both
    assert algebra.opaque("log", whole, (P,)) == add(scale(u, 2), scale(v, Fraction(-1, 2)), s)


def test_softmax_is_a_share_of_the_sum():
    algebra = Algebra()
    exp = algebra.opaque("exp", element("v", [P]), (P,))
    total = summed(algebra, exp, P)
    share = algebra.opaque("exp", add(element("v", [P]), scale(algebra.opaque("log", total, ()), -1)), (P,))
    assert share == algebra.multiply(exp, algebra.power(total, Fraction(-1), ()))
