"""A call's graph made small: what leads to the same things is one node, what says the same is one edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ringkeep.phonesystem.callflow.keys import said_keys
from ringkeep.phonesystem.sentences import Sentence

if TYPE_CHECKING:
    from ringkeep.phonesystem.callflow.tree import Edge, Node

ROUNDS = 60
KEYS = {said_keys(keys).template for keys in ("1", "12", "1234567890*#")}


def simplified(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Nodes numbered from 0 in the order met, and edges of both without what adds nothing."""
    edges = _without_goodbyes(nodes, edges)
    nodes, edges = _repeats_joined(nodes, edges)
    classes = _classes(nodes, edges)
    first: dict[Hashable, int] = {}
    stands: dict[int, int] = {}
    for node in nodes:
        stands[node.id] = first.setdefault(classes[node.id], node.id)
    merged: dict[tuple[int, int], dict[str, Sentence]] = {}
    for edge in edges:
        told = merged.setdefault((stands[edge.source], stands[edge.target]), {})
        for name, says in zip(edge.names, edge.says, strict=True):
            told.setdefault(name, says)
    kept = {node.id: node for node in nodes if stands[node.id] == node.id}
    reached = _reached(merged)
    numbered = {old: new for new, old in enumerate(old for old in kept if old in reached)}
    drawn = [(a, b, told) for (a, b), told in merged.items() if a in numbered and b in numbered]
    return (
        tuple(replace(kept[old], id=new) for old, new in numbered.items()),
        tuple(_edge(edges, numbered[a], numbered[b], told) for a, b, told in drawn),
    )


def _edge(edges: Sequence[Edge], source: int, target: int, told: Mapping[str, Sentence]) -> Edge:
    pressed = [name for name, says in told.items() if says.template in KEYS]
    others = [says for name, says in told.items() if name not in pressed]
    if pressed:
        others.insert(0, said_keys([key for name in pressed for key in name.split(",")]))
    return replace(edges[0], source=source, target=target, names=tuple(told), says=tuple(others))


def _classes(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[int, Hashable]:
    """Nodes that cannot be told apart by what they are and by all that can follow have one class."""
    going: dict[int, list[tuple[tuple[str, ...], int]]] = {node.id: [] for node in nodes}
    for edge in edges:
        going[edge.source].append((edge.names, edge.target))
    classes: dict[int, int] = _numbered({n.id: _what(n) for n in nodes})
    for _ in range(ROUNDS):
        told = {
            n.id: (classes[n.id], frozenset((names, classes[target]) for names, target in going[n.id])) for n in nodes
        }
        finer = _numbered(told)
        if len(set(finer.values())) == len(set(classes.values())):
            break
        classes = finer
    return dict(classes)


def _what(node: Node) -> Hashable:
    """What a node is by itself; a mailbox is the same whichever greeting it plays."""
    if node.kind == "voicemail":
        return node.kind, str(node.label)
    return node.kind, str(node.label), str(node.place), node.application


def _numbered(told: Mapping[int, Hashable]) -> dict[int, int]:
    numbers: dict[Hashable, int] = {}
    return {identity: numbers.setdefault(what, len(numbers)) for identity, what in told.items()}


def _without_goodbyes(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[Edge]:
    """A message left, perhaps a goodbye, and then hung up: the mailbox is the end."""
    by_id = {node.id: node for node in nodes}
    going: dict[int, list[int]] = {}
    for edge in edges:
        going.setdefault(edge.source, []).append(edge.target)
    kept = []
    for edge in edges:
        if by_id[edge.source].kind == "voicemail" and "left" in edge.names and _only_ends(by_id, going, edge.target):
            further = [(n, s) for n, s in zip(edge.names, edge.says, strict=True) if n != "left"]
            if not further:
                continue
            edge = replace(edge, names=tuple(n for n, _ in further), says=tuple(s for _, s in further))
        kept.append(edge)
    return kept


def _repeats_joined(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[list[Node], list[Edge]]:
    """One announcement played again and again, whatever happens, is one: "custom/closed, in fa and en"."""
    by_id = {node.id: node for node in nodes}
    coming, going = Counter(edge.target for edge in edges), Counter(edge.source for edge in edges)
    stands: dict[int, int] = {}
    rounds: dict[int, list[Node]] = {}
    for edge in edges:
        one, other = by_id[edge.source], by_id[edge.target]
        if going[one.id] == coming[other.id] == 1 and not edge.names and _plays_the_same(one, other):
            first = stands.get(one.id, one.id)
            if first != other.id:
                stands[other.id] = first
                rounds.setdefault(first, [one]).append(other)
    for first, played in rounds.items():
        by_id[first] = replace(by_id[first], label=_played_often(by_id[first].label, played))
    kept = [by_id[node.id] for node in nodes if node.id not in stands]
    joined = [replace(edge, source=stands.get(edge.source, edge.source)) for edge in edges if edge.target not in stands]
    return kept, joined


def _plays_the_same(one: Node, other: Node) -> bool:
    return one.kind == other.kind == "announcement" and str(one.label) == str(other.label)


def _played_often(label: Sentence, played: Sequence[Node]) -> Sentence:
    languages = [node.stop.languages[0] if node.stop.languages else "" for node in played]
    if len(set(languages)) == len(languages) and all(languages):
        return Sentence("{what}, in {languages}", {"what": label, "languages": ", ".join(languages)})
    return Sentence("{what}, {count} times", {"what": label, "count": len(played)})


def _only_ends(nodes: Mapping[int, Node], going: Mapping[int, list[int]], node: int) -> bool:
    for _ in range(len(nodes)):
        further = going.get(node, [])
        if nodes[node].kind in ("hangup", "busy", "congestion"):
            return True
        if nodes[node].kind != "announcement" or len(further) != 1:
            return False
        node = further[0]
    return False


def _reached(edges: Mapping[tuple[int, int], object]) -> set[int]:
    going: dict[int, list[int]] = {}
    for source, target in edges:
        going.setdefault(source, []).append(target)
    reached, waiting = {0}, [0]
    while waiting:
        for target in going.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
