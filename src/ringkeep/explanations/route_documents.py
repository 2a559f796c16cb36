"""A call's tree for other programs: the JSON document, and Graphviz' language."""

from __future__ import annotations

from typing import Any

from ringkeep.explanations.route_words import RouteWords, telling
from ringkeep.phonesystem.callflow import Node, Tree
from ringkeep.translation import shown

Document = dict[str, Any]
SHAPES = {
    "start": "oval", "menu": "hexagon", "unknown": "diamond", "hours": "diamond", "night_switch": "diamond",
    "outbound": "cds", "dead_end": "octagon", "hangup": "oval", "announcement": "note", "voicemail": "folder",
}  # fmt: skip


def document(tree: Tree, said: RouteWords) -> Document:
    """The tree as documented in docs/route.md."""
    return {
        "number": shown(tree.number),
        "via": None if tree.via is None else shown(tree.via),
        "context": shown(tree.context),
        "at": tree.at.isoformat(timespec="minutes"),
        "complete": tree.complete,
        "nodes": [_node(node, said) for node in tree.nodes],
        "edges": [
            {"from": f"n{edge.source}", "to": f"n{edge.target}", "label": said.edge(edge)} for edge in tree.edges
        ],
        "ends": [f"n{node.id}" for node in tree.ends],
        "dead_ends": [f"n{node.id}" for node in tree.dead_ends],
        "endless": [f"n{node.id}" for node in tree.endless],
    }


def _node(node: Node, said: RouteWords) -> Document:
    stop = node.stop
    return {
        "id": f"n{node.id}",
        "kind": node.kind,
        "label": said.node(node),
        "name": shown(stop.name),
        "where": said.where(node) or None,
        "context": shown(stop.context) or None,
        "extension": shown(stop.extension) or None,
        "application": shown(node.application) or None,
        "prompts": [shown(name) for name in stop.prompts],
        "rings": [shown(target) for target in stop.targets] if node.kind not in ("hours",) else [],
        "number": None if stop.number is None else shown(stop.number),
        "timeout_s": stop.timeout_s,
    }


def graphviz(tree: Tree, said: RouteWords) -> str:
    """The tree for `dot`."""
    nodes, edges = telling(tree)
    direction = "RL" if said.words.direction == "rtl" else "LR"
    lines = [
        "digraph call {",
        f"  rankdir={direction}; label={_quoted(said.title(tree))}; labelloc=t;",
        '  node [shape=box, style=rounded, fontname="Vazirmatn, sans-serif"]; edge [fontname="Vazirmatn, sans-serif"];',
    ]
    for node in nodes:
        more = ", penwidth=3" if node.kind == "dead_end" else ""
        shape = SHAPES.get(node.kind, "box")
        tip = _quoted(said.where(node))
        lines.append(f"  n{node.id} [label={_quoted(said.node(node))}, shape={shape}, tooltip={tip}{more}];")
    lines += [f"  n{edge.source} -> n{edge.target} [label={_quoted(said.edge(edge))}];" for edge in edges]
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
