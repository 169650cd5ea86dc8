"""Laws of the unifier: it finds a common value of equal sizes, or says that there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.sizes import Clash, Unifier, block_range, shape_text, size_letter, size_value


def test_a_sum_gives_the_columns_of_a_concatenation() -> None:
    u = Unifier()
    hidden, inputs, columns = u.fresh(), u.fresh(), u.fresh()
    u.equal(columns, hidden + inputs)
    u.equal(hidden, ("hidden",))
    u.equal(inputs, ("inputs",))
    assert u.resolve(columns) == ("hidden", "inputs")


def test_common_parts_cancel() -> None:
    u = Unifier()
    hidden, other = u.fresh(), u.fresh()
    u.equal((*hidden, "inputs"), (*other, "inputs"))
    u.equal(other, ("hidden",))
    assert u.resolve(hidden) == ("hidden",)


@pytest.mark.parametrize(("a", "b"), [(("m",), ("n",)), (("m", "n"), ("n",)), (("m",), ("m", "m"))])
def test_different_sizes_clash(a, b) -> None:
    with pytest.raises(Clash):
        Unifier().equal(a, b)


def test_a_size_is_not_part_of_itself() -> None:
    u = Unifier()
    hidden, inputs = u.fresh(), u.fresh()
    with pytest.raises(Clash):
        u.equal(hidden + inputs, hidden)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_equal_means_equal_whatever_the_order(pairs) -> None:
    forward, backward = Unifier(), Unifier()
    first, second = [forward.fresh() for _ in range(6)], [backward.fresh() for _ in range(6)]
    for a, b in pairs:
        forward.equal(first[a], first[b])
    for a, b in reversed(pairs):
        backward.equal(second[b], second[a])
    for a in range(6):
        for b in range(6):
            same = forward.resolve(first[a]) == forward.resolve(first[b])
            assert same == (backward.resolve(second[a]) == backward.resolve(second[b]))


def test_what_stays_open_is_said() -> None:
    u = Unifier()
    u.equal(u.fresh() + u.fresh(), ("hidden", "inputs"))
    with pytest.raises(Clash):
        u.settle()


def test_texts() -> None:
    assert shape_text((("hidden",), ("hidden", "inputs"))) == "hidden × (hidden + inputs)"
    assert shape_text(()) == "scalar"
    assert size_letter(("hidden", "hidden", "inputs")) == "2n+m"
    assert block_range((("hidden",), ("inputs",)), 1) == "n+1:n+m"
    assert size_value(("hidden", "hidden"), {"hidden": 3}) == 6
