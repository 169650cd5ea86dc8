"""The data flow of one step as a picture: laid out once, drawn for TeX and for HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.documents.diagram.scene import Scene

if TYPE_CHECKING:
    from derivations.documents.context import Context


def draw(context: Context) -> Scene:
    """The data flow of one step of a cell."""
    from derivations.documents.diagram.graph import Graph
    from derivations.documents.diagram.layers import layered
    from derivations.documents.diagram.place import heights
    from derivations.documents.diagram.route import Router

    graph = Graph(context)
    out = layered(graph)
    return Router(context, graph, out, heights(graph, out)).draw()
