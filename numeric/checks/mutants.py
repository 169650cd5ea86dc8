"""Mutants of a generated module: its backward pass with one node changed, for counting which changes the checks notice.

Changed are the functions that ``backward`` calls, and it: every operator, sign, number, transposition, index and every name
of an array that has others of its kind. What only words an error is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

ENTRY = "backward"
SPARED = {"array", "instance", "finished", "restored", "init", "step", "step_vjp"}  # arguments and their error texts
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult,),
}
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@"}
SINGLE_LETTERS = "one letter"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed module: the line in the original, its function, the change in words, the whole source."""

    line: int
    function: str
    change: str
    source: str


Change = tuple[str, Callable[[ast.AST], ast.AST]]  # in words, and the new node from a copy of the old


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant, in the order of the source; only the changed function is written anew."""
    tree, lines = ast.parse(source), source.splitlines(keepends=True)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    twins = _twins(tree)
    for name in sorted(_reached(functions), key=lambda n: functions[n].lineno):
        function = functions[name]
        start = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)]) - 1
        before, after = "".join(lines[:start]), "".join(lines[function.end_lineno :])
        kinds = _kinds(function)
        for node, put in list(_places(function)):
            for words, change in _changes(node, kinds, twins):
                put(change(node))
                text = ast.unparse(ast.fix_missing_locations(function))
                put(node)
                yield Mutant(getattr(node, "lineno", function.lineno), name, words, f"{before}{text}\n{after}")


def _places(function: ast.AST) -> Iterator[tuple[ast.AST, Callable[[ast.AST], None]]]:
    """Every node with a function that puts another one in its place."""
    for parent in ast.walk(function):
        for field, value in ast.iter_fields(parent):
            if isinstance(value, ast.AST):
                yield value, partial(setattr, parent, field)
            elif isinstance(value, list):
                yield from ((item, partial(value.__setitem__, k)) for k, item in enumerate(value) if isinstance(item, ast.AST))


def _reached(functions: dict[str, ast.FunctionDef]) -> set[str]:
    """``backward`` and every function of the module that it calls, directly or not."""
    found, waiting = set[str](), [ENTRY]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in found and name not in SPARED:
            found.add(name)
            waiting += [n.id for n in ast.walk(functions[name]) if isinstance(n, ast.Name)]
    return found


def _kinds(function: ast.FunctionDef) -> dict[str, list[str]]:
    """For each local array, the names of its kind: adjoints, slopes, what comes from step t+1, single letters."""
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    stored += [a.arg for a in function.args.args if a.arg.startswith("d")]
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(stored):
        kind = SINGLE_LETTERS if len(name) == 1 and name != "t" else name.partition("_")[0] if "_" in name else name[:1] + str(len(name))
        groups.setdefault(kind, []).append(name)
    return {name: group for group in groups.values() for name in group if len(group) > 1}


def _twins(tree: ast.Module) -> dict[str, str]:
    """For each parameter the next one of the same shape, in a circle."""
    table = next((node.value for node in tree.body if isinstance(node, ast.Assign) and _assigned(node) == "PARAMETERS"), None)
    groups: dict[str, list[str]] = {}
    for name, shape in zip(table.keys, table.values, strict=True) if isinstance(table, ast.Dict) else ():
        groups.setdefault(ast.dump(shape), []).append(str(getattr(name, "value", "")))
    return {name: group[(k + 1) % len(group)] for group in groups.values() if len(group) > 1 for k, name in enumerate(group)}


def _assigned(node: ast.Assign) -> str:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _changes(node: ast.AST, kinds: dict[str, list[str]], twins: dict[str, str]) -> Iterator[Change]:
    match node:
        case ast.BinOp(op=operator):
            yield from _of_operator(operator)
        case ast.AugAssign(op=operator) if type(operator) in OPERATORS:
            sign = SIGNS[type(operator)]
            for new in OPERATORS[type(operator)]:
                yield f"{sign}= → {SIGNS[new]}=", _put(ast.AugAssign, op=new())
            yield f"line with {sign}= dropped", lambda n: ast.Pass()
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "sign dropped", lambda n: operand
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            yield from ((f"{value} → {near}", _put(ast.Constant, value=near)) for near in (value + 1, value - 1))
        case ast.Attribute(attr="T", value=whole):
            yield "transposition dropped", lambda n: whole
        case ast.Attribute(value=ast.Name(id="p"), attr=str() as attribute) if attribute in twins:
            yield f"p.{attribute} → p.{twins[attribute]}", _put(ast.Attribute, attr=twins[attribute])
        case ast.Name(id=name, ctx=ast.Load()) if name in kinds:
            next_one = kinds[name][(kinds[name].index(name) + 1) % len(kinds[name])]
            yield f"{name} → {next_one}", _put(ast.Name, id=next_one)
        case ast.Subscript(slice=ast.Name(id="t"), ctx=ast.Load()):
            before = ast.BinOp(ast.Name("t", ast.Load()), ast.Sub(), ast.Constant(1))
            yield "[t] → [t - 1]", _put(ast.Subscript, slice=before)
        case ast.Call(func=ast.Name(id="reversed"), args=[argument]):
            yield "reversed dropped", lambda n: argument


def _put(kind: type[ast.AST], **fields: object) -> Callable[[ast.AST], ast.AST]:
    """A copy of a node with other fields."""
    return lambda node: kind(**{**dict(ast.iter_fields(node)), **fields})


def _of_operator(operator: ast.operator) -> Iterator[Change]:
    sign = SIGNS.get(type(operator))
    if sign is None:
        return
    for new in OPERATORS.get(type(operator), ()):
        yield f"{sign} → {SIGNS[new]}", _put(ast.BinOp, op=new())
    yield f"left of {sign} dropped", lambda n: n.right  # type: ignore[attr-defined]
    yield f"right of {sign} dropped", lambda n: n.left  # type: ignore[attr-defined]
