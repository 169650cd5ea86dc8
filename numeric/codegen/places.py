"""Where values live in generated code: the text of a value, or of neighbours in one array, at a level of the schedule."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.equations import Contraction, Layout, Pointwise, Reduction
from derivations.notation.tree import Apply, Constant, Identity, Neg, Number, Ones, Ref, Sum
from derivations.sizes import Shape, Size
from numeric.codegen.expressions import size_sum
from numeric.codegen.levels import BLOCK, STEP, arrives, levels
from numeric.codegen.names import Names, joined
from numeric.codegen.schedule import Pass, Schedule

LEAVES = {Ones: "ones", Identity: "identity", Number: "number"}  # names of what is given
OWNER = {(): "p", ("dot",): "dp", ("bar",): "grads"}  # whose attribute a parameter is, by the marks of its name


class Places:
    """The text of values in one function.

    A value is a parameter (an attribute of p, dp or grads), an array over time, or a value of one step. A state has one
    entry more than there are steps: ``h[t]`` is h_{t-1} and ``h[t + 1]`` is h_t, so ``h[:-1]`` and ``h[1:]`` over time.
    """

    def __init__(self, plan: Schedule, one: Pass, names: Names) -> None:
        self.one, self.names = one, names
        self.cell = plan.derivation.cell
        self.definition = {**plan.forward.task.definition, **one.task.definition}  # a later pass reads what forward kept
        self.level = levels(one.task)
        self.packs = {ref: pack for pack in one.packs for ref in pack}
        self.parameters = set(self.cell.parameters)
        self.states = {name for state in self.cell.states for name in (state, state.marked("dot"))}
        self.stored = {ref for member in one.stored for ref in self.pack(member)}
        self.viewed: dict[Ref, None] = {}  # members of packs that are used under their own name

    def pack(self, ref: Ref) -> tuple[Ref, ...]:
        """All values in the array of ``ref``."""
        return self.packs.get(ref, (ref,))

    def shape(self, ref: Ref) -> Shape:
        """The sizes of a value, without time and batch."""
        return self.one.task.shapes[ref.name]

    def timed(self, ref: Ref) -> bool:
        """Whether a value has a batch axis."""
        return ref.time is not None

    def is_parameter(self, ref: Ref) -> bool:
        """Whether a value is a parameter, its gradient or its tangent."""
        return ref.time is None and ref.name.unmarked in self.parameters and ref.name.marks in OWNER

    def over_time(self, ref: Ref) -> bool:
        """Whether a value has a time axis."""
        if not self.timed(ref) or arrives(ref):
            return False
        return ref in self.stored or ref.name in self.states or self.level.get(ref) != STEP

    def array(self, ref: Ref) -> str:
        """The array in which a value lies."""
        name, pack = ref.name, self.pack(ref)
        if self.is_parameter(ref):
            return f"{OWNER[name.marks]}.{self.names.pack([r.name.unmarked for r in pack])}"
        if arrives(ref) and ref.time == -1:
            return self.names.of((ref,), f"{name.id}_prev")
        if name.marks == ("direct",) or (name.marks == ("dot",) and name.unmarked in self.cell.inputs):
            return self.names.argument(name.unmarked)
        unnamed = any(r.name.base == "inline" for r in pack)
        return self.names.of(pack, self.own_name(pack)) if unnamed else self.names.pack([r.name for r in pack])

    def variable(self, ref: Ref) -> str:
        """The name of a value that has one of its own."""
        return self.names.of((ref,), self.own_name((ref,))) if ref.name.base == "inline" else self.names.variable(ref.name)

    def own_name(self, pack: Sequence[Ref]) -> str:
        """A name for values that their author did not name: ``U_zr_h`` for U_z h and U_r h, ``bar_a_part`` for a part of ā."""
        products = [eq for ref in pack if isinstance(eq := self.definition.get(ref), Contraction)]
        if len(products) == len(pack) and any(ref.name.base == "inline" for ref in pack):
            left = [eq.left for eq in products]
            unnamed = any(ref.name.base == "inline" for ref in left)
            first = self.own_name(left) if unnamed else joined([ref.name for ref in left])
            return f"{first}_{self.own_name((products[0].right,))}"
        if all(ref.name.base != "inline" for ref in pack):
            return joined([ref.name for ref in pack])
        if len(pack) > 1:
            return "_".join(self.own_name((ref,)) for ref in pack)
        return self.described(pack[0]) or self.part_name(pack[0])

    def described(self, ref: Ref) -> str:
        """A name that says how a value is made, for those that nobody named."""
        match self.definition.get(ref):
            case Pointwise(expr=Apply(fn=fn, arg=Ref() as arg)):
                return f"{fn}_{self.own_name((arg,))}"
            case Pointwise(expr=Sum(terms=(Ref() as first, Neg(arg=Ref() as second)))):
                return f"{self.own_name((first,))}_minus_{self.own_name((second,))}"
            case Pointwise(expr=Ones() | Identity() | Constant() | Number() as expr):
                return expr.name.id if isinstance(expr, Constant) else LEAVES[type(expr)]
            case Reduction(operand=operand, op=op):
                return f"{op}_{self.own_name((operand,))}"
            case Layout(op="transpose" | "windows" | "fold" as op, operands=(operand,)):
                return f"{op}_{self.own_name((operand,))}"
            case _:
                return ""

    def part_name(self, ref: Ref) -> str:
        """A name for a part of something larger."""
        user: Ref | None = ref
        while user and user.name.base == "inline":
            ref, user = user, next((eq.target for eq in self.definition.values() if user in eq.operands), None)
        return f"{user.name.id}_part" if user else ref.name.id

    def text(self, refs: Sequence[Ref], at: int) -> str:
        """Neighbours in one array as seen at a level: in a step, in a block of steps ``first:last``, or over all time."""
        first, array, cut = refs[0], self.array(refs[0]), self.cut(refs)
        if not self.over_time(first):
            lead = ":, " if self.timed(first) else ""
            return f"{array}[{lead}{cut}]" if cut else array
        if cut and len(refs) == 1:
            self.viewed[first] = None
            array, cut = self.variable(first), ""
        when = self.when(first, at)
        if cut:
            return f"{array}[{when or ':'}, :, {cut}]"
        return f"{array}[{when}]" if when else array

    def when(self, ref: Ref, at: int) -> str:
        """The index on the time axis; nothing for all of it."""
        own = self.level.get(ref) == BLOCK
        if ref.name in self.states:
            now = " + 1" if ref.time == 0 else ""
            return {STEP: f"t{now}", BLOCK: f"first{now}:last{now}"}.get(at, "1:" if now else ":-1")
        if at == STEP:
            return "t - first" if own else "t"
        return "first:last" if at == BLOCK and not own else ""

    def cut(self, refs: Sequence[Ref]) -> str:
        """The slice of neighbours within their pack; nothing for the whole pack."""
        pack = self.pack(refs[0])
        start = pack.index(refs[0])
        return "" if len(refs) == len(pack) else slice_text([self.shape(ref)[0] for ref in pack], start, start + len(refs))

    def axes(self, refs: Sequence[Ref]) -> list[str]:
        """The axes after time and batch of an array that holds values below each other."""
        rest = [size_sum([size]) for size in self.shape(refs[0])[1:]]
        return [size_sum([self.shape(ref)[0] for ref in refs]), *rest] if self.shape(refs[0]) else []


def slice_text(sizes: Sequence[Size], start: int, stop: int) -> str:
    """Blocks ``start`` to ``stop`` of arrays of the given sizes below each other: ``hidden:2 * hidden``."""
    return f"{size_sum(sizes[:start]) if start else ''}:{size_sum(sizes[:stop]) if stop < len(sizes) else ''}"


def axes_text(axes: Sequence[str]) -> str:
    """Axes as a Python tuple."""
    return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"


def shape_text(cell_shapes: Shape, lead: str) -> str:
    """The shape of a value with its leading axes: ``(time, batch, hidden)``."""
    return axes_text([*lead.split(", "), *(size_sum([size]) for size in cell_shapes)])
