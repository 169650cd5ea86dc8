"""A picture for TeX."""

from __future__ import annotations

from derivations.documents.diagram.scene import Box, Label, Scene, Wire

WIDE = 265.0  # mm; a wider picture is turned onto a page of its own
_UPRIGHT = r"max width=\linewidth,max totalheight=.62\textheight"
_TURNED = r"angle=90,max width=\linewidth,max totalheight=.86\textheight"
_HEAD = r"""\begin{adjustbox}{%s}
\begin{tikzpicture}[x=1mm,y=-1mm,>={Stealth[length=2mm,width=1.5mm]},line width=.55pt,
  box/.style={draw,rounded corners=1.5pt,inner sep=0pt,font=\small},
  circle op/.style={draw,circle,minimum size=5.2mm,inner sep=0pt,font=\small},
  v/.style={font=\small,inner sep=0pt}, b/.style={font=\small,text=adj,inner sep=0pt}]"""


def tikz(scene: Scene) -> str:
    """The picture as TikZ paths, at most as wide as the text."""
    lines = [_HEAD % (_TURNED if scene.width > WIDE else _UPRIGHT)]
    lines += [_wire(wire) for wire in scene.wires]
    lines += [_box(box) for box in scene.boxes]
    lines += [_label(label) for label in scene.labels]
    return "\n".join([*lines, r"\end{tikzpicture}", r"\end{adjustbox}"])


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "-0") or "0"


def _wire(wire: Wire) -> str:
    if wire.dot:
        x, y = wire.points[0]
        return rf"  \fill ({_n(x)},{_n(y)}) circle[radius=1.3pt];"
    path = "--".join(f"({_n(x)},{_n(y)})" for x, y in wire.points)
    return rf"  \draw{'[->]' if wire.arrow else ''} {path};"


def _box(box: Box) -> str:
    if box.shape == "circle":
        return rf"  \node[circle op,fill=white] at ({_n(box.x)},{_n(box.y)}) {{${box.latex}$}};"
    size = f"minimum width={_n(box.width)}mm,minimum height={_n(box.height)}mm"
    return rf"  \node[box,{size}] at ({_n(box.x)},{_n(box.y)}) {{${box.latex}$}};"


def _label(label: Label) -> str:
    return rf"  \node[{'b' if label.adjoint else 'v'}] at ({_n(label.x)},{_n(label.y)}) {{${label.latex}$}};"
