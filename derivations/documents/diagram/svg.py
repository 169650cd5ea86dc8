"""A picture for HTML: lines as SVG, formulas as MathML on top of them."""

from __future__ import annotations

from derivations.documents import mathml
from derivations.documents.diagram.scene import Box, Label, Scene, Wire

SCALE = 5.3  # user units for a millimetre
PAD = 6.0
_HEAD = '<path class="head" d="M0 0L8 3L0 6L2 3z"/>'
_ARROW = (
    f'<defs><marker id="ar" viewBox="0 0 8 6" refX="7.5" refY="3" markerWidth="8" markerHeight="6" orient="auto">{_HEAD}</marker></defs>'
)


def svg(scene: Scene) -> str:
    """The picture; its colours are those of the page."""
    wide, high = scene.width * SCALE + 2 * PAD, scene.height * SCALE + 2 * PAD
    title = '<title id="figt">Data flow of one step of the cell; adjoints run against the arrows</title>'
    body = [_wire(wire) for wire in scene.wires] + [_box(box) for box in scene.boxes] + [_label(label) for label in scene.labels]
    least = max(0.55 * wide, min(0.8 * wide, 700.0))  # a wide picture is made smaller down to what can be read, then it scrolls
    size = f'viewBox="0 0 {_n(wide)} {_n(high)}" style="min-width:{_n(least)}px;max-width:{_n(wide * 1.15)}px"'
    return f'<svg {size} role="img" aria-labelledby="figt">{title}{_ARROW}{"".join(body)}</svg>'


def _n(value: float) -> str:
    return f"{value:.1f}"


def _x(value: float) -> str:
    return _n(value * SCALE + PAD)


def _wire(wire: Wire) -> str:
    if wire.dot:
        x, y = wire.points[0]
        return f'<circle class="dot" cx="{_x(x)}" cy="{_x(y)}" r="2.4"/>'
    path = "M" + "L".join(f"{_x(x)} {_x(y)}" for x, y in wire.points)
    return f'<path d="{path}"{" marker-end=" + chr(34) + "url(#ar)" + chr(34) if wire.arrow else ""}/>'


def _box(box: Box) -> str:
    if box.shape == "circle":
        shape = f'<circle class="op" cx="{_x(box.x)}" cy="{_x(box.y)}" r="{_n(box.width / 2 * SCALE)}"/>'
    else:
        corner = f'x="{_x(box.x - box.width / 2)}" y="{_x(box.y - box.height / 2)}"'
        shape = f'<rect {corner} width="{_n(box.width * SCALE)}" height="{_n(box.height * SCALE)}" rx="4"/>'
    return shape + _formula(box.x, box.y, box.width + 12, box.latex, "v")


def _label(label: Label) -> str:
    return _formula(label.x, label.y, 60, label.latex, "b" if label.adjoint else "v")


def _formula(x: float, y: float, wide: float, latex: str, kind: str) -> str:
    """A formula centred at a point."""
    high = 6.0
    corner = f'x="{_x(x - wide / 2)}" y="{_x(y - high / 2)}" width="{_n(wide * SCALE)}" height="{_n(high * SCALE)}"'
    return f'<foreignObject {corner}><div xmlns="http://www.w3.org/1999/xhtml" class="{kind}">{mathml.inline(latex)}</div></foreignObject>'
