"""Mutants: what is changed, what becomes of it, and that hanging or crashing ones end."""

import ast
import re
from dataclasses import replace

import pytest

from numeric import mutation
from numeric.checks.mutants import Mutant, mutants
from numeric.cli import main
from numeric.mutation import Score, campaign, fate, source_path

SMALL = """
def helper(a):
    return a.T @ a[1:]

def unused(a):
    return a + a

def backward(p, run):
    u, v = run
    for t in reversed(range(2)):
        u[t] *= -v[t]
    return helper(u) + v
"""


def test_every_kind_of_node_is_changed_once_and_nothing_else():
    found = list(mutants(SMALL))
    changes = {(m.function, m.change) for m in found}
    assert {("helper", "transposition dropped"), ("helper", "left of @ dropped"), ("helper", "1 → 2"), ("backward", "+ → -")} <= changes
    assert {
        ("backward", "*= → +="),
        ("backward", "line with *= dropped"),
        ("backward", "sign dropped"),
        ("backward", "[t] → [t - 1]"),
    } <= changes
    assert {("backward", "u → v"), ("backward", "reversed dropped")} <= changes
    assert not any(m.function == "unused" for m in found), "only what backward calls"
    original = ast.dump(ast.parse(SMALL))
    assert all(ast.dump(ast.parse(m.source)) != original for m in found)
    assert len({m.source for m in found}) == len(found)


def first(name, change, function="backward"):
    text = source_path(name).read_text(encoding="utf-8")
    return next(m for m in mutants(text) if m.change == change and m.function == function)


def test_a_mutant_is_caught():
    outcome = fate("elman_rnn", first("elman_rnn", "+ → -"))
    assert outcome.fate == "caught"
    assert outcome.by.startswith("complex step")


def test_a_mutant_that_computes_the_same_is_equivalent():
    text = source_path("elman_rnn").read_text(encoding="utf-8")
    outcome = fate("elman_rnn", Mutant(1, "backward", "comment", text + "# the same\n"))
    assert outcome.fate == "equivalent"
    assert "the same bits on" in outcome.by


def test_a_mutant_that_raises_at_once_is_not_counted():
    text = source_path("elman_rnn").read_text(encoding="utf-8")
    broken = Mutant(1, "backward", "crashes", text.replace("def backward(p, run, dh=None):", "def backward(p, run, nothing):"))
    outcome = fate("elman_rnn", broken)
    assert (outcome.fate, outcome.by) == ("raised", "TypeError")
    assert Score("elman_rnn", (outcome,)).judged == 0


def test_a_parameter_is_changed_for_another_one_of_its_shape():
    text = source_path("gru_before").read_text(encoding="utf-8")
    changes = {m.change for m in mutants(text)}
    assert {"p.U_h → p.U_z"} <= changes
    assert not any("p.W_" in change and "→ p.U_" in change for change in changes), "of another shape: it would only raise an error"


def test_what_the_checks_miss_has_survived(monkeypatch):
    monkeypatch.setattr(mutation, "_prepared", lambda name: ())
    assert fate("elman_rnn", first("elman_rnn", "+ → -")).fate == "survived"


def test_a_mutant_that_hangs_or_dies_is_caught(monkeypatch):
    monkeypatch.setattr(mutation, "SECONDS", 5.0)
    text = source_path("elman_rnn").read_text(encoding="utf-8")
    worker = mutation._Worker("elman_rnn")
    try:
        hangs = worker.judge(Mutant(1, "backward", "hangs", text + "while True: pass\n"))
        dies = worker.judge(Mutant(1, "backward", "dies", text + "import os; os._exit(1)\n"))
        assert (hangs.by, dies.by) == ("time limit", "crash")
        monkeypatch.setattr(mutation, "SECONDS", 60.0)
        assert worker.judge(replace(first("elman_rnn", "+ → -"))).by.startswith("complex step"), "it goes on"
    finally:
        worker.stop()


def test_a_sample_of_the_campaign(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["mutate", "elman_rnn", "--every", "12", "--details"])
    assert stop.value.code == 0
    assert re.search(r"elman_rnn: ([1-9]\d*) of \1 mutants caught", capsys.readouterr().out)


def test_no_module_no_score():
    with pytest.raises(ValueError, match="no cell named"):
        campaign("elman_rmn")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["elman_rnn", "lstm", "lstm_concat", "gru_before", "gru_after", "gru_seed"])
def test_no_mutant_survives(name):
    score = campaign(name)
    assert isinstance(score, Score)
    assert score.survivors == ()
    assert score.count("caught") > 2 * score.count("equivalent"), score.table()
