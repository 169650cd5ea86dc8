"""Heights: wires run straight where they can, and nothing stands too near to its neighbour."""

from __future__ import annotations

from derivations.documents.diagram.graph import Graph
from derivations.documents.diagram.layers import Layered

ROUNDS = 24
CLEAR = 4.6  # mm between the borders of neighbours in a layer: a label below, a label above
PASSING = 2.6  # half the room of a wire that passes


def heights(graph: Graph, out: Layered) -> list[float]:
    """The y of every vertex in millimetres."""
    blocks = _straight(graph, out)
    members: dict[int, list[int]] = {}
    for v, block in enumerate(blocks):
        members.setdefault(block, []).append(v)
    y = _stack(graph, out, blocks, members)
    for sweep in range(ROUNDS):
        for block in sorted(members, key=lambda b: y[b], reverse=sweep % 2 == 0):
            y[block] = _moved(graph, out, blocks, members, y, block)
    top = min(y[blocks[v]] - half(graph, out, v) for v in range(len(blocks)))
    return [y[block] - top for block in blocks]


def half(graph: Graph, out: Layered, v: int) -> float:
    """Half of the room that a vertex needs."""
    node = out.node[v]
    return PASSING if node is None else graph.nodes[node].height / 2 + CLEAR / 2


def _straight(graph: Graph, out: Layered) -> list[int]:
    """Blocks of vertices on one line: long wires first, then each operation behind its first operand."""
    right: dict[int, int] = {}
    left: dict[int, int] = {}
    place = {v: k for layer in out.order for k, v in enumerate(layer)}
    accepted: list[tuple[int, int]] = []
    for u, v in sorted(out.edges, key=lambda edge: _priority(graph, out, edge)):
        if _is_bus(graph, out, u):
            continue
        if u in right or v in left:
            continue
        if any(out.layer[a] == out.layer[u] and (place[a] - place[u]) * (place[b] - place[v]) < 0 for a, b in accepted):
            continue
        right[u], left[v] = v, u
        accepted.append((u, v))
    blocks = list(range(len(out.node)))
    for v in sorted(range(len(out.node)), key=lambda v: out.layer[v]):
        if v in left:
            blocks[v] = blocks[left[v]]
    return blocks


def _is_bus(graph: Graph, out: Layered, u: int) -> bool:
    """Whether a variable at the left margin feeds several nodes at once: it stands in their middle."""
    node = out.node[u]
    return (
        node is not None
        and graph.nodes[node].kind == "left"
        and len(out.right(u)) > 1
        and all(out.node[v] is not None for v in out.right(u))
    )


def _priority(graph: Graph, out: Layered, edge: tuple[int, int]) -> tuple[int, int, int]:
    u, v = edge
    passing = (out.node[u] is None) + (out.node[v] is None)
    target = out.node[v]
    if target is None:
        leaves = any(graph.nodes[k].kind == "right" and out.net[u] in graph.nodes[k].inputs for k in graph.live)
        return (0 if leaves else 2 - passing, -1 if leaves else 0, u)
    inputs = graph.nodes[target].inputs
    only = len(inputs) == 1
    carried = graph.nodes[out.net[u]].kind == "left"
    return (2 - passing if not only else 0, 0 if only or carried else 1, inputs.index(out.net[u]))


def _stack(graph: Graph, out: Layered, blocks: list[int], members: dict[int, list[int]]) -> dict[int, float]:
    """Every block as high as its neighbours allow."""
    y: dict[int, float] = {}
    above = {v: layer[k - 1] if k else None for layer in out.order for k, v in enumerate(layer)}

    def settle(block: int, seen: frozenset[int]) -> float:
        if block in y:
            return y[block]
        height = 0.0
        for v in members[block]:
            upper = above[v]
            if upper is not None and blocks[upper] not in seen:
                height = max(height, settle(blocks[upper], seen | {block}) + half(graph, out, upper) + half(graph, out, v))
        y[block] = height
        return height

    for block in members:
        settle(block, frozenset({block}))
    return y


def _moved(graph: Graph, out: Layered, blocks: list[int], members: dict[int, list[int]], y: dict[int, float], block: int) -> float:
    """The height of a block nearest to its neighbours' mean that leaves room to what stands above and below."""
    low, high = float("-inf"), float("inf")
    wanted: list[float] = []
    for v in members[block]:
        layer = out.order[out.layer[v]]
        k = layer.index(v)
        if k:
            low = max(low, y[blocks[layer[k - 1]]] + half(graph, out, layer[k - 1]) + half(graph, out, v))
        if k + 1 < len(layer):
            high = min(high, y[blocks[layer[k + 1]]] - half(graph, out, layer[k + 1]) - half(graph, out, v))
        wanted += [y[blocks[u]] for u in (*out.left(v), *out.right(v)) if blocks[u] != block]
    if not wanted:
        return y[block]
    mean = sum(wanted) / len(wanted)
    return max(low, min(high, mean)) if low <= high else y[block]
