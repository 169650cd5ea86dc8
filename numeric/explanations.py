"""What ``gateproof explain`` says: the rules of differentiation, what each method shows and does not show, and the claims of textbooks."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
from unicodedata import normalize

from derivations.calculus.rules import RULES, Rule
from derivations.errors import CellError
from numeric.claims import all_claims, judge
from numeric.claims.report import claim_page

# The formulas of rules in Unicode, longest commands first.
SYMBOLS = (
    (r"\mathbf 1", "𝟏"), (r"\varphi", "φ"), (r"\partial ", "∂"), (r"\delta", "δ"),
    (r"\odot", " ⊙ "), (r"\oslash", " ⊘ "), (r"\sum", "Σ"), (r"\quad", " "), (r"\bigl", ""), (r"\bigr", ""),
    (r"\ge", " ≥ "), (r"\le", " ≤ "), (r"\max", "max"), (r"\min", "min"), (r"\log", "log"), (r"\T", "ᵀ"),
    (r"\,", " "), (r"\ ", " "), ("=", " = "), ("{", ""), ("}", ""), ("  ", " "),
)  # fmt: skip

# The methods that ``verify`` names, each with the module whose docstring explains it.
METHODS = {
    "index contraction": "derivations.proofs.gradients.contraction",
    "scalars": "derivations.proofs.gradients.scalars",
    "chain rule": "derivations.proofs.gradients.through_time",
    "counterexample": "derivations.proofs.gradients.counterexample",
    "range of a function": "derivations.proofs.ranges.interval",
    "vertices of a box": "derivations.proofs.ranges.sign",
    "convex combination": "derivations.proofs.ranges.states",
    "claims": "derivations.proofs.claims",
    "elements of two cells": "derivations.proofs.equivalence.elements",
    "scan over pairs": "derivations.proofs.equivalence.scan",
    "second differences in the state": "derivations.proofs.equivalence.bent",
    "runs of two cells": "derivations.proofs.equivalence.refute",
    "equations": "numeric.checks.reference",
    "complex step": "numeric.checks.complex_step",
    "Richardson": "numeric.checks.richardson",
    "dot product": "numeric.checks.dot_product",
    "time law": "numeric.checks.time_law",
    "50 digits": "numeric.checks.tails",
    "ranges": "numeric.checks.ranges",
    "arguments": "numeric.checks.shapes",
    "verdicts": "derivations.verdict",
}

# How ``verify`` spells methods that are variants of one of these.
VARIANTS = {
    "range of": "range of a function",
    "equations with": "50 digits",
    "equations in": "equations",
    "induction": "convex combination",
    "unrolled": "chain rule",
    "interval": "range of a function",
    "scalar identity": "claims",
    "batch law": "time law",
    "permutation law": "time law",
}


def method_topic(method: str) -> str:
    """The topic that explains a method as ``verify`` spells it: "range of σ", "batch law"."""
    return next((topic for beginning, topic in VARIANTS.items() if method.startswith(beginning)), method)


def topics() -> dict[str, str]:
    """Every topic with its first line."""
    rules = {name: _first_line(_rule_text(rule)).partition(": ")[2] for name, rule in RULES.items()}
    methods = {name: _first_line(_text_of(module)) for name, module in METHODS.items()}
    return rules | methods | {claim.name: claim.sentence for claim in all_claims()}


def explanation(topic: str | None) -> str:
    """The text for one topic, or the list of topics."""
    found = topics()
    if topic is None:
        width = max(map(len, found))
        return "\n".join(
            [
                "rules of differentiation, methods of proof and of test, then what textbooks say, right or wrong:",
                *(f"  {name:{width}}  {line}" for name, line in found.items()),
            ]
        )
    if topic in RULES:
        return _rule_text(RULES[topic])
    if method_topic(topic) in METHODS:
        return f"{topic}: {_text_of(METHODS[method_topic(topic)])}"
    claim = next((claim for claim in all_claims() if claim.name == topic), None)
    if claim:
        return claim_page(judge(claim))
    near = difflib.get_close_matches(topic, found, n=3)
    raise CellError(
        f"nothing to explain under {topic!r}", hint=f"did you mean {' or '.join(near)}?" if near else f"topics: {', '.join(found)}"
    )


def _rule_text(rule: Rule) -> str:
    lines = [f"{rule.name}: if {_text(rule.forward)}, then {'; '.join(map(_text, rule.backward))}", "", "because"]
    return "\n".join(lines + [f"  {_text(reason)}" for reason in rule.reason])


def _text_of(module: str) -> str:
    return inspect.cleandoc(importlib.import_module(module).__doc__ or "")


def _first_line(text: str) -> str:
    return text.splitlines()[0]


def _text(formula: str) -> str:
    """A formula of a rule for a terminal."""
    formula = re.sub(r"\^\{([^{}]{2,})\}", r"^(\1)", re.sub(r"\^\{\((.)\)\}", r"^\1", formula))
    formula = re.sub(r"\\(?:text|operatorname)\{([^{}]*)\}", r"\1", formula)
    formula = normalize("NFC", re.sub(r"\\bar ([A-Za-z])", "\\1\N{COMBINING MACRON}", formula))
    for latex, plain in SYMBOLS:
        formula = formula.replace(latex, plain)
    return formula.strip()
