"""Claims about floating point, the table and the page of all claims."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from derivations.calculus import RULES
from derivations.errors import CellError
from numeric.claims import all_claims, judge, judge_all
from numeric.claims.page import renewed
from numeric.claims.report import claims_table
from numeric.cli import app
from numeric.explanations import METHODS, VARIANTS, explanation

ROOT = Path(__file__).resolve().parents[3]
CLAIMS = {claim.name: claim for claim in all_claims()}
NUMERICAL = [name for name, claim in CLAIMS.items() if claim.kind == "numerical"]


@pytest.fixture(scope="module")
def judgements():
    return list(judge_all())


@pytest.mark.parametrize("name", NUMERICAL)
def test_each_claim_has_the_recorded_verdict(name):
    judgement = judge(CLAIMS[name])
    assert judgement.as_recorded, judgement.result
    if judgement.result.verdict == "tested":
        assert judgement.result.examples
        assert judgement.result.bound is not None
        assert judgement.result.why


def planted(name, **given):
    claim = CLAIMS[name]
    return judge(replace(claim, given={**claim.given, **given})).result


def test_a_wrong_threshold_is_refuted():
    (first, *_) = CLAIMS["sigmoid-saturates"].given["thresholds"]
    assert planted("sigmoid-saturates", thresholds=[{**first, "from": "30"}]).verdict == "refuted"


def test_a_range_that_is_too_small_is_refuted():
    assert planted("gates-are-closed", forms=[{"form": "tanh(a)", "low": "0", "high": "1"}]).verdict == "refuted"
    assert planted("gates-are-closed", forms=[{"form": "tanh(a)", "low": "-1", "high": "0.999"}]).verdict == "refuted"


def test_a_difference_has_to_be_there_and_the_sides_have_to_be_equal_over_the_reals():
    assert planted("one-minus-sigmoid", at="1").verdict == "undecided"
    assert planted("one-minus-sigmoid", right="1 / (1 + exp(-a))").verdict == "undecided"


def test_the_page_is_fresh(judgements):
    page = ROOT / "docs" / "explanation" / "claims.md"
    text = page.read_text(encoding="utf-8")
    assert text == renewed(text, judgements), "renew it: python -m numeric.claims.page docs/explanation/claims.md"


def test_a_page_without_marks_is_refused(judgements):
    with pytest.raises(CellError, match="no place for the claims"):
        renewed("# Title\n", judgements)


def test_every_claim_has_a_name_and_a_place_of_its_own():
    claims = all_claims()
    assert len({claim.name for claim in claims}) == len(claims)
    assert len({claim.order for claim in claims}) == len(claims)
    assert not {*CLAIMS} & {*RULES, *METHODS, *VARIANTS}
    topics = [claim.topic for claim in claims]
    assert len(dict.fromkeys(topics)) == sum(a != b for a, b in zip(["", *topics], topics, strict=False))


def test_claims_that_a_true_form_points_to_exist():
    for claim in all_claims():
        names = [word.strip("(),.:;") for word in claim.true_form.split() if "-" in word.strip("(),.:;") and word[0].isalpha()]
        assert all(name in CLAIMS for name in names if name.islower()), claim.name


def test_the_table_says_what_is_not_as_recorded(judgements):
    first, *rest = judgements
    wrong = replace(first, claim=replace(first.claim, expected="refuted"))
    assert "all as recorded" in claims_table(judgements)
    table = claims_table([wrong, *rest])
    assert "proved, but recorded as REFUTED" in " ".join(table.split())
    assert f"not as recorded: {first.claim.name}" in table


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_command_prints_one_object():
    done = run("verify", "--claims", "--json")
    assert done.exit_code == 0
    results = {one["subject"]: one for one in json.loads(done.output)["results"]}
    assert set(results) == set(CLAIMS)
    false = results["no-vanishing-in-lstms"]
    assert false["kind"] == "claim"
    assert false["verdict"] == false["expected"] == "refuted"
    assert false["counterexample"]
    assert false["true_form"]
    assert false["sentence"]
    assert false["source"]


def test_the_exit_code_is_1_if_a_verdict_is_not_the_recorded_one(monkeypatch):
    wrong = replace(CLAIMS["similar-performance"], expected="proved")
    monkeypatch.setattr("numeric.claims.all_claims", lambda: (wrong,))
    done = run("verify", "--claims")
    assert done.exit_code == 1
    assert "not as recorded: similar-performance" in done.output


@pytest.mark.parametrize("arguments", [("verify", "--claims", "lstm"), ("verify",)])
def test_what_cannot_be_read(arguments):
    done = run(*arguments)
    assert isinstance(done.exception, CellError)


def test_a_claim_is_explained_in_full():
    page = explanation("sigmoid-slope")
    assert "1/4 − φ′ = (y − 1/2)², exactly" in page
    assert "source" in page
    assert "proved, as recorded" in page
    assert "sigmoid-slope" in explanation(None)
