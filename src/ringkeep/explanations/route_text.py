"""A call's tree in a terminal: indented, short, file and line dimmed."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text
from rich.tree import Tree as Branches

from ringkeep.explanations.route_words import RouteWords, telling
from ringkeep.phonesystem.callflow import Edge, Node, Tree

STYLES = {"dead_end": "bold red", "nobody": "yellow", "unknown": "magenta", "menu": "bold", "more": "yellow"}
PASSED = ("hours", "night_switch", "announcement", "unknown")  # on the way to what the call is for
LONGEST_WAY, KEYS_TOLD = 5, 12
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
    """Where a number goes, in one line: what the caller meets up to the first thing that decides, and its ways on."""
    going: dict[int, list[Edge]] = {}
    for edge in telling(tree)[1]:
        going.setdefault(edge.source, []).append(edge)
    way: list[Node] = []
    current = 0
    while len(further := going.get(current, [])) == 1 or (further and not current):
        current = further[0].target
        if current in {node.id for node in way} or len(way) >= LONGEST_WAY:
            break
        way.append(tree.nodes[current])
        if way[-1].kind not in PASSED:
            break
    line = Text(said.words.digits(tree.number), style="bold")
    line.append(" → ", style="dim")
    line.append(" → ".join(said.brief(node) for node in way))
    if way and (keys := list(_ways_on(tree, way[-1], going.get(way[-1].id, []), said))):
        line.append(f": {said.comma.join(keys[:KEYS_TOLD])}{' …' if len(keys) > KEYS_TOLD else ''}")
    return line


def _ways_on(tree: Tree, node: Node, edges: list[Edge], said: RouteWords) -> Iterator[str]:
    """What the keys of a menu lead to: "1 Queue sales"."""
    if node.kind not in ("menu", "input"):
        return
    for edge in edges:
        keys = [key for name in edge.names for key in name.split(",") if not key.strip("0123456789*#")]
        if keys and edge.target != node.id:
            target = _where_to(tree, edge.target)
            yield f"{said.words.digits(' '.join(keys))} {said.brief(target)}"


def _where_to(tree: Tree, node: int) -> Node:
    """Past what is only said on the way."""
    for _ in range(LONGEST_WAY):
        further = [edge.target for edge in tree.edges if edge.source == node]
        if tree.nodes[node].kind != "announcement" or len(further) != 1:
            break
        node = further[0]
    return tree.nodes[node]
