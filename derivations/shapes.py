"""Shape inference: what each name is (scalar, vector, matrix), its sizes, and which product each product is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast

from derivations.errors import CellError, Span
from derivations.functions import FUNCTIONS
from derivations.notation import unicode
from derivations.notation.tree import (
    Apply,
    Assignment,
    Call,
    Choice,
    Compare,
    Concat,
    Constant,
    Diagonal,
    Dimension,
    Expr,
    Identity,
    MatMul,
    Name,
    Neg,
    Number,
    Ones,
    Part,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    Times,
    Total,
    Transpose,
    Windows,
    rebuild,
)
from derivations.resolve import Roles
from derivations.sizes import Clash, OpenShape, OpenSize, Shape, Size, Unifier

KIND = ("scalar", "vector", "matrix")
ROW: OpenSize = ()  # the rows of a transposed vector


def infer_shapes(
    equations: Sequence[Assignment], roles: Roles, declared: Mapping[str, Shape], constants: Collection[str] = ()
) -> tuple[tuple[Assignment, ...], dict[Name, Shape]]:
    """Typed equations (every product resolved) and the shape of every name."""
    typer = Typer(declared)
    known = {name.id for name in (*roles.states, *roles.inputs, *roles.parameters, *roles.assigned)} | set(constants)
    for unused in sorted(set(declared) - known):
        raise CellError(f"[shapes] gives the shape of {unused}, which no equation uses", hint=f"the cell has {', '.join(sorted(known))}")
    for name in (*roles.states, *roles.inputs):
        typer.shape_of(name)
    typed = tuple(typer.assignment(eq) for eq in equations)
    shapes = typer.finished(roles)
    return tuple(Assignment(eq.target, typer.closed(eq.expr), eq.span) for eq in typed), shapes


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
        self.refuse_row(expr, shape)
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
        """The expression with every product resolved, and its shape; the shape of a transposed vector begins with ``ROW``."""
        match node:
            case Ref():
                return node, self.shape_of(node.name)
            case Constant():
                return node, self.declared.get(node.name.id, ())
            case Number() | Dimension():
                return node, ()
            case Identity():
                size = self.sizes.fresh()
                return Identity(cast(Size, size), node.span), (size, size)
            case Ones():
                size = self.sizes.fresh()
                return Ones(cast(Size, size), node.span), (size,)
            case Neg():
                arg, shape = self.typed(node.arg)
                return Neg(arg, node.span), shape
            case Compare():
                left, a = self.typed(node.left)
                right, b = self.typed(node.right)
                return Compare(left, node.op, right, node.span), self.same(a, b, node.span, f"the comparison {unicode(node)}")
            case Call():
                return self.called(node)
            case Apply():
                if node.fn not in FUNCTIONS:
                    raise CellError(f"unknown function {node.fn}", hint=f"known functions: {', '.join(FUNCTIONS)}", span=node.span)
                arg, shape = self.typed(node.arg)
                if node.fn == "log" and isinstance(arg, Number) and arg.value <= 0:
                    raise CellError(f"{unicode(node)} has no value", hint="the logarithm of a positive number only", span=node.span)
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
            case _:
                raise AssertionError(f"{type(node).__name__} is not read")

    def called(self, node: Call) -> tuple[Expr, OpenShape]:
        """A word with arguments as what it stands for."""
        match node.fn:
            case "max" | "min" | "where":
                return self.choice(node)
            case "chunk" | "windows":
                return self.relabelled(node)
            case _:
                return self.of_vector(node)

    def choice(self, node: Call) -> tuple[Expr, OpenShape]:
        shape: OpenShape = ()
        args = []
        for arg in node.args:
            typed, one = self.typed(arg)
            shape = self.same(shape, one, arg.span or node.span, unicode(node))
            args.append(typed)
        return Choice(node.fn, tuple(args), node.span), shape

    def of_vector(self, node: Call) -> tuple[Expr, OpenShape]:
        """What is made of all entries of a vector."""
        arg, shape = self.typed(node.args[0])
        if len(shape) != 1 and not (node.fn == "sum" and len(shape) == 2):
            hint = "entrywise functions have other names; sums over rows and columns are M ones and Mᵀ ones"
            raise CellError(f"{unicode(node)}: {node.fn} of a {KIND[len(shape)]}", hint=hint, span=node.span)
        match node.fn:
            case "sum":
                return Total(arg, "sum", node.span), ()
            case "logsumexp":
                return Total(arg, "logsumexp", node.span), ()
            case "mean":
                return Quotient(Total(arg), Dimension(cast(Size, shape[0])), node.span), ()
            case "norm":
                return Power(MatMul(Transpose(arg), arg), Fraction(1, 2), node.span), ()
            case "diag":
                return Diagonal(arg, node.span), (shape[0], shape[0])
            case _:  # softmax: no exponential overflows
                return Apply("exp", Sum((arg, Neg(Total(arg, "logsumexp")))), node.span), shape

    def relabelled(self, node: Call) -> tuple[Expr, OpenShape]:
        """Equal parts of a vector, windows of a matrix: the numbers among the arguments are whole ones."""
        arg, shape = self.typed(node.args[0])
        numbers = [a.value.numerator if isinstance(a, Number) and a.value.denominator == 1 else 0 for a in node.args[1:]]
        if node.fn == "windows":
            (width,) = numbers
            if len(shape) != 2 or ROW in shape or width % 2 == 0 or not 0 < width <= 99:
                raise CellError(
                    f"{unicode(node)} is not understood", hint="windows(X, 3): a matrix and an odd number of columns", span=node.span
                )
            return Windows(arg, width, node.span), (shape[0] * width, shape[1])
        count, number = numbers
        if len(shape) != 1 or not 1 <= number <= count <= 99:
            hint = "chunk(v, 4, 1): a vector, the number of equal parts, and which of them, counted from 1"
            raise CellError(f"{unicode(node)} is not understood", hint=hint, span=node.span)
        size = self.sizes.fresh()
        self.same((size * count,), shape, node.span, unicode(node))
        return Part(arg, tuple(cast(Size, size) for _ in range(count)), number - 1, node.span), (size,)

    def refuse_row(self, node: Expr, shape: OpenShape) -> None:
        """A transposed vector is a factor of a product, nothing else; the same holds for a diagonal matrix."""
        if len(shape) == 2 and shape[0] == ROW:
            hint = "a row stands before a vector or matrix, or behind a vector: wᵀ v, v wᵀ"
            raise CellError(f"{unicode(node)} is a row vector", hint=hint, span=node.span)
        if isinstance(node, Diagonal):
            raise CellError(f"{unicode(node)} stands alone", hint="a diagonal matrix multiplies one: diag(a) S, S diag(a)", span=node.span)

    def sum(self, node: Sum) -> tuple[Expr, OpenShape]:
        shape: OpenShape = ()
        terms = []
        for term in node.terms:
            typed, one = self.typed(term)
            self.refuse_row(typed, one)
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
        if not shape:
            raise CellError(f"{unicode(node)}: the transpose of a scalar", hint="vectors and matrices are transposed", span=node.span)
        return Transpose(arg, node.span), shape[::-1] if len(shape) == 2 else (ROW, shape[0])

    def times(self, node: Times) -> tuple[Expr, OpenShape]:
        left, a = self.typed(node.left)
        right, b = self.typed(node.right)
        if node.op in ("⊙", "*") or not a or not b:
            return self.entrywise(node, left, a, right, b)
        if len(b) == 2 and b[0] == ROW:
            return self.outer(node, left, a, right, b)
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

    def outer(self, node: Times, left: Expr, a: OpenShape, right: Expr, b: OpenShape) -> tuple[Expr, OpenShape]:
        """``v wᵀ``, a matrix."""
        if len(a) != 1:
            hint = "an outer product is of two vectors: v wᵀ"
            raise CellError(f"{unicode(node)}: a {KIND[len(a)]} before a row vector", hint=hint, span=node.span)
        return MatMul(left, right, node.span), (a[0], b[1])

    def entrywise(self, node: Times, left: Expr, a: OpenShape, right: Expr, b: OpenShape) -> tuple[Expr, OpenShape]:
        for side, shape in ((left, a), (right, b)):
            self.refuse_row(side, shape)
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
        if isinstance(left, Diagonal) and isinstance(right, Diagonal):
            return Diagonal(Product((left.arg, right.arg)), node.span), (a[0], b[1])
        shape = tuple(size for size in (a[0], *b[1:]) if size != ROW)
        if len(b) == 1:
            return _applied(left, right, node.span), shape
        return MatMul(left, right, node.span), (a[0], b[1])

    def closed(self, node: Expr) -> Expr:
        """The expression with the sizes of its own parts named."""
        match node:
            case Identity() | Ones() | Dimension():
                return replace(node, size=self.named(node.size))
            case Part():
                return replace(node, arg=self.closed(node.arg), split=tuple(self.named(size) for size in node.split))
            case _:
                return rebuild(node, self.closed)

    def named(self, size: OpenSize) -> Size:
        """A size with names for everything; what only this expression has is named for itself."""
        resolved = self.sizes.resolve(size)
        if any(isinstance(atom, int) for atom in resolved):
            raise CellError("the size of a vector of ones or of an identity matrix is left open", hint="add it to something of known size")
        return tuple(str(atom) for atom in resolved)

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


def _applied(left: Expr, right: Expr, span: Span | None) -> Expr:
    """(A B) v as A (B v): no product of matrices is formed; diag(a) v is entrywise."""
    match left:
        case Diagonal():
            return Product((left.arg, right), span)
        case MatMul() if not _outer(left):
            return _applied(left.left, _applied(left.right, right, span), span)
        case _:
            return MatMul(left, right, span)


def _outer(node: MatMul) -> bool:
    """Whether a product is one of a column and a row."""
    return isinstance(node.right, Transpose) and not isinstance(node.left, Transpose | MatMul | Diagonal)
