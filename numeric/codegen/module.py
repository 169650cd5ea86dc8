"""A whole module from a schedule: what its template needs, the docstring among it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import jinja2

from derivations.catalogue import in_catalogue
from derivations.functions import FUNCTIONS
from derivations.notation import unicode
from derivations.notation.tree import Apply, Choice, Expr, Name, children
from numeric.codegen.activations import TEXTS
from numeric.codegen.bodies import backward_body, forward_body, quoted, tangent_body, tuple_text
from numeric.codegen.expressions import number_text
from numeric.codegen.lines import WIDTH
from numeric.codegen.names import Names
from numeric.codegen.places import shape_text
from numeric.codegen.schedule import Schedule
from numeric.codegen.task import SLOPES
from numeric.interchange.layout import layouts

BODIES = {"forward": forward_body, "backward": backward_body, "jvp": tangent_body}
VERSION = "0.1.0"  # of the generator: that of the distribution, as a test demands


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    environment.filters.update(quoted=quoted, tuple=tuple_text, doc=_doc)
    return environment.get_template("numpy.py.jinja")


def _doc(text: str, indent: int = 0) -> str:
    """Text for a docstring: wrapped, and without what would end the string."""
    safe = text.replace("\\", "/").replace('"', "'")
    return textwrap.fill(" ".join(safe.split()), WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent).lstrip()


def module_text(plan: Schedule) -> str:
    """The text of the NumPy module."""
    text = _template().render(_Context(plan).data())
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


class _Context:
    """What the template of a module needs."""

    def __init__(self, plan: Schedule) -> None:
        self.plan, self.cell = plan, plan.derivation.cell
        self.names = Names(self.cell.sizes)
        for name in (*self.cell.inputs, *self.cell.outputs, *self.cell.parameters, *self.cell.constants):
            self.names.variable(name)
        for name in (*self.cell.inputs, *self.cell.outputs):
            self.names.argument(name)
        for name in self.cell.states:
            self.names.initial(name)

    def data(self) -> dict[str, object]:
        cell, names = self.cell, self.names
        bodies = {name: make(self.plan, names) for name, make in BODIES.items()}
        bodies["forward"] = "\n".join([*(f"    {line}" for line in self.input_checks()), bodies["forward"]])
        used = [fn for fn in TEXTS if any(re.search(rf"(?<![\w.]){fn}\(", body) for body in bodies.values())]
        return {
            "cell": cell,
            "version": VERSION,
            "doc": self.docstring(),
            "states": [names.variable(name) for name in cell.states],
            "outputs": [names.variable(name) for name in cell.outputs],
            "inputs": [names.variable(name) for name in cell.inputs],
            "upstream": [names.argument(name) for name in cell.outputs],
            "tangents": [names.argument(name) for name in cell.inputs],
            "initial": [names.initial(name) for name in cell.states],
            "parameters": {names.variable(name): [" + ".join(size) for size in cell.shapes[name]] for name in cell.parameters},
            "packs": {names.pack([r.name for r in pack]): [names.variable(r.name) for r in pack] for pack in self.plan.parameters},
            "constants": {names.variable(n): (number_text(v), [" + ".join(s) for s in cell.shapes[n]]) for n, v in cell.constants.items()},
            "renamed": self.renamed(),
            "scale": "hidden" if "hidden" in cell.sizes else cell.sizes[-1] if cell.sizes else "1",
            "torch": self.torch_layer(),
            "activations": [TEXTS[fn] for fn in used],
            "slopes": [slope for slope in SLOPES if f"{slope}_slope" in used],
            "kinks": any(map(_has_kinks, (eq.expr for eq in cell.equations))),
            "bodies": bodies,
            "shapes": self.shapes(),
            "sizes": {name: self.sizes_used(body) for name, body in bodies.items()},
        }

    def renamed(self) -> dict[str, str]:
        """What is spelled in another way than in the cell, by its spelling there; ``dh`` and ``h0`` belong to h."""
        cell, names = self.cell, self.names
        spelled = {name.id: names.variable(name) for name in (*cell.inputs, *cell.outputs, *cell.parameters, *cell.constants)}
        spelled |= {f"d{name.id}": names.argument(name) for name in (*cell.inputs, *cell.outputs) if f"d{name.id}" not in spelled}
        spelled |= {f"{name.id}0": names.initial(name) for name in cell.states if f"{name.id}0" not in spelled}
        return {there: here for there, here in spelled.items() if there != here}

    def torch_layer(self) -> str:
        """The layer of torch that is this cell of the catalogue, if there is one."""
        own = (layout.layer for layout in layouts() if (layout.library, layout.cell) == ("torch", self.cell.name))
        return next(own, "") if in_catalogue(self.cell) else ""

    def input_checks(self) -> list[str]:
        """The first input says how many steps and batch entries there are."""
        lines = []
        for k, name in enumerate(self.cell.inputs):
            v, lead = self.names.variable(name), "time, batch" if k else "None, None"
            lines.append(f'{v} = array("{v}", {v}, {shape_text(self.cell.shapes[name], lead)}, p.dtype)')
        return [lines[0], f"time, batch = {self.names.variable(self.cell.inputs[0])}.shape[:2]", *lines[1:]] if lines else []

    def sizes_used(self, body: str) -> str:
        """The line that gives a function the sizes that it uses."""
        used = [size for size in self.cell.sizes if re.search(rf"\b{size}\b", body)]
        return f"{', '.join(used)} = {', '.join(f'p.{size}' for size in used)}" if used else ""

    def shapes(self) -> dict[str, str]:
        """Names with their shapes, for docstrings."""
        cell, names = self.cell, self.names

        def direction(name: Name) -> str:
            return f"d{names.initial(name)}"

        def listed(of: Iterable[Name], lead: str, text: Callable[[Name], str]) -> str:
            return ", ".join(f"{text(n)}[{shape_text(cell.shapes[n], lead).strip('(),')}]" for n in of)

        return {
            "inputs": listed(cell.inputs, "time, batch", names.variable),
            "outputs": listed(cell.outputs, "time, batch", names.variable),
            "states": listed(cell.states, "batch", names.variable),
            "upstream": listed(cell.outputs, "time, batch", names.argument),
            "tangents": f"{listed(cell.inputs, 'time, batch', names.argument)}, {listed(cell.states, 'batch', direction)}",
            "gradients": f"{listed(cell.inputs, 'time, batch', names.variable)}, {listed(cell.states, 'batch', names.initial)}",
            "step": listed((*cell.inputs, *cell.states), "batch", names.variable),
        }

    def docstring(self) -> list[str]:
        """The numbered equations, forward and backward, as the derivation has them."""
        d = self.plan.derivation
        lines = [f"({line.number}) {unicode(line.target)} = {unicode(line.expr)}" for line in d.forward_lines]
        back: dict[int, list[str]] = {}
        for step in d.steps:
            back.setdefault(step.number, []).append(step.unicode())
        told = [f"({number}) {steps[0]}{', and so for the other gates' if len(steps) > 1 else ''}" for number, steps in back.items()]
        roles = [f"{key}: {text}" for key, text in self.cell.roles.items()]
        return [
            *_paragraph("Equations of one step, for columns; the code has one row for each batch entry, so U h is h @ U.T:", lines),
            *_paragraph("Adjoints of one step; the gradients of the parameters are sums over time and batch:", told),
            *(_paragraph("Names:", roles) if roles else []),
        ]


def _has_kinks(expr: Expr) -> bool:
    """Whether a function without a derivative at some places, or a choice, is used."""
    own = isinstance(expr, Choice) or (isinstance(expr, Apply) and bool(FUNCTIONS[expr.fn].kinks))
    return own or any(map(_has_kinks, children(expr)))


def _paragraph(title: str, lines: Iterable[str]) -> list[str]:
    wrapped = (textwrap.wrap(line, WIDTH, initial_indent="    ", subsequent_indent="         ") for line in lines)
    text = [title, "", *(part for parts in wrapped for part in parts), ""]
    return [line.replace("\\", "/").replace('"', "'") for line in text]
