"""The backward pass as an algorithm: assignments only, no new formula."""

from __future__ import annotations

from collections.abc import Iterable

from derivations.calculus.derivation import Step
from derivations.documents.collected import used_forward_values
from derivations.documents.context import Context
from derivations.documents.maths import Term
from derivations.documents.model import Algorithm, Line, Math, Rich
from derivations.documents.text import join, numbers, say, symbols
from derivations.notation.tree import Expr, Neg, Product, Ref, Sum, rebuild, refs

PER_LINE = 3  # parameters updated in one line


def algorithm(context: Context) -> Algorithm:
    """The whole backward pass over T steps."""
    loop = [*_values(context), *_parameters(context), *_inputs(context), _sent(context)]
    zero = [Line(tuple(f"{symbol} \\gets 0" for symbol in chunk), words=_for(context, family)) for chunk, family, _ in _groups(context)]
    finals = tuple(rf"{context.maths.at(context.bar(s), '0')} \gets {running(context, context.bar(s))}" for s in context.states)
    lines = (
        Line(tuple(rf"{running(context, context.bar(s))} \gets 0" for s in context.states), numbers([_end(context)])),
        *zero,
        Line((), words=say("for $t=T,T-1,\\dots,1$ do")),
        *(Line(line.formulas, line.source, line.words, 1) for line in loop),
        Line(finals, numbers([_end(context) + 1])),
    )
    return Algorithm("backward", _caption(context, lines), _given(context), lines, _result(context))


def _end(context: Context) -> int:
    return context.joining + len(context.states)


def _caption(context: Context, lines: tuple[Line, ...]) -> Rich:
    bars = [running(context, context.bar(s)) for s in context.states]
    completed = [
        k
        for k, line in enumerate(lines, 1)
        if line.depth and any(f.startswith(rf"{bar} \gets {bar} +") for f in line.formulas for bar in bars)
    ]
    where = ("line " if len(completed) == 1 else "lines ") + _and(completed)
    verb = "completes" if len(completed) == 1 else "complete"
    them = "it" if len(bars) == 1 else "them"
    held = say(
        "Backward pass. Until {} {} {}, {} what has arrived.",
        where,
        verb,
        them,
        (*join([Math(bar) for bar in bars], last=" and "), " holds" if len(bars) == 1 else " hold"),
    )
    return held + ((" The assignments of one line are made at once.",) if len(bars) > 1 else ())


def _and(found: list[int]) -> str:
    return " and ".join(filter(None, (", ".join(map(str, found[:-1])), str(found[-1]))))


def running(context: Context, ref: Ref) -> str:
    """An adjoint without its time: the value that the algorithm holds."""
    return context.maths.tex(Ref(ref.name, None))


def _timeless(expr: Expr) -> Expr:
    """Adjoints lose their time, forward values keep it."""
    if isinstance(expr, Ref):
        return Ref(expr.name, None) if expr.name.marks and expr.name.marks[-1] != "direct" else expr
    return rebuild(expr, _timeless)


def _assignment(context: Context, target: str, expr: Expr) -> str:
    """``target ← terms``; direct derivatives in one line."""
    shown = (
        [_inline(context, term) for term in context.maths.terms(_timeless(expr))]
        if not isinstance(expr, Ref)
        else [(False, _one(context, expr))]
    )
    text = ""
    for k, (negative, term) in enumerate(shown):
        text += (" - " if negative else " + ") + term if k else ("-" if negative else "") + term
    return rf"{target} \gets {text}"


def _one(context: Context, ref: Ref) -> str:
    return context.maths.slash(ref) if "direct" in ref.name.marks else running(context, ref) if ref.name.marks else context.maths.tex(ref)


def _inline(context: Context, term: Term) -> Term:
    for name in context.cell.outputs:
        direct = Ref(name.marked("direct"), 0)
        if term[1] == context.maths.tex(direct):
            return term[0], context.maths.slash(direct)
    return term


def _values(context: Context) -> list[Line]:
    """Adjoints of computed values in the order of computation; those that substitution drops have no line."""
    collected, lines = context.collected, []
    for eq in context.backward.shown:
        step = collected.bars.get(eq.target)
        if step is None or eq.target in collected.dropped:
            continue
        expr = collected.substituted(_whole(context, step))
        source = numbers(_merged(context, step))
        lines.append(Line((_state_or_value(context, step, expr),), source))
    return lines


def _whole(context: Context, step: Step) -> Expr:
    """A needed adjoint as root times all factors; any other expression as it is."""
    chain = context.collected.chains.get(step.target)
    if chain is None or len(chain.steps) == 1:
        return step.expr
    product = Product((chain.root, *chain.factors))
    return Neg(product) if chain.negative else product


def _merged(context: Context, step: Step) -> Iterable[int]:
    """The steps that one line puts together."""
    collected = context.collected
    chain = collected.chains.get(step.target)
    found = set(chain.steps) if chain else {step.number}
    for ref in refs(step.expr):
        if ref in collected.dropped:
            found |= set(collected.chains[ref].steps)
    return found


def _state_or_value(context: Context, step: Step, expr: Expr) -> str:
    """A state's adjoint starts from what has arrived."""
    target = running(context, step.target)
    arriving = Ref(step.adjoint.of.name.marked("from"), 0)
    terms = expr.terms if isinstance(expr, Sum) else (expr,)
    if arriving not in terms:
        return _assignment(context, target, expr)
    rest = tuple(term for term in terms if term != arriving)
    first = Ref(step.target.name, 0)
    return _assignment(context, target, Sum((first, *rest)) if rest else first)


def _groups(context: Context) -> list[tuple[tuple[str, ...], bool, list[tuple[Step, ...]]]]:
    """Parameters in the order of their numbers, a few to a line; families apart from the others."""
    found: list[tuple[tuple[str, ...], bool, list[tuple[Step, ...]]]] = []
    for steps in context.parameter_lines:
        symbol, family = context.maths.tex(context.collective([s.target for s in steps])), len(steps) > 1
        if found and found[-1][1] == family and len(found[-1][0]) < PER_LINE:
            found[-1] = ((*found[-1][0], symbol), family, [*found[-1][2], steps])
        else:
            found.append(((symbol,), family, [steps]))
    return found


def _for(context: Context, family: bool) -> Rich:
    return say(f"for ${context.maths.gates}$") if family else ()


def _parameters(context: Context) -> list[Line]:
    lines = []
    for shown, family, members in _groups(context):
        formulas = []
        for symbol, steps in zip(shown, members, strict=True):
            added = context.collective_expr(context.collected.substituted(steps[0].expr), steps)
            formulas.append(_assignment(context, symbol, added).replace(r"\gets ", rf"\gets {symbol} + ", 1).replace("+ -", "- "))
        lines.append(Line(tuple(formulas), numbers(steps[0].number for steps in members), _for(context, family)))
    return lines


def _inputs(context: Context) -> list[Line]:
    steps = [step for step in context.d.steps if step.kind == "input"]
    return [
        Line((_assignment(context, context.maths.tex(s.target), context.collected.substituted(s.expr)),), numbers(_merged(context, s)))
        for s in steps
    ]


def _sent(context: Context) -> Line:
    """What the step sends to the one before, all states at once."""
    formulas, found = [], []
    for k, state in enumerate(context.states):
        step = context.steps_by_target[context.arriving(state, -1)]
        formulas.append(_assignment(context, running(context, context.bar(state)), context.collected.substituted(step.expr)))
        found.append(context.joining + k)
    return Line(tuple(formulas), numbers(found))


def _given(context: Context) -> Rich:
    """Parameters, initial states and forward values that the lines read."""
    collected = context.collected
    exprs = [collected.substituted(step.expr) for step in context.d.steps if step.target not in collected.dropped]
    values = used_forward_values(context, exprs)
    shown = [context.maths.tex(ref) for ref in values] + [context.maths.slash(Ref(n, 0)) for n in context.cell.outputs]
    parts: list[Rich] = []
    weights = _weights(context, exprs)
    if weights:
        parts.append(weights)
    parts.append(symbols(context.maths.at(s, "0") for s in context.states))
    parts.append(say("{} for all $t$", symbols(shown)))
    return join(parts, between="; ", last="; ")


def _weights(context: Context, exprs: list[Expr]) -> Rich:
    """The parameters that the backward pass reads."""
    used = {ref for expr in exprs for ref in refs(expr) if ref.time is None and not ref.name.marks}
    families: list[str] = []
    single: list[str] = []
    for steps in context.parameter_lines:
        members = [Ref(s.adjoint.of.name) for s in steps]
        if used & set(members):
            (families if len(steps) > 1 else single).append(context.maths.tex(context.collective(members)))
    parts: list[Rich] = [say("{} for {}", symbols(families), Math(context.maths.gates))] if families else []
    parts += [symbols(single)] if single else []
    return join(parts, between="; ", last="; ")


def _result(context: Context) -> Rich:
    parts: list[Rich] = []
    for shown, family, _ in _groups(context):
        parts.append(symbols(shown) + ((" ", *_for(context, family)) if family else ()))
    inputs = [context.maths.tex(context.bar(Ref(name, 0))) for name in context.cell.inputs]
    parts += [say("{} for all $t$", symbols(inputs))] if inputs else []
    parts.append(symbols(context.maths.at(context.bar(s), "0") for s in context.states))
    return join(parts, between="; ", last="; ")
