"""Section 7: the derivation with its chains multiplied out, and the backward pass as an algorithm."""

from __future__ import annotations

from derivations.documents.collected import Collected
from derivations.documents.context import Context
from derivations.documents.maths import equal
from derivations.documents.model import Block, Paragraph, Rich, Row, Section, Steps
from derivations.documents.sections.algorithm import algorithm
from derivations.documents.text import join, numbers, say
from derivations.notation.tree import Product, Ref


def collected_section(context: Context) -> Section:
    """The collected form, if there is something to collect, and the algorithm."""
    blocks: list[Block] = []
    rows = _rows(context)
    if rows:
        roots = list(dict.fromkeys(root for _, root in rows))
        shown = join([context.symbol(root) for root in roots], last=" or ")
        blocks.append(
            Paragraph(say("Substitution leaves each adjoint as {} times a factor that the forward pass already knows:", shown), lead=True)
        )
        blocks.append(Steps(tuple(row for row, _ in rows)))
    return Section("collected", "Collected form and algorithm", (*blocks, algorithm(context)))


def _rows(context: Context) -> list[tuple[Row, Ref]]:
    collected = context.collected
    rows: list[tuple[Row, Ref]] = []
    for target in collected.bars:
        if target in collected.names:
            rows.append((_product_row(context, collected, target), collected.chains[target].root))
        elif any(key[0] == target for key in collected.sum_names):
            rows += [(row, root) for row, root in _sum_rows(context, collected, target)]
    return rows


def _product_row(context: Context, collected: Collected, target: Ref) -> Row:
    """``ā_f = c̄ ⊙ p_f`` with the definition of the factor."""
    chain, name = collected.chains[target], collected.names[target]
    rhs = equal([(False, context.maths.tex(Product((chain.root, name))))])
    definition = f"{context.maths.tex(name)} = {context.maths.tex(chain.factor)}"
    number = context.next_number()
    context.factor_rows[name] = number
    return Row(number, f"factor-{name.name.id.replace('_', '-')}", context.maths.tex(target), rhs, numbers(chain.steps), definition)


def _sum_rows(context: Context, collected: Collected, target: Ref) -> list[tuple[Row, Ref]]:
    """The adjoint of a value with several uses; factors beyond the first are defined in rows of their own."""
    step = collected.bars[target]
    expr = context.named_terms(step.expr, target)
    found: list[tuple[Row, Ref]] = []
    for position, ((owner, inner), name) in enumerate((k, v) for k, v in collected.sum_names.items() if k[0] == target):
        chain = collected.sum_chain(owner, inner)
        definition = f"{context.maths.tex(name)} = {context.maths.tex(chain.factor)}"
        number = context.next_number()
        context.factor_rows[name] = number
        label = f"factor-{name.name.id.replace('_', '-')}"
        note: Rich = numbers(chain.steps)
        if position == 0:
            found.append((Row(number, label, context.maths.tex(target), context.pieces(target, expr), note, definition), chain.root))
        else:
            found.append((Row(number, label, context.maths.tex(name), context.maths.pieces(chain.factor), note), chain.root))
    return found
