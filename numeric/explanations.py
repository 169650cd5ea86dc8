"""What ``gateproof explain`` says: the rules of differentiation, and what each check does and does not show."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from derivations.calculus.rules import RULES, Rule
from derivations.errors import CellError

# The formulas of rules in Unicode, longest commands first.
SYMBOLS = (
    (r"\text{the blocks of }", "the blocks of "), (r"\text{sum over the uses}", "the sum over the uses"),
    (r"\text{ in several }", " in several "), (r"\bar M", "M̄"), (r"\bar Y", "Ȳ"), (r"\bar u", "ū"), (r"\bar v", "v̄"),
    (r"\bar y", "ȳ"), (r"\bar s", "s̄"), (r"\mathbf 1", "𝟏"), (r"\varphi", "φ"), (r"\partial ", "∂"), (r"\delta", "δ"),
    (r"\odot", " ⊙ "), (r"\oslash", " ⊘ "), (r"\sum", "Σ"), (r"\quad", " "), (r"\bigl", ""), (r"\bigr", ""),
    (r"\T", "ᵀ"), (r"\,", " "), (r"\ ", " "), ("=", " = "), ("{", ""), ("}", ""),
)  # fmt: skip


def method_topic(method: str) -> str:
    """The topic that explains a method as ``verify`` spells it: "range of σ", "batch law"."""
    aliases = {
        "range of": "range of a function",
        "equations with": "50 digits",
        "equations in": "equations",
        "induction": "convex combination",
    }
    for beginning, topic in aliases.items():
        if method.startswith(beginning):
            return topic
    return "time law" if method.endswith(" law") else method


def topics() -> dict[str, str]:
    """Every topic with its first line."""
    found = {name: _first_line(_rule_text(rule)) for name, rule in RULES.items()}
    found |= {name: _first_line(text) for name, text in _checks()}
    return found


def explanation(topic: str | None) -> str:
    """The text for one topic, or the list of topics."""
    if topic is None:
        width = max(map(len, topics()))
        return "\n".join(["rules of differentiation and checks:", *(f"  {name:{width}}  {line}" for name, line in topics().items())])
    if topic in RULES:
        return _rule_text(RULES[topic])
    for name, text in _checks():
        if name == topic:
            return text
    near = difflib.get_close_matches(topic, topics(), n=3)
    raise CellError(
        f"nothing to explain under {topic!r}", hint=f"did you mean {' or '.join(near)}?" if near else f"topics: {', '.join(topics())}"
    )


def _rule_text(rule: Rule) -> str:
    lines = [f"{rule.name}: if {_text(rule.forward)}, then {'; '.join(map(_text, rule.backward))}", "", "because"]
    return "\n".join(lines + [f"  {_text(reason)}" for reason in rule.reason])


def _checks() -> Iterator[tuple[str, str]]:
    """The modules of proofs and checks; their docstrings say what they show."""
    for package in ("derivations.proofs", "numeric.checks"):
        module = importlib.import_module(package)
        yield package.rpartition(".")[2], inspect.cleandoc(module.__doc__ or "")
        for info in sorted(pkgutil.iter_modules(module.__path__), key=lambda i: i.name):
            doc = importlib.import_module(f"{package}.{info.name}").__doc__
            if doc and not info.name.startswith("_"):
                yield info.name.replace("_", "-"), inspect.cleandoc(doc)


def _first_line(text: str) -> str:
    return text.splitlines()[0]


def _text(formula: str) -> str:
    """A formula of a rule for a terminal."""
    for latex, plain in SYMBOLS:
        formula = formula.replace(latex, plain)
    return formula
