"""The data flow of one step as a picture: laid out once, drawn for TeX and for HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.documents.diagram.scene import Scene

if TYPE_CHECKING:
    from derivations.documents.context import Context

DEEPEST = 13  # layers that are still readable on a page; a deeper flow is drawn with the author's equations only


def draw(context: Context) -> Scene:
    """The data flow of one step of a cell."""
    from derivations.documents.diagram.graph import Graph
    from derivations.documents.diagram.layers import depth, layered
    from derivations.documents.diagram.place import heights
    from derivations.documents.diagram.route import Router

    graph = Graph(context)
    if depth(graph) > DEEPEST:
        graph = Graph(context, authors=True)
    out = layered(graph)
    return Router(context, graph, out, heights(graph, out)).draw()
