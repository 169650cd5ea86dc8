"""Layers of a data flow, and the order of nodes within each so that few wires cross."""

from __future__ import annotations

from dataclasses import dataclass, field

from derivations.documents.diagram.graph import Graph

SWEEPS = 12


@dataclass(slots=True)
class Layered:
    """Vertices in layers, edges between neighbouring layers only; a vertex without a node is a wire that passes by."""

    node: list[int | None] = field(default_factory=list)  # by vertex
    layer: list[int] = field(default_factory=list)
    net: list[int] = field(default_factory=list)  # the node whose value a vertex carries
    edges: list[tuple[int, int]] = field(default_factory=list)
    order: list[list[int]] = field(default_factory=list)  # by layer, from the top

    def left(self, vertex: int) -> list[int]:
        """Neighbours in the layer before."""
        return [u for u, v in self.edges if v == vertex]

    def right(self, vertex: int) -> list[int]:
        """Neighbours in the layer behind."""
        return [v for u, v in self.edges if u == vertex]


def layered(graph: Graph) -> Layered:
    """Every node behind all that it reads, variables at the margins, long wires cut at every layer."""
    depth = _depths(graph)
    out = Layered()
    vertex: dict[int, int] = {}
    for k in graph.live:
        vertex[k] = _vertex(out, k, depth[k], k)
    passing: dict[tuple[int, int], int] = {}
    for k in graph.live:
        for source in dict.fromkeys(graph.nodes[k].inputs):
            before = vertex[source]
            for between in range(depth[source] + 1, depth[k]):
                if (source, between) not in passing:
                    passing[source, between] = _vertex(out, None, between, source)
                    out.edges.append((before, passing[source, between]))
                before = passing[source, between]
            out.edges.append((before, vertex[k]))
    _arrange(graph, out, vertex)
    return out


def _vertex(out: Layered, node: int | None, layer: int, net: int) -> int:
    out.node.append(node)
    out.layer.append(layer)
    out.net.append(net)
    return len(out.node) - 1


def depth(graph: Graph) -> int:
    """How many layers a picture has."""
    return 1 + max(_depths(graph).values())


def _depths(graph: Graph) -> dict[int, int]:
    depth: dict[int, int] = {}
    for k in graph.live:
        if graph.nodes[k].kind != "right":
            depth[k] = 1 + max((depth[i] for i in graph.nodes[k].inputs), default=-1)
    last = 1 + max(depth.values())
    return depth | {k: last for k in graph.live if graph.nodes[k].kind == "right"}


def _arrange(graph: Graph, out: Layered, vertex: dict[int, int]) -> None:
    """Begin with the order in which the outputs reach their operands; then sweep, and keep the best order seen."""
    rank = _reach(graph, out, vertex)
    layers: list[list[int]] = [[] for _ in range(1 + max(out.layer))]
    for v in sorted(range(len(out.node)), key=lambda v: rank[v]):
        layers[out.layer[v]].append(v)
    best, fewest = [list(layer) for layer in layers], _crossings(out, layers)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        indices = range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1)
        for index in indices:
            fixed = layers[index - 1 if forward else index + 1]
            _by_neighbours(out, layers[index], fixed, forward)
        _swap(out, layers)
        found = _crossings(out, layers)
        if found < fewest:
            best, fewest = [list(layer) for layer in layers], found
    out.order = best


def _reach(graph: Graph, out: Layered, vertex: dict[int, int]) -> list[float]:
    """Ranks of vertices: states that pass without a matrix on top, then operands in the order of their use."""
    rank: dict[int, float] = {}

    def visit(k: int) -> None:
        if k in rank:
            return
        inputs = graph.nodes[k].inputs
        for i in sorted(inputs, key=lambda i: graph.nodes[i].kind != "left"):
            visit(i)
        rank[k] = len(rank)

    def carried(k: int) -> bool:
        return any(graph.nodes[j].kind == "left" for i in graph.nodes[k].inputs for j in _operands(graph, i))

    for output in sorted(graph.outputs, key=lambda k: not carried(k)):
        visit(output)
    for k in graph.live:
        readers = [j for j in graph.live if k in graph.nodes[j].inputs]
        if graph.nodes[k].kind == "left" and all(graph.nodes[j].kind == "box" for j in readers):
            rank[k] = sum(rank[j] for j in readers) / len(readers)
    return [rank.get(net, 0.0) for net in out.net]


def _operands(graph: Graph, k: int) -> list[int]:
    """The operands of entrywise operations that lead to a node."""
    node = graph.nodes[k]
    return [k] if node.kind != "circle" else [j for i in node.inputs for j in _operands(graph, i)]


def _by_neighbours(out: Layered, layer: list[int], fixed: list[int], forward: bool) -> None:
    place = {v: k for k, v in enumerate(fixed)}
    here = {v: k for k, v in enumerate(layer)}

    def mean(v: int) -> float:
        found = [place[u] for u in (out.left(v) if forward else out.right(v))]
        return sum(found) / len(found) if found else here[v]

    layer.sort(key=lambda v: (mean(v), here[v]))


def _swap(out: Layered, layers: list[list[int]]) -> None:
    """Exchange neighbours as long as wires stop crossing."""
    for layer in layers:
        for k in range(len(layer) - 1):
            before = _crossings(out, layers)
            layer[k], layer[k + 1] = layer[k + 1], layer[k]
            if _crossings(out, layers) >= before:
                layer[k], layer[k + 1] = layer[k + 1], layer[k]


def _crossings(out: Layered, layers: list[list[int]]) -> int:
    place = {v: k for layer in layers for k, v in enumerate(layer)}
    count = 0
    for layer in range(len(layers) - 1):
        edges = [(place[u], place[v]) for u, v in out.edges if out.layer[u] == layer]
        count += sum((a - c) * (b - d) < 0 for k, (a, b) in enumerate(edges) for c, d in edges[:k])
    return count
