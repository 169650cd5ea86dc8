"""Where values live in generated code: the text of a value, or of neighbours in one array, at a level of the schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from derivations.notation.tree import Name, Ref
from derivations.sizes import Size
from numeric.codegen.levels import AFTER, BEFORE, ONCE, STEP, levels
from numeric.codegen.names import Names
from numeric.codegen.schedule import Op, Pass, Schedule

OWNER = {(): "p", ("dot",): "dp", ("bar",): "grads"}  # whose attribute a parameter is, by the marks of its name


@dataclass
class Places:
    """The text of values in one function."""

    plan: Schedule
    one: Pass
    names: Names
    viewed: dict[Ref, None] = field(default_factory=dict)  # single values of stored packs, used under their own name

    def __post_init__(self) -> None:
        self.level = levels(self.one.task)
        self.packs = {ref: pack for pack in self.one.packs for ref in pack}
        self.leaves = set(self.plan.derivation.cell.parameters)
        self.states = {name for state in self.plan.derivation.cell.states for name in (state, state.marked("dot"))}
        self.stored = {ref for member in self.one.stored for ref in self.pack(member)}

    def pack(self, ref: Ref) -> tuple[Ref, ...]:
        """All values in the array of ``ref``."""
        return self.packs.get(ref, (ref,))

    def shape(self, ref: Ref) -> tuple[Size, ...]:
        """The sizes of a value without time and batch."""
        return self.one.task.shapes[ref.name]

    def timed(self, ref: Ref) -> bool:
        """Whether a value has a batch axis."""
        return self.level.get(ref, BEFORE) != ONCE and not (ref.time is None)

    def is_parameter(self, ref: Ref) -> bool:
        """Whether a value is a parameter, its gradient or its tangent."""
        return ref.time is None and ref.name.unmarked in self.leaves and ref.name.marks in OWNER

    def has_history(self, ref: Ref) -> bool:
        """Whether a value is stored for every step."""
        if "from" in ref.name.marks or not self.timed(ref) or self.is_parameter(ref):
            return False
        return ref in self.stored or ref.name in self.states or self.level.get(ref) != STEP

    def array(self, ref: Ref) -> str:
        """The array in which a value lies."""
        pack = self.pack(ref)
        if self.is_parameter(ref):
            mark = ref.name.marks
            return f"{OWNER[mark]}.{self.names.pack([r.name.unmarked for r in pack])}"
        if "from" in ref.name.marks and ref.time == -1:
            return self.names.of((ref,), ref.name.id + "_prev")
        if "direct" in ref.name.marks:
            return self.names.of(("d", ref.name.unmarked), "d" + ref.name.unmarked.id)
        if ref.name.marks == ("dot",) and ref.name.unmarked in self.plan.derivation.cell.inputs:
            return self.names.of(("d", ref.name.unmarked), "d" + ref.name.unmarked.id)
        return self.names.pack([r.name for r in pack])

    def text(self, refs: Sequence[Ref], at: int) -> str:
        """Neighbours in one array as seen at a level: in a step of the loop, or over all time."""
        first, pack = refs[0], self.pack(refs[0])
        array, step = self.array(first), at == STEP and self.has_history(first)
        whole = tuple(refs) == pack
        if first.name in self.states and self.has_history(first):
            index = ("t + 1" if first.time == 0 else "t") if step else ("1:" if first.time == 0 else ":-1")
            return f"{array}[{index}]"
        if len(refs) == 1 and not whole and self.has_history(first):
            self.viewed[first] = None
            array, whole = self.names.variable(first.name), True
        cut = "" if whole else self.cut(refs)
        if not self.timed(first):
            return array + (f"[{cut}]" if cut else "")
        return array + ("[t]" if step else "") + (f"[..., {cut}]" if cut else "")

    def cut(self, refs: Sequence[Ref]) -> str:
        """The slice of neighbours within their pack."""
        pack = self.pack(refs[0])
        start = pack.index(refs[0])
        low = size_sum([self.shape(r)[0] for r in pack[:start]])
        high = size_sum([self.shape(r)[0] for r in pack[: start + len(refs)]])
        return f"{low if start else ''}:{high if start + len(refs) < len(pack) else ''}"

    def sizes(self, ref: Ref) -> str:
        """The axes of the array of ``ref`` after time: ``(batch, 4 * hidden)``."""
        pack = self.pack(ref)
        shape = self.shape(ref)
        first = [size_sum([self.shape(r)[0] for r in pack])] if shape else []
        return axes_text(["batch"] * self.timed(ref) + first + [size_sum([size]) for size in shape[1:]])

    def columns(self, split: Sequence[Size], k: int) -> str:
        """Block ``k`` of a concatenation as a slice."""
        return f"{size_sum(split[:k]) if k else ''}:{size_sum(split[: k + 1]) if k + 1 < len(split) else ''}"


def axes_text(axes: Sequence[str]) -> str:
    """Axes as a Python tuple."""
    return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"


def size_sum(sizes: Sequence[Size]) -> str:
    """The sum of sizes as text: ``3 * hidden + inputs``."""
    atoms = [atom for size in sizes for atom in size]
    counts = {atom: atoms.count(atom) for atom in atoms}
    return " + ".join(atom if n == 1 else f"{n} * {atom}" for atom, n in counts.items()) or "0"


__all__ = ["AFTER", "Name", "Op", "Places", "size_sum"]
