"""The bodies of forward, backward and jvp: what comes in, the operations level by level, what goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from derivations.notation.tree import Ref
from numeric.codegen.expressions import size_sum
from numeric.codegen.levels import AFTER, BEFORE, BLOCK, ONCE, STEP, arrives
from numeric.codegen.lines import Line
from numeric.codegen.names import Names
from numeric.codegen.numpy_target import Printer
from numeric.codegen.places import Places, axes_text, shape_text
from numeric.codegen.schedule import Pass, Schedule


def quoted(text: str) -> str:
    """A Python string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tuple_text(items: Iterable[str]) -> str:
    """A Python tuple of strings."""
    return axes_text([quoted(item) for item in items])


def factor_text(size: str) -> str:
    """A size as a factor of a product."""
    return f"({size})" if "+" in size else size


class _Body:
    """The lines of one pass over time."""

    def __init__(self, plan: Schedule, one: Pass, names: Names) -> None:
        self.plan, self.one, self.names, self.cell = plan, one, names, plan.derivation.cell
        self.places = Places(plan, one, names)
        self.printer = Printer(self.places)
        self.printed = {level: self.printer.lines(level) for level in (ONCE, BEFORE, BLOCK, STEP, AFTER)}

    def text(self, starting: list[str], ending: list[str]) -> str:
        given = [self.places.pack(ref) for ref in self.places.viewed if ref not in self.one.task.definition]
        lines = [*map(Line, starting), *self.views(given), *self.straight(ONCE), *self.straight(BEFORE)]
        lines += [Line(f"{name} = {value}") for name, value in self.printer.transposed.items()]
        lines += self.arrays()
        text = [line.indented(4) for line in lines]
        text += self.loop() if self.printed[STEP] else []
        text += [line.indented(4) for line in [*self.straight(AFTER), *map(Line, ending)]]
        return "\n".join(text)

    def loop(self) -> list[str]:
        """The loop over time; where something is computed ahead, a loop over blocks of steps around it."""
        order = "{}" if any(ref.time == -1 for ref in self.one.task.carried) else "reversed({})"
        ahead = self.straight(BLOCK)
        if not ahead:
            return [f"    for t in {order.format('range(time)')}:", *(line.indented(8) for line in self.step())]
        packs = dict.fromkeys(self.places.pack(op.targets[0]) for op, _ in self.printed[BLOCK])
        return [
            f"    for first, last in {order.format(f'blocks(time, batch * ({self.numbers(packs)}))')}:",
            *(line.indented(8) for line in ahead),
            f"        for t in {order.format('range(first, last)')}:",
            *(line.indented(12) for line in self.step()),
        ]

    def numbers(self, packs: Iterable[tuple[Ref, ...]]) -> str:
        """How many numbers the arrays of packs hold for each step and batch entry."""
        refs = [ref for pack in packs for ref in pack]
        vectors = [self.places.shape(ref)[0] for ref in refs if len(self.places.shape(ref)) == 1]
        matrices = Counter(" * ".join(map(factor_text, self.places.axes((ref,)))) for ref in refs if len(self.places.shape(ref)) == 2)
        products = [axes if n == 1 else f"{n} * {axes}" for axes, n in matrices.items()]
        return " + ".join([*([size_sum(vectors)] if vectors else []), *products]) or "1"

    def straight(self, level: int) -> list[Line]:
        """The lines outside of the loop; names for the members of a pack follow where it is made."""
        return [line for op, own in self.printed[level] for line in (own, *self.views([self.places.pack(op.targets[0])]))]

    def step(self) -> list[Line]:
        """The lines of the loop; at its end what goes to the step before takes the place of what came."""
        carried = {ref: to for ref, to in self.one.task.carried.items() if arrives(ref)}
        left, right = (", ".join(map(self.places.array, refs)) for refs in (carried, carried.values()))
        return [line for _, line in self.printed[STEP]] + ([Line(f"{left} = {right}")] if carried else [])

    def arrays(self) -> list[Line]:
        """Arrays for what a step computes and something else reads."""
        own = [op for op, _ in self.printed[STEP] if self.places.over_time(op.targets[0]) and op.targets[0].name not in self.places.states]
        packs = list(dict.fromkeys(self.places.pack(op.targets[0]) for op in own))
        made = [Line(f"{self.places.array(pack[0])} = {self.new_array(pack)}") for pack in packs]
        return made + self.views(packs)

    def new_array(self, pack: tuple[Ref, ...]) -> str:
        shape = axes_text(["time", "batch", *self.places.axes(pack)])
        return f"np.empty({shape}, p.dtype)" if self.is_read_later(pack) else f"per_step(save, {shape}, p.dtype)"

    def is_read_later(self, pack: tuple[Ref, ...]) -> bool:
        later = {ref for op in self.one.at(AFTER) for ref in op.operands}
        return any(ref in self.one.task.results or ref in later for ref in pack)

    def views(self, packs: Iterable[tuple[Ref, ...]]) -> list[Line]:
        """Names for the members of packs that are used alone."""
        lines = []
        for pack in dict.fromkeys(packs):
            used = [ref for ref in pack if ref in self.places.viewed]
            if used == list(pack) and len({self.places.shape(ref) for ref in pack}) == 1:
                names = ", ".join(map(self.places.variable, pack))
                axis = -len(self.places.shape(pack[0]))
                lines.append(Line(f"{names} = np.split({self.places.array(pack[0])}, {len(pack)}, axis={axis})"))
            else:
                array = self.places.array(pack[0])
                lines += [Line(f"{self.places.variable(ref)} = {array}[:, :, {self.places.cut((ref,))}]") for ref in used]
        return lines

    def kept(self) -> list[str]:
        """The arrays of a run that this pass reads, as the forward pass calls them."""
        places = Places(self.plan, self.plan.forward, self.names)
        return list(dict.fromkeys(places.array(ref) for ref in self.plan.kept if ref in self.one.given))

    def unpacked(self) -> list[str]:
        names = self.kept()
        return [f"{', '.join(names)}{',' if len(names) == 1 else ''} = (run.kept[name] for name in {tuple_text(names)})"] if names else []

    def results(self, mark: str) -> str:
        """The outputs, or their tangents, as keyword arguments."""
        of = [Ref(name.marked(mark) if mark else name, 0) for name in self.cell.outputs]
        return ", ".join(f"{self.names.variable(ref.name.unmarked)}={self.places.text((ref,), AFTER)}" for ref in of)


def forward_body(plan: Schedule, names: Names) -> str:
    """The body of ``forward``, after the inputs are checked."""
    body, cell = _Body(plan, plan.forward, names), plan.derivation.cell
    starting = []
    for name in cell.states:
        v = names.variable(name)
        starting.append(f'{v} = history("{v}", {v}, time, {shape_text(cell.shapes[name], "batch")}, p.dtype)')
    kept = list(dict.fromkeys(body.places.array(ref) for ref in plan.kept))
    result = body.results("")
    pairs = ", ".join(f"{quoted(name)}: {name}" for name in kept)
    ending = [
        f"kept = {{{pairs}}} if save else None",
        f"return Run({result}, kept=kept, made_with=signature(p), time=time, batch=batch)",
    ]
    return body.text(starting, ending)


def backward_body(plan: Schedule, names: Names) -> str:
    """The body of ``backward``, after the run is checked."""
    body, cell = _Body(plan, plan.backward, names), plan.derivation.cell
    starting = body.unpacked()
    for name in cell.outputs:
        d = names.argument(name)
        starting.append(f'{d} = upstream("{d}", {d}, {shape_text(cell.shapes[name], "time, batch")}, p.dtype)')
    for ref in plan.backward.task.carried:
        starting.append(f"{body.places.array(ref)} = np.zeros({shape_text(cell.shapes[ref.name.unmarked], 'batch')}, p.dtype)")
    starting.append("grads = Gradients(**p.sizes(), dtype=p.dtype)")
    found = [f"{names.variable(name)}={body.places.text((Ref(name.marked('bar'), 0),), AFTER)}" for name in cell.inputs]
    found += [f"{names.initial(name)}={body.places.array(Ref(name.marked('from'), 0))}" for name in cell.states]
    return body.text(starting, [f"grads.__dict__.update({', '.join(found)})", "return grads"])


def tangent_body(plan: Schedule, names: Names) -> str:
    """The body of ``jvp``, after the run is checked."""
    body, cell = _Body(plan, plan.tangent, names), plan.derivation.cell
    starting = [*body.unpacked(), 'dp = p.zeros_like() if dp is None else like("dp", dp, p)']
    for name in cell.inputs:
        d = names.argument(name)
        starting.append(f'{d} = upstream("{d}", {d}, {shape_text(cell.shapes[name], "time, batch")}, p.dtype)')
    for name in cell.states:
        dot, d = body.places.array(Ref(name.marked("dot"), 0)), f"d{names.initial(name)}"
        starting.append(f'{dot} = history("{d}", {d}, time, {shape_text(cell.shapes[name], "batch")}, p.dtype)')
    return body.text(starting, [f"return Tangents({body.results('dot')})"])
