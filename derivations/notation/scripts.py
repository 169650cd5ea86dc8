"""What a subscript or superscript means: a label of the name, a time, an accent, an exponent or a transposition.

The scanner hands over the text of a script in one spelling, whatever the notation it was written in: ``f,t-1``,
``(t)``, ``<t>``, ``T``, ``'``, ``-1/2``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from derivations.errors import CellError, Span
from derivations.notation.spelling import ACCENT_WORDS, TIME_WORDS
from derivations.notation.tree import Ref

EXPONENT = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)(?:/([0-9]+))?")
MAX_EXPONENT_DIGITS, MAX_ACCENTS, MAX_LABEL = 6, 4, 80

_TIME = re.compile(r"t(?:([+-])([0-9]+))?")
_LABEL = re.compile(r"[A-Za-z0-9]{1,40}")
_FENCED = re.compile(r"\((.*)\)|<(.*)>|\[(.*)\]")
_SUBSCRIPT_HINT = "a subscript is a label (W_f, W_{xf}), a time (h_t, h_{t-1}, h_prev), or both (a_{f,t})"
_SUPERSCRIPT_HINT = "a superscript is a number (x^2), a transposition (W^T), a label (W^{(f)}) or a time (h^{(t-1)})"


@dataclass(frozen=True, slots=True)
class Script:
    """One sub- or superscript; ``exponent`` and ``transpose`` act on the value, everything else belongs to the name."""

    accents: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    raised: bool = False  # labels stand above
    time: int | None = None
    exponent: Fraction | None = None
    transpose: bool = False

    @property
    def acts(self) -> bool:
        """Whether it is an operation rather than a part of the name."""
        return self.transpose or self.exponent is not None


def subscript(text: str, span: Span) -> Script:
    """The meaning of a subscript."""
    fenced = _FENCED.fullmatch(text)
    return _parts(next(filter(None, fenced.groups()), "") if fenced else text, span, _SUBSCRIPT_HINT)


def superscript(text: str, span: Span) -> Script:
    """The meaning of a superscript."""
    bare = text.strip("'")
    accents = ("prime",) * (len(text) - len(bare))
    if accents and not bare:
        return Script(accents=accents)
    if EXPONENT.fullmatch(bare):
        return Script(accents=accents, exponent=exponent(bare, span))
    if bare == "T":
        return Script(accents=accents, transpose=True)
    fenced = _FENCED.fullmatch(bare)
    script = _parts(next(filter(None, fenced.groups()), "") if fenced else bare, span, _SUPERSCRIPT_HINT)
    return replace(script, accents=accents + script.accents, raised=True)


def exponent(text: str, span: Span) -> Fraction:
    """A constant exponent, exactly."""
    found = EXPONENT.fullmatch(text)
    if not found:
        raise CellError(f"the exponent '{text[:40]}' is not a number", hint="an exponent is a constant, as in x^2 or x^{1/2}", span=span)
    if max(len(found[1]), len(found[2] or "")) > MAX_EXPONENT_DIGITS:
        raise CellError("the exponent is too long", hint=f"use at most {MAX_EXPONENT_DIGITS} digits", span=span)
    if found[2] and not int(found[2]):
        raise CellError(f"the exponent '{text}' divides by zero", hint=_SUPERSCRIPT_HINT, span=span)
    return Fraction(found[1]) / Fraction(found[2] or 1)


def _parts(text: str, span: Span, hint: str) -> Script:
    """Labels, accent words and at last the time, separated by commas."""
    script = Script()
    for part in text.split(","):
        if script.time is not None:
            raise CellError(
                f"unknown index '{part[:40]}' after the time",
                hint="equations are about whole vectors: write f_t; a label stands before the time: a_{f,t}",
                span=span,
            )
        if part in ACCENT_WORDS:
            script = replace(script, accents=(*script.accents, part))
        elif (time := _time(part, span)) is not None:
            script = replace(script, time=time)
        elif _LABEL.fullmatch(part):
            script = replace(script, labels=(*script.labels, part))
        else:
            raise CellError(f"'{text[:40]}' cannot be read as a script of a name", hint=hint, span=span)
    return script


def _time(part: str, span: Span) -> int | None:
    if part in TIME_WORDS:
        return TIME_WORDS[part]
    found = _TIME.fullmatch(part)
    if not found:
        return None
    if found[2] not in (None, "1"):
        raise CellError(
            f"the time '{part[:40]}' is out of reach",
            hint="one step sees t, t-1 and t+1; give older values names of their own, as in p_t = h_{t-1}",
            span=span,
        )
    return int((found[1] or "") + (found[2] or "0"))


def attach(ref: Ref, script: Script, span: Span) -> Ref:
    """``ref`` with the labels, accents and time of a script."""
    if len(ref.name.accents) + len(script.accents) > MAX_ACCENTS or len(ref.name.sub) + len(ref.name.sup) > MAX_LABEL:
        raise CellError("the name is too long", hint=f"use at most {MAX_ACCENTS} accents and about {MAX_LABEL} letters", span=span)
    name = replace(ref.name, accents=ref.name.accents + script.accents)
    if script.raised:
        name = replace(name, sup="_".join(filter(None, (name.sup, *script.labels))))
    else:
        name = replace(name, sub="_".join(filter(None, (name.sub, *script.labels))))
    if script.time is None:
        return replace(ref, name=name)
    if ref.time is not None:
        raise CellError("this name has two times", hint="write one time, as in h_t or h_{t-1}", span=span)
    return replace(ref, name=name, time=script.time)
