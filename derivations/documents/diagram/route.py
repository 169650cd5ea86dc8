"""Wires with right angles: between two layers every value that has to change its height gets a track of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from derivations.documents.context import Context
from derivations.documents.diagram.graph import EM, Graph
from derivations.documents.diagram.layers import Layered
from derivations.documents.diagram.scene import Box, Label, Scene, Wire
from derivations.documents.width import width

MARGIN = 1.8  # mm between the variables at the left margin and the first track
TRACK = 2.2  # mm between tracks
STUB = 2.0  # mm before the first track where the wire has no name
ENTRY = 3.4  # mm between the last track and the nodes
ARROW = 2.4  # mm of it that the arrow takes
MOST = 5  # tracks whose order is searched


@dataclass(frozen=True, slots=True)
class Net:
    """One value between two layers: its height on the left, the heights on the right where it goes."""

    vertex: int
    start: float
    ends: tuple[float, ...]

    @property
    def bends(self) -> bool:
        """Whether it needs a track."""
        return any(abs(end - self.start) > 0.01 for end in self.ends)

    @property
    def down(self) -> bool:
        """Whether it goes down in the mean."""
        return self.start < sum(self.ends) / len(self.ends)

    @property
    def span(self) -> tuple[float, float]:
        """The heights that its track covers."""
        return min(self.start, *self.ends), max(self.start, *self.ends)


class Router:
    """Turns heights and layers into a picture."""

    def __init__(self, context: Context, graph: Graph, out: Layered, y: list[float]) -> None:
        self.context, self.graph, self.out, self.y = context, graph, out, y
        self.boxes: list[Box] = []
        self.wires: list[Wire] = []
        self.labels: list[Label] = []
        self.drops = {v: self.dropping(v) for v in range(len(out.node))}
        self.entries = {edge: self.entry(edge) for edge in out.edges}

    def dropping(self, v: int) -> tuple[int, ...]:
        """The wires that come to a circle from above or from below: at most one each, where the way is free."""
        index = self.out.node[v]
        arriving = self.out.left(v)
        if index is None or self.graph.nodes[index].kind != "circle" or len(arriving) < 2:
            return ()
        free = [u for u in arriving if abs(self.y[u] - self.y[v]) > 4 and self._is_free(u, v)]
        above = max((u for u in free if self.y[u] < self.y[v]), key=lambda u: self.y[u], default=None)
        below = min((u for u in free if self.y[u] > self.y[v]), key=lambda u: self.y[u], default=None)
        return tuple(u for u in (above, below) if u is not None)

    def _is_free(self, u: int, v: int) -> bool:
        """Whether nothing stands at the height of a wire in the column that it would enter, or on its way down."""
        low, high = sorted((self.y[u], self.y[v]))
        for w in self.out.order[self.out.layer[v]]:
            node = self.out.node[w]
            room = 2.0 if node is None else self.graph.nodes[node].height / 2 + 1.5
            if w != v and (abs(self.y[w] - self.y[u]) < room or (node is not None and low < self.y[w] < high)):
                return False
        return True

    def entry(self, edge: tuple[int, int]) -> float:
        """The height at which a wire meets its target: several wires meet it apart."""
        u, v = edge
        if u in self.drops[v]:
            return self.y[u]
        arriving = sorted((w for w in self.out.left(v) if w not in self.drops[v]), key=lambda w: self.y[w])
        if len(arriving) == 1:
            return self.y[v]
        straight = next((w for w in arriving if abs(self.y[w] - self.y[v]) < 0.01), None)
        if straight is not None:
            above = [w for w in arriving if self.y[w] < self.y[v] - 0.01]
            below = [w for w in arriving if self.y[w] > self.y[v] + 0.01]
            if u == straight:
                return self.y[v]
            side, rank = (-1, len(above) - above.index(u)) if u in above else (1, below.index(u) + 1)
            return self.y[v] + side * rank * self._step(v, max(len(above), len(below)))
        k = arriving.index(u)
        return self.y[v] + (k - (len(arriving) - 1) / 2) * self._step(v, (len(arriving) - 1) / 2)

    def _step(self, v: int, count: float) -> float:
        node = self.out.node[v]
        room = 1.0 if node is None else self.graph.nodes[node].height / 2 - 1.0
        return min(1.7, room / max(count, 1))

    def draw(self) -> Scene:
        """All layers from left to right."""
        x = 0.0
        for index, layer in enumerate(self.out.order):
            nodes = [self.out.node[v] for v in layer]
            wide = max((self.graph.nodes[n].width for n in nodes if n is not None), default=0.0)
            for v in layer:
                self.place(v, x, wide)
            x = self.channel(index, x + wide + (0.0 if index else MARGIN)) if index + 1 < len(self.out.order) else x + wide
        bottom = max(self.y[v] + 8 for v in range(len(self.y)))
        return Scene(x, bottom, tuple(self.boxes), tuple(self.wires), tuple(self.labels))

    def place(self, v: int, x: float, wide: float) -> None:
        """A node in the middle of its column; a wire that passes runs through."""
        index = self.out.node[v]
        if index is None:
            self.wires.append(Wire(((x, self.y[v]), (x + wide, self.y[v])), arrow=False))
            return
        node = self.graph.nodes[index]
        if node.kind in ("left", "right"):
            self.margin(v, x, wide)
            return
        middle = x + wide / 2
        self.boxes.append(Box(middle, self.y[v], node.width, node.height, node.latex[0], "circle" if node.kind == "circle" else "box"))
        for left in self.out.left(v):
            height = self.entries[left, v]
            if left in self.drops[v]:
                edge = self.y[v] + (node.height / 2 if height > self.y[v] else -node.height / 2)
                self.wires.append(Wire(((x, height), (middle, height), (middle, edge))))
                continue
            border = self._border(v, middle, height)
            start = min(x, border - ARROW)  # room for the arrow where the node fills its column
            self.wires.append(Wire(((start, height), (border, height))))
        if self.out.right(v):
            self.wires.append(Wire(((middle + node.width / 2, self.y[v]), (x + wide, self.y[v])), arrow=False))

    def _border(self, v: int, middle: float, height: float) -> float:
        index = self.out.node[v]
        assert index is not None
        node = self.graph.nodes[index]
        if node.kind != "circle":
            return middle - node.width / 2
        offset = height - self.y[v]
        return float(middle - (max(0.0, (node.width / 2) ** 2 - offset**2)) ** 0.5)

    def margin(self, v: int, x: float, wide: float) -> None:
        """Variables at the left or right end, their adjoints below."""
        index = self.out.node[v]
        assert index is not None
        node = self.graph.nodes[index]
        count = len(node.latex)
        for k, latex in enumerate(node.latex):
            self.labels.append(Label(x + wide / 2, self.y[v] + 4.2 * (k - (count - 1) / 2), latex))
        for k, latex in enumerate(node.adjoint):
            self.labels.append(Label(x + wide / 2, self.y[v] + 4.2 * (count - (count - 1) / 2 + k) + 0.4, latex, adjoint=True))
        for left in self.out.left(v):
            self.wires.append(Wire(((x - ARROW, self.y[v]), (x + (wide - node.width) / 2 - 0.6, self.y[v]))))
            assert self.entries[left, v] == self.y[v]
        if node.kind == "left":
            self.wires.append(Wire(((x + (wide + node.width) / 2 + 1, self.y[v]), (x + wide + MARGIN, self.y[v])), arrow=False))

    def channel(self, index: int, x: float) -> float:
        """The wires between a layer and the next; where the next layer begins."""
        layer = self.out.order[index]
        nets = [self.net(v) for v in layer if self.out.right(v)]
        stub = max([STUB, *(self.name(v, x) for v in layer)])
        bending = _best_order([net for net in nets if net.bends])
        end = x + stub + TRACK * max(0, len(bending) - 1) + ENTRY
        for k, net in enumerate(bending):
            self.bent(net, x, x + stub + TRACK * k, end)
        for net in nets:
            if not net.bends:
                self.wires.append(Wire(((x, net.start), (end, net.start)), arrow=False))
        return end

    def net(self, v: int) -> Net:
        """Where a value goes between its layer and the next."""
        ends = tuple(sorted({self.entries[v, w] for w in self.out.right(v)}))
        return Net(v, self.y[v], ends)

    def bent(self, net: Net, start: float, track: float, end: float) -> None:
        """One track with its branches; dots where the wire forks."""
        low, high = net.span
        self.wires.append(Wire(((start, net.start), (track, net.start)), arrow=False))
        self.wires.append(Wire(((track, low), (track, high)), arrow=False))
        points = sorted({net.start, *net.ends})
        for height in net.ends:
            self.wires.append(Wire(((track, height), (end, height)), arrow=False))
        for height in points:
            arms = (height > low + 0.01) + (height < high - 0.01) + (height in net.ends) + (abs(height - net.start) < 0.01)
            if arms > 2:
                self.wires.append(Wire(((track, height),), arrow=False, dot=True))

    def name(self, v: int, x: float) -> float:
        """The variable above a wire and its adjoint below; how long the wire has to be for that."""
        index = self.out.node[v]
        carries = self.graph.nodes[index].carries if index is not None else None
        if carries is None or not self.out.right(v):
            return 0.0
        next_nodes = [self.out.node[w] for w in self.out.right(v)]
        shown = any(n is None or self.graph.nodes[n].kind != "right" for n in next_nodes)
        texts = self.context.maths.tex(carries), self.context.maths.tex(self.context.bar(carries))
        wide = max(EM * width(text) for text in texts) + 2.0
        if shown:
            self.labels.append(Label(x + wide / 2, self.y[v] - 2.3, texts[0]))
        self.labels.append(Label(x + wide / 2, self.y[v] + 2.6, texts[1], adjoint=True))
        return wide


def _best_order(nets: list[Net]) -> list[Net]:
    """The order of tracks with the fewest crossings, and no two wires on one another."""
    if len(nets) > MOST:
        return sorted(nets, key=lambda net: (net.down, -net.start if net.down else net.start))
    return list(min(permutations(nets), key=lambda order: _cost(tuple(order))))


def _cost(order: tuple[Net, ...]) -> int:
    cost = 0
    for k, first in enumerate(order):
        for second in order[k + 1 :]:  # its track is further right
            low, high = first.span
            cost += low < second.start < high
            cost += 20 * (any(abs(end - second.start) < 0.5 for end in first.ends))
            low, high = second.span
            cost += sum(low < end < high for end in first.ends)
    return cost
