"""A picture as data: boxes, wires with right angles, labels. Units are millimetres, y grows downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A node: ``box`` an affine map or function, ``circle`` an entrywise operation."""

    x: float  # centre
    y: float
    width: float
    height: float
    latex: str
    shape: Literal["box", "circle"]


@dataclass(frozen=True, slots=True)
class Wire:
    """A line through points; ``arrow`` at its end, ``dot`` where it leaves another wire."""

    points: tuple[Point, ...]
    arrow: bool = True
    dot: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A formula: black for a value, in the colour of adjoints for an adjoint."""

    x: float
    y: float
    latex: str
    adjoint: bool = False
    anchor: Literal["middle", "start", "end"] = "middle"


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    wires: tuple[Wire, ...] = ()
    labels: tuple[Label, ...] = ()
