"""A call's tree in the reader's language: every text of unknown origin made safe, numbers as they write them."""

from __future__ import annotations

import re
from datetime import datetime

from ringkeep.phonesystem.callflow import Edge, Node, Tree
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.translation import Words, shown

NUMBER = re.compile(r"[0-9+*#.,:؛;،\s-]+")
LATIN = re.compile(r"[A-Za-z]")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
EXTRAS = {"{what}, {seconds} s", "{what}, 1 person", "{what}, {count} people"}
BRIEF = {"Opening hours {times}": Sentence("Opening hours")}
UNSAID = {"answered"}  # ends that go without saying: whoever answers talks


class RouteWords:
    """Says nodes and edges in one language."""

    def __init__(self, lang: str) -> None:
        self.words = Words(lang)
        self.comma = "، " if self.words.direction == "rtl" else ", "

    def say(self, sentence: Sentence) -> str:
        """A sentence with safe names."""
        return sentence.said(self.words, self.name)

    def name(self, text: str) -> str:
        """A name of the phone system, fit to be shown."""
        text = shown(text)
        if MOMENT.fullmatch(text):
            return self.words.instant(datetime.fromisoformat(text))
        if NUMBER.fullmatch(text):
            return self.words.digits(text)
        # A Latin name inside Persian keeps its own order of signs: "08:00-17:00,sat-wed".
        return f"\u2068{text}\u2069" if self.words.direction == "rtl" and LATIN.search(text) else text

    def node(self, node: Node) -> str:
        """What a node is."""
        return self.say(node.label)

    def brief(self, node: Node) -> str:
        """What a node is, in the fewest words: without times, seconds and people."""
        return self.say(in_brief(node.label))

    def edge(self, edge: Edge) -> str:
        """What leads along an edge; empty when nothing decides."""
        return self.comma.join(self.say(one) for one in edge.says)

    def where(self, node: Node) -> str:
        """File and line of the step behind a node; empty when there is none."""
        return shown(f"{node.place}") if node.place.file else ""

    def title(self, tree: Tree) -> str:
        """The call, and when."""
        when = self.words.instant(tree.at)
        return f"{self.node(tree.nodes[0])}{self.comma}{when}"


def in_brief(label: Sentence) -> Sentence:
    """Opening hours without their times, queues and groups without people and seconds."""
    inner = label.values.get("what")
    if not isinstance(inner, Sentence):
        return BRIEF.get(label.template, label)
    if label.template in EXTRAS:
        return in_brief(inner)
    return Sentence(label.template, {**label.values, "what": in_brief(inner)})


def telling(tree: Tree) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The tree without what goes without saying: that whoever answers talks."""
    silent = {node.id for node in tree.nodes if node.kind in UNSAID}
    edges = tuple(edge for edge in tree.edges if edge.target not in silent)
    return tuple(node for node in tree.nodes if node.id not in silent), edges
