"""A whole module from a schedule: the bodies of its functions, its docstring and the data of its template."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import jinja2

from derivations.notation import unicode
from derivations.notation.tree import Name, Ref
from derivations.sizes import Size
from numeric.codegen.activations import TEXTS
from numeric.codegen.levels import AFTER, BEFORE, ONCE, STEP
from numeric.codegen.names import Names
from numeric.codegen.numpy_target import Line, Printer
from numeric.codegen.places import Places, axes_text, size_sum
from numeric.codegen.schedule import Pass, Schedule

VERSION = "0.1.0"


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    folder = Path(__file__).parent / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False
    )
    return environment.get_template("numpy.py.jinja")


def module_text(plan: Schedule) -> str:
    """The text of the NumPy module."""
    module = _Module(plan)
    text = _template().render(module.context())
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def quoted(text: str) -> str:
    """A Python string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tuple_text(items: Iterable[str]) -> str:
    """A Python tuple of strings."""
    parts = [quoted(item) for item in items]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


class _Module:
    def __init__(self, plan: Schedule) -> None:
        self.plan, self.cell = plan, plan.derivation.cell
        self.names = Names(self.cell.sizes)
        self.public = {n: self.names.variable(n) for n in (*self.cell.parameters, *self.cell.inputs, *self.cell.outputs)}
        for name in self.cell.states:
            self.names.of((name, "initial"), self.public[name] + "0")

    # ------------------------------------------------------------ bodies

    def body(self, one: Pass, stored_by: str, ending: list[str], starting: list[str]) -> str:
        """The lines of one pass over time."""
        places = Places(self.plan, one, self.names)
        printer = Printer(places)
        parts = {level: self.level_lines(printer, level) for level in (ONCE, BEFORE, STEP, AFTER)}
        given = self.views(places, [places.pack(ref) for ref in places.viewed if ref not in one.task.definition])
        arrays = list(dict.fromkeys(places.pack(op.targets[0]) for op in one.at(STEP) if self.needs_array(places, op.targets[0])))
        early = [places.pack(op.targets[0]) for op in one.at(BEFORE)]
        out = [Line(line) for line in starting] + given + parts[ONCE] + parts[BEFORE] + self.views(places, early)
        for pack in arrays:
            save = "save" if stored_by and not self.is_result(one, pack) else "True"
            out.append(Line(f"{places.array(pack[0])} = per_step({save}, time, {places.sizes(pack[0])}, p.dtype)"))
        out += self.views(places, arrays)
        text = [line.indented(4) for line in out]
        if parts[STEP]:
            order = "range(time)" if any(ref.time == -1 for ref in one.task.carried) else "reversed(range(time))"
            text += [f"    for t in {order}:", *(line.indented(8) for line in parts[STEP])]
            swap = [ref for ref in one.task.carried if "from" in ref.name.marks]
            if swap:
                left = ", ".join(places.array(ref) for ref in swap)
                text.append(f"        {left} = {', '.join(places.array(one.task.carried[ref]) for ref in swap)}")
        text += [line.indented(4) for line in parts[AFTER]]
        return "\n".join([*text, *("    " + line for line in ending)]) + "\n"

    def level_lines(self, printer: Printer, level: int) -> list[Line]:
        places, lines = printer.places, []
        for op in places.one.at(level):
            if op.targets in printer.inlined:
                continue
            lines.append(printer.line(op))
        return lines

    def needs_array(self, places: Places, ref: Ref) -> bool:
        return places.has_history(ref) and ref.name not in places.states

    def is_result(self, one: Pass, pack: tuple[Ref, ...]) -> bool:
        later = {ref for op in one.at(AFTER) for ref in op.operands}
        return any(ref in one.task.results or ref in later for ref in pack)

    def views(self, places: Places, packs: Iterable[tuple[Ref, ...]]) -> list[Line]:
        """Names for the single values of a pack."""
        lines = []
        for pack in dict.fromkeys(packs):
            used = [ref for ref in pack if ref in places.viewed]
            if not used or len(pack) == 1:
                continue
            array = places.array(pack[0])
            if used == list(pack) and len({places.shape(ref) for ref in pack}) == 1:
                lines.append(Line(f"{', '.join(self.names.variable(r.name) for r in pack)} = np.split({array}, {len(pack)}, axis=-1)"))
            else:
                lines += [Line(f"{self.names.variable(ref.name)} = {array}[..., {places.cut((ref,))}]") for ref in used]
        return lines

    # ------------------------------------------------------------ what the bodies begin and end with

    def shape_text(self, name: Name, lead: str) -> str:
        return axes_text([*lead.split(", "), *(size_sum([size]) for size in self.cell.shapes[name])])

    def input_checks(self) -> list[str]:
        lines = []
        for k, name in enumerate(self.cell.inputs):
            v = self.public[name]
            lead = "None, None" if k == 0 else "time, batch"
            lines.append(f'{v} = array("{v}", {v}, {self.shape_text(name, lead)}, p.dtype)')
            if k == 0:
                lines.append(f"time, batch = {v}.shape[:2]")
        return lines

    def histories(self) -> list[str]:
        return [f'{v} = history("{v}", {v}, time, {self.shape_text(n, "batch")}, p.dtype)' for n, v in ((n, self.public[n]) for n in self.cell.states)]

    def kept(self) -> dict[str, str]:
        """The arrays that a run keeps: name of the array in the forward function → in the others, the same."""
        places = Places(self.plan, self.plan.forward, self.names)
        found: dict[str, str] = {}
        for ref in self.plan.kept:
            found[places.array(ref)] = places.array(ref)
        return found

    def output_text(self, name: Name, places: Places) -> str:
        return places.text((Ref(name, 0),), AFTER) if name in self.cell.states else places.text((Ref(name, 0),), AFTER)

    def forward_body(self) -> str:
        places = Places(self.plan, self.plan.forward, self.names)
        outputs = ", ".join(f"{self.public[n]}={places.text((Ref(n, 0),), AFTER)}" for n in self.cell.outputs)
        kept = ", ".join(f"{quoted(k)}: {k}" for k in self.kept())
        ending = [f"kept = {{{kept}}} if save else None", f"return Run({outputs}, kept=kept, made_with=(p.sizes(), p.dtype), shape=(time, batch))"]
        return self.body(self.plan.forward, "save", ending, self.histories())

    def unpack_kept(self, one: Pass) -> list[str]:
        places = Places(self.plan, self.plan.forward, self.names)
        used = list(dict.fromkeys(places.array(ref) for ref in one.given if ref in self.plan.kept))
        return [f"{', '.join(used)}{',' if len(used) == 1 else ''} = (kept[name] for name in {tuple_text(used)})"] if used else []

    def backward_body(self) -> str:
        one = self.plan.backward
        places = Places(self.plan, one, self.names)
        starting = self.unpack_kept(one)
        for name in self.cell.outputs:
            d = self.names.of(("d", name), "d" + name.id)
            starting.append(f'{d} = upstream("{d}", {d}, {self.shape_text(name, "time, batch")}, p.dtype)')
        for ref in one.task.carried:
            starting.append(f"{places.array(ref)} = np.zeros({self.shape_text(ref.name.unmarked, 'batch')}, p.dtype)")
        starting.append("grads = Gradients(**p.sizes(), dtype=p.dtype)")
        extra = [f"{self.public[n]}={places.array(Ref(n.marked('bar'), 0))}" for n in self.cell.inputs]
        extra += [f"{self.names.of((n, 'initial'), '')}={places.array(Ref(n.marked('from'), 0))}" for n in self.cell.states]
        return self.body(one, "", [f"grads.__dict__.update({', '.join(extra)})", "return grads"], starting)

    def tangent_body(self) -> str:
        one = self.plan.tangent
        places = Places(self.plan, one, self.names)
        starting = self.unpack_kept(one)
        starting.append('dp = p.zeros_like() if dp is None else instance("dp", dp, Params)')
        for name in self.cell.inputs:
            d = self.names.of(("d", name), "d" + name.id)
            starting.append(f'{d} = upstream("{d}", {d}, {self.shape_text(name, "time, batch")}, p.dtype)')
        for name in self.cell.states:
            array, d = places.array(Ref(name.marked("dot"), 0)), f"d{self.names.of((name, 'initial'), '')}"
            starting.append(f'{array} = history("{d}", {d}, time, {self.shape_text(name, "batch")}, p.dtype)')
        outputs = ", ".join(f"{self.public[n]}={places.text((Ref(n.marked('dot'), 0),), AFTER)}" for n in self.cell.outputs)
        return self.body(one, "", [f"return Tangents({outputs})"], starting)

    # ------------------------------------------------------------ the rest

    def context(self) -> dict[str, object]:
        cell = self.cell
        bodies = {"forward": self.forward_body(), "backward": self.backward_body(), "tangent": self.tangent_body()}
        text = "".join(bodies.values())
        used = [fn for fn in TEXTS if f"{fn}(" in text]
        sizes = f"{', '.join(cell.sizes)} = {', '.join('p.' + s for s in cell.sizes)}"
        return {
            "title": cell.title,
            "name": cell.name,
            "version": VERSION,
            "source": cell.source,
            "digest": cell.digest,
            "doc": self.doc(),
            "states": [self.public[n] for n in cell.states],
            "outputs": [self.public[n] for n in cell.outputs],
            "inputs": [self.public[n] for n in cell.inputs],
            "sizes": cell.sizes,
            "parameters": [{"name": self.public[n], "shape": [_axis(size) for size in cell.shapes[n]]} for n in cell.parameters],
            "packs": [{"name": self.names.pack([r.name for r in pack]), "members": [self.public[r.name] for r in pack]} for pack in self.plan.parameters],
            "functions": "",
            "activations": ["\n" + TEXTS[fn] for fn in used],
            "gradient_doc": ", ".join([*(self.public[n] for n in cell.inputs), *(self.public[n] + "0" for n in cell.states)]),
            "run_doc": self.shapes_of(cell.outputs, "time, batch"),
            "tangents_doc": self.shapes_of(cell.outputs, "time, batch"),
            "scale": "hidden" if "hidden" in cell.sizes else cell.sizes[-1],
            "shapes_doc": {
                "inputs": self.shapes_of(cell.inputs, "time, batch"),
                "initial": self.shapes_of(cell.states, "batch"),
                "upstream": self.shapes_of(cell.outputs, "time, batch", "d"),
                "tangents": self.shapes_of(cell.inputs, "time, batch", "d") + ", " + self.shapes_of(cell.states, "batch", "d", "0"),
                "step": self.shapes_of((*cell.inputs, *cell.states), "batch"),
            },
            "sizes_of_p": [sizes],
            "checks": {
                "forward": self.input_checks(),
                "common": ['instance("p", p, Params)', sizes, "kept, (time, batch) = finished(run, p), run.shape"],
                "backward": [],
                "tangent": [],
            },
            "body": bodies,
            "quoted": quoted,
            "tuple_text": tuple_text,
        }

    def shapes_of(self, names: Iterable[Name], lead: str, before: str = "", after: str = "") -> str:
        return ", ".join(f"{before}{self.public[n]}{after}[{self.shape_text(n, lead).strip('(),')}]" for n in names)

    def doc(self) -> list[str]:
        d = self.plan.derivation
        out = ["Equations of one step (columns; the code has one row for each batch entry):", ""]
        out += [f"    ({line.number}) {unicode(line.target)} = {unicode(line.expr)}" for line in d.forward_lines]
        out += ["", "Adjoints, t = T … 1, and gradients, which sum over time and batch:", ""]
        out += [f"    ({step.number}) {step.unicode()}" for step in d.steps]
        return out


def _axis(size: Size) -> str:
    return " + ".join(size)
