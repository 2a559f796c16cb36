"""A call's tree as a picture: SVG that stands alone, in light and dark, from left to right or from right to left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ringkeep.explanations.layout import Joined, Placed, Point, place
from ringkeep.explanations.route_words import RouteWords, telling
from ringkeep.explanations.shapes import icon, outline
from ringkeep.explanations.text_size import lines_of, width_of
from ringkeep.phonesystem.callflow import Edge, Node, Tree
from ringkeep.phonesystem.callflow.labels import said_times
from ringkeep.translation import shown

SIZE, SMALL, TITLE = 13.0, 11.0, 17.0
LEADING = 1.38  # height of a line by its font's
TEXT_WIDTH, LABEL_WIDTH, MOST_LINES = 178.0, 150.0, 4
PADDING, ICON, SIDE = 12.0, 16.0, 16.0
TOP = 58.0
ROUND, LINE_GAP = 6.0, 10.0
DEAD = {"dead_end"}
PROMPTED = ("menu", "input")
BOLD, HEAVY = {"start", "dead_end"}, 1.1
STYLE = """
svg { font-family: Vazirmatn, system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", Tahoma, sans-serif; }
.paper { fill: #ffffff; } .title { fill: #17202b; font-size: 17px; font-weight: 600; } .when { fill: #5b6775; font-size: 12px; }
.node path.o { fill: #f4f6f9; stroke: #5b6775; stroke-width: 1.4; } .node text { fill: #17202b; font-size: 13px; }
.node text.s { fill: #4d5967; font-size: 11px; } .node path.i { fill: none; stroke: #34404d; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.start path.o { fill: #17202b; stroke: #17202b; } .start text { fill: #ffffff; font-weight: 600; } .start path.i { stroke: #ffffff; }
.menu path.o, .input path.o { fill: #e8f0fe; stroke: #2b5fb4; } .queue path.o, .ring_group path.o, .extension path.o, .direct_dial path.o { fill: #e6f4ea; stroke: #2e7d46; }
.voicemail path.o, .voicemail_main path.o { fill: #f3ecfb; stroke: #7346b4; } .hours path.o, .night_switch path.o { fill: #fff6dd; stroke: #94700d; }
.outbound path.o { fill: #e3f4f6; stroke: #1b7481; } .unknown path.o { fill: #ffffff; stroke: #94500d; stroke-dasharray: 6 4; stroke-width: 1.8; }
.dead_end path.o { fill: #fdeaea; stroke: #b3121d; stroke-width: 3; } .dead_end text { fill: #8c0d16; font-weight: 600; } .dead_end path.i { stroke: #b3121d; stroke-width: 1.8; }
.nobody path.o { fill: #fff0e3; stroke: #b0530e; stroke-width: 2; }
.edge path { fill: none; stroke: #7b8794; stroke-width: 1.5; } .edge path.h { fill: #7b8794; stroke: none; } .edge.bad path { stroke: #b3121d; stroke-width: 2.4; } .edge.bad path.h { fill: #b3121d; stroke: none; }
.edge text { fill: #27323e; font-size: 11px; } .edge rect { fill: #eef1f5; stroke: #c3ccd6; stroke-width: 1; } .edge.bad rect { fill: #fdeaea; stroke: #b3121d; }
.where { opacity: 0; pointer-events: none; } .where rect { fill: #17202b; } .node .where text { fill: #ffffff; font-size: 11px; font-weight: 400; }
.node:hover .where, .node:focus .where { opacity: 1; } .node:focus { outline: none; } .node:hover path.o, .node:focus path.o { stroke-width: 3; }
@media (prefers-color-scheme: dark) {
.paper { fill: #12171d; } .title { fill: #eef2f6; } .when { fill: #a3afbc; }
.node path.o { fill: #1f272f; stroke: #93a0ae; } .node text { fill: #eef2f6; } .node text.s { fill: #b6c1cc; } .node path.i { stroke: #d5dde5; }
.start path.o { fill: #eef2f6; stroke: #eef2f6; } .start text { fill: #12171d; } .start path.i { stroke: #12171d; }
.menu path.o, .input path.o { fill: #172740; stroke: #7fa9ee; } .queue path.o, .ring_group path.o, .extension path.o, .direct_dial path.o { fill: #142c1d; stroke: #6cc189; }
.voicemail path.o, .voicemail_main path.o { fill: #271d38; stroke: #b592ec; } .hours path.o, .night_switch path.o { fill: #322a10; stroke: #dcb84c; }
.outbound path.o { fill: #10292d; stroke: #5fbdca; } .unknown path.o { fill: #12171d; stroke: #e0a05a; }
.dead_end path.o { fill: #3a1518; stroke: #ff7079; } .dead_end text { fill: #ffb3b8; } .dead_end path.i { stroke: #ff7079; } .nobody path.o { fill: #33210f; stroke: #f0a05a; }
.edge path { stroke: #7f8c99; } .edge path.h { fill: #7f8c99; } .edge.bad path { stroke: #ff7079; } .edge.bad path.h { fill: #ff7079; }
.edge text { fill: #d5dde5; } .edge rect { fill: #232c35; stroke: #45525f; } .edge.bad rect { fill: #3a1518; stroke: #ff7079; } .where rect { fill: #eef2f6; } .node .where text { fill: #12171d; } }
"""


@dataclass(frozen=True, slots=True)
class _Box:
    """A node with its text broken into lines."""

    node: Node
    lines: tuple[str, ...]
    small: tuple[str, ...]  # prompts below
    width: float
    height: float


def picture(tree: Tree, said: RouteWords) -> str:
    """The SVG document."""
    nodes, edges = telling(tree)
    boxes = {node.id: _box(node, said, _lines_at(node.id, edges)) for node in nodes}
    labels = [lines_of(said.edge(edge), SMALL, LABEL_WIDTH, 5) for edge in edges]
    joined = [Joined(edge.source, edge.target, _label_size(lines)) for edge, lines in zip(edges, labels, strict=True)]
    sizes = {identity: (box.width, box.height) for identity, box in boxes.items()}
    placed = place(sizes, joined, mirrored=said.words.direction == "rtl")
    title = said.node(tree.nodes[0])
    width = max(placed.width, width_of(title, TITLE) + 2 * SIDE, 320.0)
    dead = {node.id for node in nodes if node.kind in DEAD}
    parts = [
        _head(tree, said, width, placed.height + TOP),
        f'<g transform="translate({_shift(placed, width, said):g} {TOP:g})">',
    ]
    parts += [
        _edge(lines, pieces, middle, said, bad=edge.target in dead)
        for edge, lines, pieces, middle in zip(edges, labels, placed.lines, placed.labels, strict=True)
    ]
    parts += [_node(box, placed.centres[identity], said) for identity, box in boxes.items()]
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _shift(placed: Placed, width: float, said: RouteWords) -> float:
    """A narrow drawing begins where reading begins."""
    return width - placed.width if said.words.direction == "rtl" else 0.0


def _head(tree: Tree, said: RouteWords, width: float, height: float) -> str:
    title, when = said.node(tree.nodes[0]), said.words.instant(tree.at)
    rtl = said.words.direction == "rtl"
    x, turn = (width - SIDE, ' direction="rtl"') if rtl else (SIDE, "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" lang="{said.words.lang}" role="group" aria-labelledby="title desc">\n'
        f'<title id="title">{_text(said.title(tree))}</title>\n<desc id="desc">{_text(_told(tree, said))}</desc>\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>\n'
        f'<text class="title" x="{x:g}" y="28"{turn}>{_text(title)}</text>\n'
        f'<text class="when" x="{x:g}" y="47"{turn}>{_text(when)}</text>'
    )


def _told(tree: Tree, said: RouteWords) -> str:
    """The whole picture in words, for those who do not see it."""
    nodes, edges = telling(tree)
    by_id = {node.id: node for node in nodes}
    told = []
    for edge in edges:
        choice = said.edge(edge)
        way = f"{said.node(by_id[edge.source])} → {said.node(by_id[edge.target])}"
        told.append(f"{choice}: {way}" if choice else way)
    return shown("; ".join(told), 20_000)


# -- nodes ----------------------------------------------------------------------------------------------------


def _lines_at(node: int, edges: Sequence[Edge]) -> int:
    """How many lines a side of the node must have room for."""
    return max(sum(edge.source == node for edge in edges), sum(edge.target == node for edge in edges))


def _box(node: Node, said: RouteWords, joined: int) -> _Box:
    told = said.brief(node) if node.kind == "hours" else said.node(node)  # its times are the small print
    lines = tuple(lines_of(told, SIZE, TEXT_WIDTH, MOST_LINES))
    aside = _small_print(node)
    small = tuple(lines_of(said.name(aside), SMALL, TEXT_WIDTH, 2 if node.kind in PROMPTED else 4)) if aside else ()
    heavy = HEAVY if node.kind in BOLD else 1.0
    text = max([width_of(line, SIZE) * heavy for line in lines] + [width_of(line, SMALL) for line in small])
    width = text + 3 * PADDING + ICON + 6
    height = len(lines) * SIZE * LEADING + len(small) * SMALL * LEADING + 2 * PADDING - 4
    return _Box(node, lines, small, width, max(height, 36.0, LINE_GAP * (joined + 1)))


def _small_print(node: Node) -> str:
    """What stands below: a menu's prompts, the times of opening hours that have no title."""
    if node.kind == "hours":
        return "; ".join(map(said_times, node.stop.name.split("; ")))
    if node.kind in PROMPTED:
        return ", ".join(name for name in node.stop.prompts if not name.startswith("silence/"))
    return ""


def _node(box: _Box, centre: Point, said: RouteWords) -> str:
    node, rtl = box.node, said.words.direction == "rtl"
    left, top = centre[0] - box.width / 2, centre[1] - box.height / 2
    where = said.where(node)
    tip = "\n".join(filter(None, (said.node(node), where, shown(node.application))))
    aside = PADDING + 4
    icon_x = box.width - aside - ICON if rtl else aside
    text_x = box.width - aside - ICON - 8 if rtl else aside + ICON + 8
    turn = ' direction="rtl"' if rtl else ""
    small_height = len(box.small) * SMALL * LEADING
    y = (box.height - len(box.lines) * SIZE * LEADING - small_height) / 2 + SIZE
    parts = [
        f'<g class="node {node.kind}" role="img" tabindex="0" aria-label="{_text(tip)}" transform="translate({left:.1f} {top:.1f})">'
        f"<title>{_text(tip)}</title>",
        f'<path class="o" d="{outline(node.kind, box.width, box.height)}"/>',
        f'<path class="i" transform="translate({icon_x:g} {(box.height - ICON) / 2:g})" d="{icon(node.kind)}"/>',
    ]
    for line in box.lines:
        parts.append(f'<text x="{text_x:g}" y="{y:.1f}"{turn}>{_text(line)}</text>')
        y += SIZE * LEADING
    for line in box.small:
        parts.append(f'<text class="s" x="{text_x:g}" y="{y - 2:.1f}"{turn}>{_text(line)}</text>')
        y += SMALL * LEADING
    if where:
        parts.append(_where(where, box))
    return "".join([*parts, "</g>"])


def _where(where: str, box: _Box) -> str:
    """File and line, shown while the node is pointed at or has the focus."""
    width = width_of(where, SMALL) + 12
    x = (box.width - width) / 2
    return (
        f'<g class="where" aria-hidden="true" transform="translate({x:.1f} {box.height + 3:.1f})">'
        f'<rect width="{width:.1f}" height="18" rx="4"/><text x="{width / 2:.1f}" y="13" text-anchor="middle">{_text(where)}</text></g>'
    )


# -- edges ----------------------------------------------------------------------------------------------------


def _label_size(lines: Sequence[str]) -> tuple[float, float]:
    if not any(lines):
        return 0.0, 0.0
    return max(width_of(line, SMALL) for line in lines) + 12, len(lines) * SMALL * LEADING + 5


def _edge(
    lines: Sequence[str], pieces: Sequence[Sequence[Point]], middle: Point | None, said: RouteWords, *, bad: bool
) -> str:
    parts = [f'<g class="edge{" bad" if bad else ""}" aria-hidden="true">']
    parts += [f'<path d="{_rounded(piece)}"/>' for piece in pieces]
    if len(pieces[-1]) > 1:
        parts.append(f'<path class="h" d="{_head_of_arrow(pieces[-1][-2], pieces[-1][-1])}"/>')
    if middle is not None:
        (width, height), (x, y) = _label_size(lines), middle
        parts.append(
            f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" height="{height:.1f}" rx="7"/>'
        )
        turn = ' direction="rtl"' if said.words.direction == "rtl" else ""
        for index, text in enumerate(lines):
            base = y - height / 2 + 2.5 + SMALL + index * SMALL * LEADING
            parts.append(f'<text x="{x:.1f}" y="{base:.1f}" text-anchor="middle"{turn}>{_text(text)}</text>')
    return "".join([*parts, "</g>"])


def _rounded(line: Sequence[Point]) -> str:
    """A polyline with its corners rounded."""
    if not line:
        return ""
    parts = [f"M{line[0][0]:.1f} {line[0][1]:.1f}"]
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        into, out = _towards(corner, before), _towards(corner, after)
        parts.append(f"L{into[0]:.1f} {into[1]:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {out[0]:.1f} {out[1]:.1f}")
    return "".join([*parts, f"L{line[-1][0]:.1f} {line[-1][1]:.1f}"])


def _towards(start: Point, end: Point) -> Point:
    length = max(abs(end[0] - start[0]) + abs(end[1] - start[1]), 0.1)
    part = min(ROUND, length / 2) / length
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


def _head_of_arrow(before: Point, tip: Point) -> str:
    length = max(((tip[0] - before[0]) ** 2 + (tip[1] - before[1]) ** 2) ** 0.5, 0.1)
    dx, dy = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    x, y = tip[0] - dx * 8, tip[1] - dy * 8
    return f"M{tip[0]:.1f} {tip[1]:.1f}L{x - dy * 4:.1f} {y + dx * 4:.1f}L{x + dy * 4:.1f} {y - dx * 4:.1f}Z"


def _text(text: str) -> str:
    return escape(text, quote=True)
