"""Results as plain data: whatever a check puts into a counterexample, the JSON can be read."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from derivations.verdict import Result, merged

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.fractions()
    | st.just(np.zeros((2, 0)))
    | st.floats(width=32).map(np.float32),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(counterexample=st.dictionaries(st.text(), VALUES, max_size=4), error=st.floats())
def test_any_result_is_json(counterexample, error: float) -> None:
    result = Result("lstm", "h_t >= 0", "claim", "refuted", "search", counterexample=counterexample, error=error)
    data = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert data["verdict"] == "refuted"
    assert set(data.get("counterexample", {})) == set(counterexample)


def test_empty_fields_are_left_out() -> None:
    assert set(Result("a", "b", "code", "tested", "m").as_json()) == {"subject", "statement", "kind", "verdict", "method"}
    assert Result("a", "b", "code", "tested", "m", error=0.0, examples=0).as_json()["error"] == 0.0


def test_one_result_for_each_statement_the_worst_first() -> None:
    def result(statement: str, verdict: str) -> Result:
        return Result("lstm", statement, "gradient", verdict, "m")

    found = merged([result("a", "proved_at"), result("b", "proved"), result("a", "proved"), result("b", "refuted")])
    assert [(r.statement, r.verdict, [o.verdict for o in r.also]) for r in found] == [
        ("a", "proved", ["proved_at"]),
        ("b", "refuted", ["proved"]),
    ]
    assert found[0].as_json()["also"][0]["verdict"] == "proved_at"
