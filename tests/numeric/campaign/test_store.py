"""What is kept is found again by content only, and a damage costs a computation, never a wrong result."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import Cell, get_cell
from derivations.verdict import Result
from numeric.campaign import Store, Workers, hand_out, jobs_of
from numeric.cli import main

SMALL = "h_t = tanh(W x_t + U h_{t-1})"
RESULT = st.builds(
    Result,
    st.text(max_size=8),
    st.text(max_size=8),
    st.sampled_from(["gradient", "code"]),
    st.sampled_from(["proved", "tested", "undecided"]),
    st.text(max_size=5),
    examples=st.one_of(st.none(), st.integers(1, 9)),
    at=st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 5), max_size=2),
    proof=st.lists(st.text(max_size=4), max_size=2).map(tuple),
    seconds=st.one_of(st.none(), st.floats(0, 9)),
    bound=st.one_of(st.none(), st.floats(1, float("inf"))),
)


@given(result=RESULT, also=st.lists(RESULT, max_size=2))
def test_results_survive_json(result, also):
    whole = Result(**{name: getattr(result, name) for name in result.__slots__} | {"also": tuple(also)})
    data = json.loads(json.dumps(whole.as_json()))
    assert Result.from_json(data).as_json() == data
    assert Result.from_json(data).bound == whole.bound


@pytest.mark.parametrize(
    "data", [{}, {"subject": "a"}, {"subject": "", "statement": "", "kind": "code", "verdict": "true", "method": ""}, 3]
)
def test_other_data_are_no_result(data):
    with pytest.raises((ValueError, TypeError)):
        Result.from_json(data)


def test_what_was_put_is_found_and_damage_is_not(tmp_path):
    store = Store(tmp_path)
    store.put("ab12", [{"a": 1}])
    assert store.get("ab12") == [{"a": 1}]
    assert store.get("ab13") is None
    for damage in ("", "{", "[]", '{"key": "other", "results": [{}]}', '{"key": "ab12", "results": 3}', "\0"):
        store.path("ab12").write_text(damage)
        assert store.get("ab12") is None
    assert Store(None).get("ab12") is None


def test_results_that_were_cut_or_changed_are_not_believed(tmp_path):
    store = Store(tmp_path)
    store.put("ab12", [{"verdict": "proved"}, {"verdict": "refuted", "x": "é"}])
    written = store.path("ab12").read_text(encoding="utf-8")
    for results in ([{"verdict": "proved"}], [{"verdict": "proved"}, {"verdict": "proved", "x": "é"}]):
        store.path("ab12").write_text(json.dumps({**json.loads(written), "results": results}))
        assert store.get("ab12") is None
    store.path("ab12").write_text(written, encoding="utf-8")
    assert store.get("ab12") is not None


def test_a_cell_on_which_gateproof_fails_is_no_success(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("numeric.verify._gradients", lambda cell: 1 // 0)
    (tmp_path / "small.txt").write_text(SMALL)
    with pytest.raises(SystemExit) as left:
        main(["verify", str(tmp_path / "small.txt"), "--cache", str(tmp_path / "cache")])
    assert left.value.code == 3
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert not (tmp_path / "cache").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_leave_to_write_gives_one_warning(tmp_path):
    tmp_path.chmod(0o500)
    store = Store(tmp_path / "cache")
    with pytest.warns(UserWarning, match="not kept"):
        store.put("ab", [{}])
    store.put("ab", [{}])


def test_a_file_in_the_place_of_the_folder_gives_one_warning(tmp_path):
    (tmp_path / "cache").write_text("")
    store = Store(tmp_path / "cache")
    with pytest.warns(UserWarning, match="not kept"):
        store.put("ab", [{}])
    store.put("ab", [{}])


def keys(cell, **options):
    return [job.key for job in jobs_of([cell], **{"examples": 2, "seed": 0, **options})]


def test_keys_tell_apart_what_can_change_a_result():
    cell, other = Cell.from_equations(SMALL, name="small"), Cell.from_equations(SMALL.replace("tanh", "σ"), name="small")
    assert keys(cell) == keys(Cell.from_equations(SMALL, name="small"))
    found = {*keys(cell), *keys(other), *keys(cell, seed=1), *keys(cell, examples=3), *keys(get_cell("elman_rnn"))}
    assert len(found) == 5


def test_an_unchanged_cell_is_not_computed_again(tmp_path):
    jobs = jobs_of([Cell.from_equations(SMALL, name="small")], examples=1, seed=0)
    ((_, first, kept),) = hand_out(jobs, Store(tmp_path), Workers())
    ((_, second, kept_now),) = hand_out(jobs, Store(tmp_path), Workers())
    assert (kept, kept_now) == (False, True)
    assert [r.as_json() for r in first] == [r.as_json() for r in second]
    assert {r.verdict for r in first} <= {"proved", "tested"}
