"""Shape inference: what each name is (scalar, vector, matrix), its sizes, and which product each product is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derivations.errors import CellError, Span
from derivations.functions import FUNCTIONS
from derivations.notation import unicode
from derivations.notation.tree import (
    Apply,
    Assignment,
    Concat,
    Expr,
    MatMul,
    Name,
    Neg,
    Number,
    Part,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    Times,
    Total,
    Transpose,
)
from derivations.resolve import Roles
from derivations.sizes import Clash, OpenShape, OpenSize, Shape, Unifier

KIND = ("scalar", "vector", "matrix")


def infer_shapes(
    equations: Sequence[Assignment], roles: Roles, declared: Mapping[str, Shape]
) -> tuple[tuple[Assignment, ...], dict[Name, Shape]]:
    """Typed equations (every product resolved) and the shape of every name."""
    typer = Typer(declared)
    known = {name.id for name in (*roles.states, *roles.inputs, *roles.parameters, *roles.assigned)}
    for unused in sorted(set(declared) - known):
        raise CellError(f"[shapes] gives the shape of {unused}, which no equation uses", hint=f"the cell has {', '.join(sorted(known))}")
    for name in (*roles.states, *roles.inputs):
        typer.shape_of(name)
    typed = tuple(typer.assignment(eq) for eq in equations)
    return typed, typer.finished(roles)


class Typer:
    """Types expressions over names whose shapes are found on the way."""

    def __init__(self, declared: Mapping[str, Shape]) -> None:
        self.sizes = Unifier()
        self.shapes: dict[Name, OpenShape] = {}
        self.declared = declared

    def shape_of(self, name: Name) -> OpenShape:
        """The shape of a name: declared, or a matrix for an upper-case letter and a vector for any other."""
        if name not in self.shapes:
            known = self.declared.get(name.id)
            rank = 2 if name.base[:1].isupper() else 1
            self.shapes[name] = known if known is not None else tuple(self.sizes.fresh() for _ in range(rank))
        return self.shapes[name]

    def assignment(self, eq: Assignment) -> Assignment:
        expr, shape = self.typed(eq.expr)
        wanted = self.shape_of(eq.target.name)
        if shape and len(shape) != len(wanted):
            raise CellError(
                f"{unicode(eq.target)} is a {KIND[len(wanted)]}, its right side is a {KIND[len(shape)]}",
                hint="an upper-case letter names a matrix, a lower-case letter a vector; [shapes] in a cell file says otherwise",
                span=eq.span,
            )
        self.same(wanted, shape, eq.span, f"the two sides of {unicode(eq.target)} = …")
        return Assignment(eq.target, expr, eq.span)

    def same(self, a: OpenShape, b: OpenShape, span: Span | None, what: str) -> OpenShape:
        """Demand equal shapes; a scalar broadcasts."""
        if not a or not b:
            return a or b
        try:
            if len(a) != len(b):
                raise Clash
            for m, n in zip(a, b, strict=True):
                self.sizes.equal(m, n)
        except Clash:
            raise CellError(
                f"shapes clash in {what}: {self.text(a)} and {self.text(b)}", hint="entrywise operations need equal shapes", span=span
            ) from None
        return a

    def text(self, shape: OpenShape) -> str:
        names: dict[str | int, str] = {}
        for name, known in self.shapes.items():
            for size in known:
                for atom in self.sizes.resolve(size):
                    names.setdefault(atom, f"size of {unicode(Ref(name))}" if isinstance(atom, int) else atom)
        parts = [" + ".join(str(names.get(atom, "?")) for atom in self.sizes.resolve(size)) for size in shape]
        return f"{KIND[len(shape)]} [{' × '.join(parts)}]" if shape else "scalar"

    def typed(self, node: Expr) -> tuple[Expr, OpenShape]:
        match node:
            case Ref():
                return node, self.shape_of(node.name)
            case Number():
                return node, ()
            case Neg():
                arg, shape = self.typed(node.arg)
                return Neg(arg, node.span), shape
            case Apply():
                if node.fn not in FUNCTIONS:
                    raise CellError(f"unknown function {node.fn}", hint=f"known functions: {', '.join(FUNCTIONS)}", span=node.span)
                arg, shape = self.typed(node.arg)
                return Apply(node.fn, arg, node.span), shape
            case Power():
                base, shape = self.typed(node.base)
                return Power(base, node.exponent, node.span), shape
            case Sum():
                return self.sum(node)
            case Quotient():
                num, a = self.typed(node.num)
                den, b = self.typed(node.den)
                if isinstance(den, Number) and den.value == 0:
                    raise CellError(f"{unicode(node)}: a division by zero", hint="divide by something else", span=node.span)
                return Quotient(num, den, node.span), self.same(a, b, node.span, unicode(node))
            case Concat():
                return self.concat(node)
            case Transpose():
                return self.transpose(node)
            case Times():
                return self.times(node)
            case Product() | MatMul() | Total() | Part():
                raise AssertionError(f"{type(node).__name__} is not read")

    def sum(self, node: Sum) -> tuple[Expr, OpenShape]:
        shape: OpenShape = ()
        terms = []
        for term in node.terms:
            typed, one = self.typed(term)
            shape = self.same(shape, one, term.span or node.span, f"the sum {unicode(node)}")
            terms.append(typed)
        return Sum(tuple(terms), node.span), shape

    def concat(self, node: Concat) -> tuple[Expr, OpenShape]:
        parts: list[Expr] = []
        size: OpenSize = ()
        for part in node.parts:
            typed, shape = self.typed(part)
            if len(shape) != 1:
                raise CellError(
                    f"{unicode(part)} in {unicode(node)} is a {KIND[len(shape)]}",
                    hint="[a, b] puts vectors below each other",
                    span=part.span,
                )
            parts.append(typed)
            size += shape[0]
        return Concat(tuple(parts), node.span), (size,)

    def transpose(self, node: Transpose) -> tuple[Expr, OpenShape]:
        arg, shape = self.typed(node.arg)
        if len(shape) != 2:
            raise CellError(
                f"{unicode(node)}: the transpose of a {KIND[len(shape)]}",
                hint="only matrices are transposed; write ⊙ for an entrywise product",
                span=node.span,
            )
        return Transpose(arg, node.span), shape[::-1]

    def times(self, node: Times) -> tuple[Expr, OpenShape]:
        left, a = self.typed(node.left)
        right, b = self.typed(node.right)
        if node.op in ("⊙", "*") or not a or not b:
            return self.entrywise(node, left, a, right, b)
        if len(a) == 1 and len(b) == 1:
            raise CellError(
                f"{unicode(node)} is ambiguous: {unicode(node.left)} and {unicode(node.right)} are both vectors",
                hint=f"write {unicode(node.left)} ⊙ {unicode(node.right)} for the entrywise product",
                span=node.span,
            )
        if len(a) == 1:
            v, m = unicode(node.left), unicode(node.right)
            raise CellError(
                f"{unicode(node)}: a vector before a matrix",
                hint=f"vectors are columns: write {m} {v}, or {m}ᵀ {v} for the transposed matrix",
                span=node.span,
            )
        return self.matmul(node, left, a, right, b)

    def entrywise(self, node: Times, left: Expr, a: OpenShape, right: Expr, b: OpenShape) -> tuple[Expr, OpenShape]:
        if a and b and len(a) != len(b):
            raise CellError(
                f"{unicode(node)}: entrywise product of a {KIND[len(a)]} and a {KIND[len(b)]}",
                hint=f"write {unicode(node.left)} {unicode(node.right)} for the matrix product" if len(a) == 2 else "",
                span=node.span,
            )
        shape = self.same(a, b, node.span, unicode(node))
        factors = (left.factors if isinstance(left, Product) else (left,)) + (right,)
        return Product(factors, node.span), shape

    def matmul(self, node: Times, left: Expr, a: OpenShape, right: Expr, b: OpenShape) -> tuple[Expr, OpenShape]:
        try:
            self.sizes.equal(a[1], b[0])
        except Clash:
            raise CellError(
                f"shapes clash in the matrix product {unicode(node)}: {self.text(a)} and {self.text(b)}",
                hint="the columns of the matrix have to be as many as the entries of what it multiplies",
                span=node.span,
            ) from None
        if isinstance(left, MatMul) and len(b) == 1:  # (A B) v = A (B v): no product of matrices is formed
            return MatMul(left.left, MatMul(left.right, right, node.span), node.span), (a[0],)
        return MatMul(left, right, node.span), (a[0], *b[1:])

    def finished(self, roles: Roles) -> dict[Name, Shape]:
        """Names for the sizes that are still open: hidden for the first state, inputs for the input."""
        try:
            self.sizes.settle()
        except Clash:
            raise CellError("the sizes of a concatenation are left open", hint="declare them in the cell file under [shapes]") from None
        taken = {atom for shape in self.declared.values() for size in shape for atom in size}
        self.name_size(self.shapes[roles.states[0]], "hidden", taken)
        for name in roles.inputs:
            self.name_size(self.shapes[name], "inputs", taken)
        for name in (*roles.states, *roles.assigned, *roles.parameters):
            self.name_size(self.shapes[name], f"size_{name.id}", taken)
        return {name: tuple(tuple(str(a) for a in self.sizes.resolve(s)) for s in shape) for name, shape in self.shapes.items()}

    def name_size(self, shape: OpenShape, wanted: str, taken: set[str]) -> None:
        for size in shape:
            for atom in self.sizes.resolve(size):
                if isinstance(atom, int):
                    label = next(s for s in (wanted, *(f"{wanted}_{k}" for k in range(2, 99))) if s not in taken)
                    taken.add(label)
                    self.sizes.bound[atom] = (label,)
