"""Places for boxes and lines for what joins them; the one place that knows the layout library (graphlay)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import graphlay

Point = tuple[float, float]
MARGIN = 24.0
OPTIONS = {
    "direction": "leftright",
    "spacing": {"layer_gap": 30.0, "node_gap": 22.0, "port_gap": 12.0, "dummy_gap": 16.0, "self_loop_gap": 12.0},
    "routing": {"style": "orthogonal", "bundle_parallel": False},
}


@dataclass(frozen=True, slots=True)
class Joined:
    """A line to be drawn between two boxes, with the size of its label (0, 0: none)."""

    source: int
    target: int
    label: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything is, in a drawing of that size."""

    width: float
    height: float
    centres: Mapping[int, Point]
    lines: Sequence[Sequence[Sequence[Point]]]  # of each `Joined`: one piece, or two with the label between
    labels: Sequence[Point | None]  # the middle of each label


def place(boxes: Mapping[int, tuple[float, float]], joined: Sequence[Joined], *, mirrored: bool) -> Placed:
    """Lay boxes (width, height) out from left to right, from right to left when mirrored.

    A label is a box of its own in its line, so nothing is ever drawn over it.
    """
    graph = graphlay.Graph()
    for identity, (width, height) in boxes.items():
        graph.node(identity, width=width, height=height)
    parts: list[tuple[int, ...]] = []  # the drawn lines that make up each joining line
    for index, one in enumerate(joined):
        if one.label[0]:
            graph.node(("label", index), width=one.label[0], height=one.label[1])
            first = graph.edge(one.source, ("label", index))
            parts.append((first, graph.edge(("label", index), one.target)))
        else:
            parts.append((graph.edge(one.source, one.target),))
    drawn = graphlay.layout(graph, options=OPTIONS)
    positions = {identity: (float(x), float(y)) for identity, (x, y) in drawn.positions().items()}
    pieces = [[(float(p["x"]), float(p["y"])) for p in edge["points"]] for edge in drawn.edges]
    lines = [tuple(pieces[number] for number in numbers) for numbers in parts]
    labels = [positions.get(("label", index)) for index in range(len(joined))]
    centres = {identity: positions[identity] for identity in boxes}
    return _framed(boxes, joined, centres, lines, labels, mirrored=mirrored)


def _framed(
    boxes: Mapping[int, tuple[float, float]],
    joined: Sequence[Joined],
    centres: Mapping[int, Point],
    lines: Sequence[Sequence[Sequence[Point]]],
    labels: Sequence[Point | None],
    *,
    mirrored: bool,
) -> Placed:  # fmt: skip
    """Everything moved into a frame that begins at 0, 0."""
    xs, ys = [0.0], [0.0]
    for identity, (x, y) in centres.items():
        width, height = boxes[identity]
        xs += [x - width / 2, x + width / 2]
        ys += [y - height / 2, y + height / 2]
    for piece in (piece for line in lines for piece in line):
        xs += [x for x, _ in piece]
        ys += [y for _, y in piece]
    for one, middle in zip(joined, labels, strict=True):
        if middle is not None:
            xs += [middle[0] - one.label[0] / 2, middle[0] + one.label[0] / 2]
            ys += [middle[1] - one.label[1] / 2, middle[1] + one.label[1] / 2]
    left, right, top = min(xs) - MARGIN, max(xs) + MARGIN, min(ys) - MARGIN

    def moved(point: Point) -> Point:
        x, y = point
        return (right - x if mirrored else x - left, y - top)

    return Placed(
        right - left,
        max(ys) + MARGIN - top,
        {identity: moved(point) for identity, point in centres.items()},
        [[[moved(point) for point in piece] for piece in line] for line in lines],
        [None if point is None else moved(point) for point in labels],
    )
