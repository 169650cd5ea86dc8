"""How letters, accents, scripts and functions are spelled in plain, Unicode and LaTeX notation: tables, no logic."""

from __future__ import annotations

import re

from derivations.functions import FUNCTIONS

# Upper-case Greek letters that look Latin (Alpha, Beta) have no LaTeX command and are not letters of the notation.
GREEK_LETTERS: dict[str, str] = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi",
    "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi",
    "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
GREEK_CHARACTERS: dict[str, str] = {name: character for character, name in GREEK_LETTERS.items()}

# The other shapes of a letter are the same letter.
GREEK_LETTERS |= {"ϵ": "epsilon", "ϑ": "theta", "ϕ": "phi", "ϱ": "rho", "ϖ": "pi", "\N{MICRO SIGN}": "mu"}
GREEK_COMMANDS: dict[str, str] = {name: name for name in GREEK_CHARACTERS} | {
    f"var{name}": name for name in ("epsilon", "theta", "phi", "rho", "pi")
}

COMBINING: dict[str, str] = {
    "\N{COMBINING TILDE}": "tilde",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "hat",
    "\N{COMBINING MACRON}": "bar",
    "\N{COMBINING OVERLINE}": "bar",
    "\N{PRIME}": "prime",
    "'": "prime",
}
COMBINING_OF: dict[str, str] = {
    "tilde": "\N{COMBINING TILDE}",
    "hat": "\N{COMBINING CIRCUMFLEX ACCENT}",
    "bar": "\N{COMBINING MACRON}",
    "dot": "\N{COMBINING DOT ABOVE}",
    "check": "\N{COMBINING CARON}",
    "prime": "\N{PRIME}",
}
ACCENT_COMMANDS: dict[str, str] = {
    "tilde": "tilde",
    "widetilde": "tilde",
    "hat": "hat",
    "widehat": "hat",
    "bar": "bar",
    "overline": "bar",
}

ACCENT_WORDS = frozenset({"tilde", "hat", "bar", "prime"})  # h_tilde
TIME_WORDS: dict[str, int] = {"prev": -1, "old": -1, "next": 1}  # h_prev
TIME_SUFFIX: dict[int | None, str] = {None: "", 0: "t", -1: "t-1", 1: "t+1"}

SUBSCRIPTS: dict[str, str] = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢᵣᵤᵥⱼ", "0123456789+-()aeoxhklmnpstiruvj", strict=True))
SUPERSCRIPTS: dict[str, str] = dict(
    zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ", "0123456789+-()abcdefghijklmnoprstuvwxyzT", strict=True)
)
SUPERSCRIPT_OF: dict[str, str] = {character: raised for raised, character in SUPERSCRIPTS.items()}

OPERATORS: dict[str, str] = {
    "*": "*", "∗": "*", r"\ast": "*",
    "⊙": "⊙", "⨀": "⊙", "∘": "⊙", "◦": "⊙", r"\odot": "⊙", r"\circ": "⊙", r"\bigodot": "⊙", r"\had": "⊙",
    "@": "@",
    "·": "·", "⋅": "·", r"\cdot": "·",
}  # fmt: skip
MINUS_SIGNS = "-\N{MINUS SIGN}\N{EN DASH}"
EQUAL_SIGNS = (":=", "=", "≔", "←", r"\leftarrow", r"\gets", r"\coloneqq")

RELATIONS: dict[str, str] = {
    "<": "<", ">": ">", "<=": "≤", ">=": "≥", "≤": "≤", "≥": "≥", "==": "=", "=": "=",
    r"\lt": "<", r"\gt": ">", r"\le": "≤", r"\leq": "≤", r"\leqslant": "≤", r"\ge": "≥", r"\geq": "≥", r"\geqslant": "≥",
}  # fmt: skip
RELATION_LATEX: dict[str, str] = {"<": "<", ">": ">", "≤": r"\le", "≥": r"\ge", "=": "="}
RELATION_PLAIN: dict[str, str] = {"<": "<", ">": ">", "≤": "<=", "≥": ">=", "=": "=="}

# Words with arguments in brackets that are no entrywise functions of one argument, and how many arguments they have.
CALLS: dict[str, int] = {
    "max": 2, "min": 2, "where": 3, "sqrt": 1,
    "softmax": 1, "sum": 1, "mean": 1, "norm": 1, "logsumexp": 1,
    "diag": 1, "chunk": 3, "windows": 2,
}  # fmt: skip

FUNCTION_WORDS: dict[str, str] = {spelling: f.name for f in FUNCTIONS.values() for spelling in (f.name, *f.spellings)}


def _command(latex: str) -> str:
    """The spelling inside ``\\tanh`` or ``\\operatorname{softplus}``."""
    found = re.fullmatch(r"\\(?:[a-z]+\{)?([A-Za-z]+)\}?", latex)
    return found[1] if found else latex


FUNCTION_COMMANDS: dict[str, str] = FUNCTION_WORDS | {_command(f.latex): f.name for f in FUNCTIONS.values()}
