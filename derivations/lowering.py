"""From an author's equations to equations of one kind each.

Every function gets an equation of its own, and so does every argument of a function and every operand of a matrix that
is not a name: those are the values at which a derivation stops. A product of a matrix that is a summand stays inline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count

from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction, inline_name
from derivations.extent import shape_of
from derivations.notation.tree import (
    LEAVES,
    Apply,
    Assignment,
    Concat,
    Constant,
    Diagonal,
    Dimension,
    Expr,
    Identity,
    MatMul,
    Name,
    Number,
    Ones,
    Part,
    Ref,
    Sum,
    Total,
    Transpose,
    Windows,
    children,
    rebuild,
    refs,
)
from derivations.sizes import Shape, Size

# Letters for the values that a cell's author did not name, the first that is free. None of them is m, n, j, k, r, t:
# documents use those for sizes, indices and time.
ARGUMENT = ("a", "e", "w", "u")  # arguments of functions: pre-activations
SQUASHED = ("s", "q", "e", "w", "l")  # functions within a larger expression
OPERAND = ("p", "q", "u", "w", "e", "l")  # products and sums that a matrix multiplies or that multiply a product
STACKED = ("v", "w", "u", "q", "l")  # concatenations
MATRIX = ("A", "B", "M", "N", "Q")  # matrices that are computed

LETTERS_OF = {"matrix": ("i", "j"), "transposed": ("i", "j"), "row": ("", "j"), "vector": ("i", ""), "diagonal": ("", "j")}  # row, summed


def lower(equations: Sequence[Assignment], shapes: Mapping[Name, Shape]) -> Program:
    """The cell as equations of the four kinds, in the author's order and with the author's order of terms."""
    lowering = _Lowering(equations, shapes)
    for eq in equations:
        lowering.define(eq.target, eq.expr)
        if lowering.known[eq.expr] == eq.target:
            del lowering.known[eq.expr]  # it is used where its author uses it, and nowhere else
    return Program(tuple(lowering.out), lowering.shapes, frozenset(lowering.inline))


class _Lowering:
    def __init__(self, equations: Sequence[Assignment], shapes: Mapping[Name, Shape]) -> None:
        self.out: list[Equation] = []
        self.shapes = dict(shapes)
        self.inline: set[Name] = set()
        self.known: dict[Expr, Ref] = {}  # equal expressions share one value
        self.letters = {name.base for name in shapes}
        self.argument_letter = next((a for a in ARGUMENT if a not in self.letters), "a")
        self.letters.add(self.argument_letter)
        self.one_argument = sum(not isinstance(e.arg, Ref) for eq in equations for e in _applications(eq.expr)) == 1

    def define(self, target: Ref, expr: Expr) -> None:
        """Emit the equation ``target = expr``."""
        match expr:
            case Apply():
                self.out.append(Pointwise(target, Apply(expr.fn, self.argument(expr.arg, target.name))))
            case MatMul() | Total() if self.shapes.get(target.name) and not self.shape(expr):  # one number for every entry
                self.out.append(Pointwise(target, self.summand(expr)))
            case MatMul():
                self.out.append(self.contraction(target, expr))
            case Concat():
                split = tuple(self.vector_size(part) for part in expr.parts)
                self.out.append(Layout(target, "concat", tuple(self.value(p, OPERAND) for p in expr.parts), split))
            case Transpose():
                self.out.append(Layout(target, "transpose", (self.value(expr.arg, MATRIX),)))
            case Part():
                self.out.append(Layout(target, "part", (self.value(expr.arg, OPERAND),), expr.split, expr.index))
            case Windows():
                self.out.append(Layout(target, "windows", (self.value(expr.arg, MATRIX),), index=expr.width))
            case Total():
                letters = OPERAND if len(self.shape(expr.arg)) == 1 else MATRIX
                self.out.append(Reduction(target, self.value(expr.arg, letters), "sum" if expr.op == "sum" else "logsumexp"))
            case _:
                self.out.append(Pointwise(target, self.pointwise(expr, summand=True)))
        self.shapes.setdefault(target.name, self.shape(expr))
        self.known.setdefault(expr, target)

    def contraction(self, target: Ref, expr: MatMul) -> Contraction:
        scaled = isinstance(expr.left, Diagonal) or isinstance(expr.right, Diagonal)
        left, right = (self.factor(side, turned=not scaled) for side in (expr.left, expr.right))
        rows, inner = LETTERS_OF[left[1]]
        first, columns = rows + inner, ""
        match right[1]:
            case "vector":
                second = inner
            case "matrix":
                second, columns = inner + "k", "k"
            case "transposed":
                second, columns = "k" + inner, "k"
            case _:  # a row or a diagonal: its index is a column of the result
                second = columns = inner or "k"
        if left[1] == "transposed":
            first = inner + rows
        if left[1] == "diagonal":  # diag(a) M: the index of a is the row of M and of the result
            rows, first = inner, inner
        rename: dict[str, str | int | None] = {}
        for letter, new in zip(dict.fromkeys(first + second), "ijk", strict=False):
            rename[letter] = new
        return Contraction(target, left[0], right[0], f"{first},{second}->{rows + columns}".translate(str.maketrans(rename)))

    def factor(self, expr: Expr, *, turned: bool) -> tuple[Ref, str]:
        """A factor of a product of matrices: the array, and how it is used; ``turned``: a transposed matrix is used as it lies."""
        match expr:
            case Diagonal():
                return self.value(expr.arg, OPERAND), "diagonal"
            case Transpose() if len(self.shape(expr.arg)) == 1:
                return self.value(expr.arg, OPERAND), "row"
            case Transpose() if turned:
                return self.value(expr.arg, MATRIX), "transposed"
            case _:
                matrix = len(self.shape(expr)) == 2
                letters = MATRIX if matrix else STACKED if isinstance(expr, Concat) else OPERAND
                return self.value(expr, letters), "matrix" if matrix else "vector"

    def pointwise(self, expr: Expr, *, summand: bool = False) -> Expr:
        """``expr`` over names only; what is not entrywise in it becomes a value of its own."""
        match expr:
            case Ref() | Number() | Constant() | Dimension() | Identity() | Ones():
                return expr
            case Apply():
                return self.value(expr, SQUASHED)
            case Total(op="logsumexp"):  # its adjoint needs its value
                return self.value(expr, OPERAND)
            case MatMul() | Concat() | Transpose() | Part() | Windows() | Total():
                return self.summand(expr) if summand else self.value(expr, MATRIX if len(self.shape(expr)) == 2 else OPERAND)
            case Sum():
                if summand or not _linear(expr):
                    return rebuild(expr, lambda term: self.pointwise(term, summand=summand))
                return self.value(expr, MATRIX if len(self.shape(expr)) == 2 else OPERAND)
            case _:
                return rebuild(expr, self.pointwise)

    def summand(self, expr: Expr) -> Ref:
        """A value that is shown inline: it is added as it stands, so its adjoint is that of the sum."""
        if expr in self.known and self.known[expr].name in self.inline:
            return self.known[expr]
        target = Ref(inline_name(str(len(self.inline) + 1)), _time(expr))
        self.inline.add(target.name)
        self.shapes[target.name] = self.shape(expr)
        self.define(target, expr)
        return target

    def value(self, expr: Expr, letters: Sequence[str]) -> Ref:
        """A name for ``expr``: its own, that of an equal expression, or a new one."""
        if isinstance(expr, Ref):
            return expr
        if isinstance(expr, LEAVES):
            return self.summand(expr)
        if expr not in self.known or self.known[expr].name in self.inline:
            self.known.pop(expr, None)
            target = Ref(self.new_name(letters), _time(expr))
            self.shapes[target.name] = self.shape(expr)  # before the values within it get names
            self.define(target, expr)
        return self.known[expr]

    def new_name(self, letters: Sequence[str]) -> Name:
        free = next((letter for letter in letters if letter not in self.letters), None)
        if free is None:
            return self.unused(Name(letters[0], sub=str(k)) for k in range(1, 10_000))
        self.letters.add(free)
        return Name(free)

    def argument(self, arg: Expr, owner: Name) -> Ref:
        """The argument of a function, named after the gate: ``a_f`` where its parameters are W_f, U_f, b_f."""
        if isinstance(arg, Ref):
            return arg
        if arg not in self.known or self.known[arg].name in self.inline:
            self.known.pop(arg, None)
            target = Ref(self.argument_name(arg, owner), _time(arg))
            self.shapes[target.name] = self.shape(arg)
            self.define(target, arg)
        return self.known[arg]

    def argument_name(self, arg: Expr, owner: Name) -> Name:
        if self.one_argument:
            return Name(self.argument_letter)
        matrix = next((r.name.sub for r in refs(arg) if r.time is None and r.name.base.isupper()), "")
        subs = chain((matrix, owner.base + owner.sub), (f"{owner.base}{k}" for k in count(1)))
        return self.unused(Name(self.argument_letter, sub=s) for s in subs if s)

    def unused(self, names: Iterable[Name]) -> Name:
        """The first name that nothing has, not even in the spelling of generated code."""
        taken = {name.id for name in self.shapes}
        return next(name for name in names if name.id not in taken)

    def vector_size(self, expr: Expr) -> Size:
        return self.shape(expr)[0]

    def shape(self, expr: Expr) -> Shape:
        return shape_of(expr, self.shapes)


def _time(expr: Expr) -> int | None:
    """The time of a computed value: none if it depends on parameters only."""
    return 0 if any(ref.time is not None for ref in refs(expr)) else None


def _linear(expr: Expr) -> bool:
    """Whether products of matrices or concatenations stand in the expression outside of functions."""
    if isinstance(expr, MatMul | Concat | Transpose | Part | Windows | Total):
        return True
    return not isinstance(expr, Apply) and any(_linear(child) for child in children(expr))


def _applications(expr: Expr) -> list[Apply]:
    return ([expr] if isinstance(expr, Apply) else []) + [a for child in children(expr) for a in _applications(child)]
