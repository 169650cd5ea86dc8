"""Section 4: one step backward, the table of uses read from the last equation to the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derivations.calculus.derivation import Step
from derivations.calculus.outline import Head
from derivations.documents.context import Context
from derivations.documents.index_form import index_form
from derivations.documents.maths import shift
from derivations.documents.model import Block, Math, Paragraph, Rich, Row, Section, Steps
from derivations.documents.sections.uses import readers, uses
from derivations.documents.text import capital, eq, join, numbers, say, word
from derivations.notation.tree import Ref


def backward_section(context: Context) -> Section:
    """A run-in head for every variable or group, in reverse order of computation."""
    last = len(context.d.forward_lines)
    visited = say("The equations are visited from {} to {}; when", eq(last), eq(1)) if last > 1 else say("When")
    blocks: list[Block] = [Paragraph(visited + say(" step $t$ begins, all adjoints of step $t+1$ are known."))]
    for head in context.d.heads:
        if not head.adjoints:
            continue
        rows = tuple(step_row(context, context.steps_by_target[a.target]) for a in head.adjoints)
        blocks += [Paragraph(_sentence(context, head), _title(context, head), lead=True), Steps(rows)]
    return Section("back", "One step backward", tuple(blocks))


def step_row(context: Context, step: Step) -> Row:
    """One step; what a state sends to the step before is said for what arrives at step t."""
    arriving = step.kind == "arriving"
    target, expr = (shift(step.target, 1), shift(step.expr, 1)) if arriving else (step.target, step.expr)
    assert isinstance(target, Ref)
    label = context.label(step.target, step.number)
    row = context.row(step.number, target, context.pieces(step.target, expr), step_note(context, step), label=label)
    return replace(row, index=index_form(context, target, expr))


def step_note(context: Context, step: Step) -> Rich:
    """``R3 on (7), with (12); R5``: the rules of each term, the equations they are applied to."""
    parts: dict[Rich, list[int]] = {}
    for term in step.adjoint.terms:
        if term.on is None:
            continue
        rules = join([context.rule(name) for name in context.rules if name in term.rules])
        function = say(", with {}", eq(context.d.functions[term.function])) if term.function in context.d.functions else ()
        parts.setdefault((*rules, "@", *function), []).append(context.d.numbers[context.d.visible(term.on)])
    notes: list[Rich] = []
    for key, on in parts.items():
        at = key.index("@")
        notes.append((*key[:at], " on ", *numbers(on, last=" and "), *key[at + 1 :]))
    if step.kind == "arriving" and notes:
        notes[-1] += say(" of step $t+1$")
    if len(step.adjoint.terms) > 1:
        notes = _joined_with_uses(context, notes)
    return join(notes, between="; ", last="; ")


def _joined_with_uses(context: Context, notes: list[Rich]) -> list[Rich]:
    """A lone application takes the rule for several uses in (``R4, R5 on (1)``), otherwise it stands by itself."""
    uses_rule = context.rule("uses")
    if not notes:
        return [(uses_rule,)]
    if len(notes) == 1 and "uses" in context.rules and not any(isinstance(p, str) and "with" in p for p in notes[0]):
        at = notes[0].index(" on ")
        return [(*notes[0][:at], ", ", uses_rule, *notes[0][at:])]
    return [*notes, (uses_rule,)]


def _title(context: Context, head: Head) -> Rich:
    """Role and symbol of each variable."""
    if head.arguments:
        return ("Their pre-activations.",)
    named = list(head.variables)
    shown = [ref for ref in named if not (context.roles.is_argument(ref) and len(named) > 1)] or named
    states = [ref for ref in shown if ref in context.states]
    if states:
        shown = states
    parts: list[Rich] = [(context.roles.short(ref) + " ", context.symbol(ref)) for ref in shown]
    return (*capital(join(parts)), ".")


def _sentence(context: Context, head: Head) -> Rich:
    return _uses(context, head) + _of_every_step(context, head)


def _of_every_step(context: Context, head: Head) -> Rich:
    """What is meant by the adjoint of a value that does not depend on time."""
    fixed = [ref for ref in head.variables if ref.time is None]
    if not fixed:
        return ()
    bars = join([context.symbol(context.bar(ref, time=None)) for ref in fixed], last=" and ")
    return say(" All steps share it; {} {} what step $t$ adds.", bars, "is" if len(fixed) == 1 else "are")


def _uses(context: Context, head: Head) -> Rich:
    if head.arguments:
        lines = sorted({line.number for ref in head.variables for line in readers(context, ref)})
        return (
            say("Each is used by one of {}.", join([eq(n) for n in lines]))
            if len(lines) > 1
            else say("Each is used by {} only.", eq(lines[0]))
        )
    variables = list(head.variables)
    states = [ref for ref in variables if ref in context.states]
    lead = states[0] if states else variables[0]
    others = [ref for ref in variables if ref != lead]
    arguments = [ref for ref in others if context.roles.is_argument(ref)]
    if states:
        return _state_sentence(context, lead)
    if len(variables) > 1 and not arguments:
        used = uses(context, lead)
        where = (
            say("Each is used by {} only.", eq(used[0][0]))
            if len(used) == 1
            else say("Each is used by {}.", numbers((n for n, _ in used), last=" and "))
        )
        return where + _shared_rule(context, variables, used)
    sentence = say("It is used by {}", _places(context, lead))
    if arguments:
        inner = say(", and its pre-activation by {} only", eq(readers(context, arguments[0])[0].number))
        return sentence + inner + (".",)
    return (*sentence, ".")


def _shared_rule(context: Context, variables: Sequence[Ref], used: Sequence[tuple[int, int]]) -> Rich:
    """``By R1 both products in (6) receive c̄_t``."""
    if len(used) != 1 or "sum" not in context.rules:
        return ()
    line = context.d.forward_lines[used[0][0] - 1]
    terms = list(context.maths.terms(line.expr))
    if len(terms) != 2 or any(r"\odot" not in text for _, text in terms):
        return ()
    return say(" By {} both products in {} receive {}.", context.rule("sum"), eq(line.number), context.symbol(context.bar(line.target)))


def _state_sentence(context: Context, state: Ref) -> Rich:
    here = uses(context, state)
    later = uses(context, Ref(state.name, -1))
    places: list[Rich] = []
    loss: Rich = (Math("L"),)
    if here:
        places.append(say("{} of this step", numbers((n for n, _ in here), last=" and ")))
    if later:
        places.append(say("{} of step $t+1$, whose part is {}", _counted(context, later), context.symbol(context.arriving(state))))
    return say("It is used by {}.", join([loss, *places], last=" and by ", between=", by "))


def _counted(context: Context, counted: Sequence[tuple[int, int]]) -> Rich:
    """``the four pre-activations (1)``, ``(6)``, ``(1), (4) and (7)``."""
    parts: list[Rich] = []
    for number, count in counted:
        line = context.d.forward_lines[number - 1]
        if count > 1 and context.roles.is_argument(line.targets[0]):
            parts.append(say("the {} pre-activations {}", word(count), eq(number)))
        else:
            parts.append((eq(number),))
    return join(parts, last=" and ")


def _places(context: Context, ref: Ref) -> Rich:
    found = uses(context, ref)
    if ref.name in context.cell.outputs:
        return join([(Math("L"),), _counted(context, found)], last=" and by ") if found else say("$L$ only")
    if len(found) == 1 and found[0][1] == 1:
        return say("{} only", eq(found[0][0]))
    return _counted(context, found)
