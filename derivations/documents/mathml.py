"""Formulas as MathML Core, from their trees: only mi mn mo mrow msub msup msubsup mover munder munderover mfrac msqrt
mtable mspace."""

from __future__ import annotations

from functools import lru_cache

from derivations.documents.escape import markup
from derivations.documents.latex_tree import Atom, Command, Group, Matrix, Node, Scripted, Words, parse
from derivations.notation.spelling import GREEK_CHARACTERS

SIGNS = {
    r"\odot": "⊙", r"\oslash": "⊘", r"\times": "×", r"\div": "÷", r"\cdot": "·", r"\in": "∈", r"\le": "≤", r"\ge": "≥",
    r"\gets": "←", r"\to": "→", "+": "+", "-": "−", "=": "=", "<": "<", ">": ">",
}  # fmt: skip
TIGHT = {
    r"\leftarrow": "←",
    "/": "/",
    r"\{": "{",
    r"\}": "}",
    "(": "(",
    ")": ")",
    "[": "[",
    "]": "]",
    "|": "|",
    r"\lVert": "‖",
    r"\rVert": "‖",
    r"\lfloor": "⌊",
    r"\rfloor": "⌋",
}
SPACES = {r"\,": "0.17em", r"\;": "0.28em", r"\ ": "0.33em", r"\quad": "1em", r"\qquad": "2em"}
NOTHING = {r"\!", r"\left", r"\right", r"\bigl", r"\bigr"}
FUNCTIONS = {r"\sin", r"\cos", r"\tanh", r"\sinh", r"\cosh", r"\exp", r"\log", r"\ln", r"\lim", r"\max", r"\min", r"\diag"}
BRACKETS = (Atom("("), Atom(r"\left"), Atom("|"))
LARGE = {r"\sum": "∑", r"\prod": "∏"}
ACCENTS = {"bar": "‾", "overline": "‾", "hat": "^", "tilde": "~", "dot": "˙"}
LETTERS = {r"\R": "ℝ", r"\infty": "∞", r"\partial": "∂", r"\dots": "…", r"\prime": "′", r"\ell": "ℓ"}


def inline(latex: str) -> str:
    """A formula in a line of text."""
    return f"<math>{row(latex)}</math>"


def display(lhs: str, rhs: str) -> str:
    """A numbered formula: one element, its left side in a cell of its own so that the signs of equality align."""
    cells = f"<mtd>{row(lhs)}</mtd><mtd>{row(rhs)}</mtd>"
    return f'<math display="block"><mtable displaystyle="true"><mtr>{cells}</mtr></mtable></math>'


@lru_cache(maxsize=8192)
def row(latex: str) -> str:
    """A formula as one element."""
    return _element(parse(latex))


def _element(node: Node, *, script: bool = False) -> str:
    match node:
        case Group(items):
            return "<mrow>" + _items(items, script=script) + "</mrow>"
        case Atom(text):
            return _atom(text, script=script)
        case Words(kind, text):
            return _words(kind, text)
        case Command(name, args):
            return _command(name, args)
        case Scripted():
            return _scripted(node)
        case Matrix(rows, cases):
            body = "".join("<mtr>" + "".join(f"<mtd>{_element(cell)}</mtd>" for cell in row) + "</mtr>" for row in rows)
            if cases:
                return f'<mrow><mo stretchy="true">{{</mo><mtable class="cases">{body}</mtable></mrow>'
            return f'<mrow><mo>(</mo><mtable class="matrix">{body}</mtable><mo>)</mo></mrow>'


def _items(items: tuple[Node, ...], *, script: bool) -> str:
    """Things in a row; a function and its argument are joined by the invisible sign of application."""
    out: list[str] = []
    for k, item in enumerate(items):
        if isinstance(item, Atom) and item.text == "-" and not script and (k == 0 or _is_sign(items[k - 1])):
            out.append('<mo lspace="0" rspace="0">−</mo>')
            continue
        out.append(_element(item, script=script))
        following = items[k + 1] if k + 1 < len(items) else None
        if _is_function(item) and following is not None and not _ends(following):
            out.append("<mo>&#x2061;</mo>")
            out.append("" if following in BRACKETS else '<mspace width="0.17em"/>')
    return "".join(out)


def _ends(node: Node) -> bool:
    """Whether a function before this has no argument."""
    return isinstance(node, Atom) and (node.text in SIGNS or node.text in SPACES or node.text in (")", ",", "/", r"\}"))


def _is_sign(node: Node) -> bool:
    return isinstance(node, Atom) and (node.text in SIGNS or node.text in ("(", "[", ","))


def _is_function(node: Node) -> bool:
    return (isinstance(node, Words) and node.kind == "operatorname") or (
        isinstance(node, Atom) and node.text in FUNCTIONS | {r"\sigma", r"\varphi"}
    )


def _atom(text: str, *, script: bool) -> str:
    if text in NOTHING:
        return ""
    if text in SPACES:
        return f'<mspace width="{SPACES[text]}"/>'
    if text in SIGNS:
        tight = ' lspace="0" rspace="0"' if script else ""
        return f"<mo{tight}>{markup(SIGNS[text])}</mo>"
    if text in TIGHT:
        return f'<mo stretchy="false" lspace="0" rspace="0">{TIGHT[text]}</mo>'
    if text in (",", ":", "."):
        return f"<mo{' lspace=' + chr(34) + '0' + chr(34) + ' rspace=' + chr(34) + '0' + chr(34) if script else ''}>{text}</mo>"
    if text in LARGE:
        return f"<mo>{LARGE[text]}</mo>"
    return _letter(text)


def _letter(text: str) -> str:
    if text[0].isdigit():
        return f"<mn>{text}</mn>"
    if text == r"\E":
        return "<mi>𝟏</mi>"
    if text == r"\T":
        return '<mi mathvariant="normal">⊤</mi>'
    if text in FUNCTIONS:
        return f"<mi>{text[1:]}</mi>"
    if text in LETTERS:
        return f'<mi mathvariant="normal">{LETTERS[text]}</mi>'
    if text == r"\varphi":
        return "<mi>φ</mi>"
    if text[1:] in GREEK_CHARACTERS:
        return f"<mi>{GREEK_CHARACTERS[text[1:]]}</mi>"
    if text.startswith("\\"):
        raise ValueError(f"no MathML for {text}")
    return f"<mi>{markup(text)}</mi>"


def _words(kind: str, text: str) -> str:
    spaced = markup(text).replace(" ", "&#xa0;")
    if kind == "mathrm" and len(text) == 1:
        return f'<mi mathvariant="normal">{spaced}</mi>'
    return f"<mi>{spaced}</mi>" if kind != "text" else f'<mi mathvariant="normal">{spaced}</mi>'


def _command(name: str, args: tuple[Node, ...]) -> str:
    if name in ("frac", "tfrac"):
        return f"<mfrac>{_single(args[0])}{_single(args[1])}</mfrac>"
    if name == "sqrt":
        return f"<msqrt>{_single(args[0])}</msqrt>"
    if name == "underline":
        return f'<munder accentunder="true">{_single(args[0])}<mo stretchy="false">_</mo></munder>'
    if name == "mathbf" and args[0] == Atom("1"):
        return "<mi>𝟏</mi>"
    if name in ("mathbf", "mathbb"):
        return _single(args[0])
    stretchy = "true" if isinstance(args[0], Words) else "false"
    return f'<mover accent="true">{_single(args[0])}<mo stretchy="{stretchy}">{ACCENTS[name]}</mo></mover>'


def _single(node: Node) -> str:
    """One element, as the children of fractions and scripts have to be."""
    return _element(node) or "<mrow></mrow>"


def _scripted(node: Scripted) -> str:
    base, sub, sup = node.base, node.sub, node.sup
    if base == Atom(r"\T"):
        raise ValueError("a transposition needs a base")
    limits = isinstance(base, Atom) and (base.text in LARGE or base.text in (r"\max", r"\min"))
    low = _element(sub, script=True) if sub is not None else ""
    high = _element(sup, script=True) if sup is not None else ""
    inner = _element(base)
    if limits:
        name = "munderover" if low and high else "munder" if low else "mover"
    else:
        name = "msubsup" if low and high else "msub" if low else "msup"
    return f"<{name}>{inner}{low}{high}</{name}>"
