"""A call's tree in a terminal: indented, short, file and line dimmed."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree as Branches

from ringkeep.explanations.route_words import RouteWords, telling
from ringkeep.phonesystem.callflow import Edge, Node, Tree

STYLES = {"dead_end": "bold red", "nobody": "yellow", "unknown": "magenta", "menu": "bold", "more": "yellow"}
MARKS = {"dead_end": "✘ ", "nobody": "! ", "unknown": "? ", "more": "… "}


def branches(tree: Tree, said: RouteWords) -> Branches:
    """The tree, each thing told once; where a call comes to it again it is only named."""
    nodes, edges = telling(tree)
    going: dict[int, list[Edge]] = {}
    for edge in edges:
        going.setdefault(edge.source, []).append(edge)
    by_id = {node.id: node for node in nodes}
    root = Branches(Text(said.title(tree), style="bold"))
    told: set[int] = {0}
    waiting = [(root, edge) for edge in reversed(going.get(0, []))]
    while waiting:
        above, edge = waiting.pop()
        node = by_id[edge.target]
        again = node.id in told and node.id in going
        below = above.add(_line(node, said.edge(edge), said, again=again))
        if node.id not in told:
            told.add(node.id)
            waiting += [(below, further) for further in reversed(going.get(node.id, []))]
    return root


def _line(node: Node, choice: str, said: RouteWords, *, again: bool) -> Text:
    line = Text()
    if choice:
        line.append(f"{choice} → ", style="cyan")
    line.append(MARKS.get(node.kind, "") + said.node(node), style="" if again else STYLES.get(node.kind, ""))
    if again:
        line.append(f"  ({said.words('see above')})", style="dim")
    elif where := said.where(node):
        line.append(f"  {where.rpartition('/')[2]}", style="dim")
    return line


def overview(tree: Tree, said: RouteWords) -> Text:
    """Where a number goes, in one line."""
    nodes, edges = telling(tree)
    by_id = {node.id: node for node in nodes}
    current = 0
    way: list[Node] = []
    while True:
        further = [edge for edge in edges if edge.source == current]
        if not further or (current and len(further) > 1) or by_id[further[0].target] in way or len(way) > 4:
            break
        current = further[0].target
        way.append(by_id[current])
        if way[-1].kind not in ("hours", "announcement", "start", "unknown"):
            break
    line = Text(said.words.digits(tree.number), style="bold")
    line.append(" → ", style="dim")
    line.append(" → ".join(said.node(node) for node in way))
    return line
