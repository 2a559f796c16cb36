"""`ringkeep route`: everything that can happen to a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console

from ringkeep.explanations.opened import opened
from ringkeep.explanations.picture import picture
from ringkeep.explanations.route_documents import document, graphviz
from ringkeep.explanations.route_text import branches, overview
from ringkeep.explanations.route_words import RouteWords
from ringkeep.phonesystem.callflow import Forest, Tree, UnknownCall, entry
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.secrecy import secrets_of
from ringkeep.terminal import GOOD, NOT_GOOD, USAGE, fail, print_json
from ringkeep.translation import Words


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `ringkeep route` was asked."""

    path: Path
    number: str | None  # None: every number that callers from outside can dial
    via: str | None
    at: datetime
    as_json: bool
    svg: Path | None
    dot: bool
    lang: str


def tell(wanted: Wanted) -> int:
    """Print or draw the call flow; the exit code: 1 when a call meets a dead end or never ends."""
    said = RouteWords(wanted.lang)
    with opened(wanted.path) as open_system:
        system = open_system.system
    try:
        if wanted.number is None:
            trees = every_tree(system, wanted.at, wanted.via)
        else:
            trees = [Forest(system, wanted.at).walk(wanted.number, wanted.via)]
    except UnknownCall as unknown:
        fail("unknown", unknown.says, Words(wanted.lang), as_json=wanted.as_json)
        return USAGE
    _show(secrets_of(system).covered_in(trees), wanted, said)
    return NOT_GOOD if any(tree.dead_ends or tree.endless for tree in trees) else GOOD


def every_tree(system: PhoneSystem, at: datetime, via: str | None = None) -> list[Tree]:
    """Every inbound number, through each trunk by which a call takes another way. Raises `UnknownCall`."""
    forest = Forest(system, at)
    trees: list[Tree] = []
    told: set[tuple[object, ...]] = set()
    for number, way in dict.fromkeys(_calls(system, via)):
        try:
            begin = entry(system, number, way)
        except UnknownCall:  # an inbound number that no context holds: damaged, or of a module that is switched off
            continue
        if begin.context in system.dialplan.contexts:
            tree = forest.grow(begin)
            shape = (
                number,
                tuple(str(node.label) for node in tree.nodes[1:]),
                tuple((edge.source, edge.target, edge.names) for edge in tree.edges),
            )
            if shape not in told:
                told.add(shape)
                trees.append(tree)
    return trees


def _calls(system: PhoneSystem, via: str | None) -> Iterator[tuple[str, str | None]]:
    if via is not None:
        entry(system, "", via)
    contexts = {trunk.name: trunk.context for trunk in system.trunks}
    for inbound in system.inbound_numbers:
        number = inbound.number or "s"
        if not number.strip("0123456789+*#s"):
            seen: set[str | None] = set()
            for name in inbound.trunks or (None,):
                where = contexts.get(name or "")
                if via in (None, name) and where not in seen:
                    seen.add(where)
                    yield number, name


# -- showing --------------------------------------------------------------------------------------------------


def _show(trees: list[Tree], wanted: Wanted, said: RouteWords) -> None:
    single = trees[0] if wanted.number is not None else None
    if wanted.as_json:
        print_json(document(single, said) if single else {"routes": [document(tree, said) for tree in trees]})
    elif wanted.dot:
        print("\n".join(graphviz(tree, said) for tree in trees))
    elif wanted.svg is not None:
        _draw(trees, wanted.svg, said, one=single is not None)
    elif single:
        console = Console(highlight=False)
        console.print(branches(single, said))
        _warn(single, said, console.print)
    else:
        _overview(trees, said)


def _draw(trees: list[Tree], path: Path, said: RouteWords, *, one: bool) -> None:
    if one:
        path.write_text(picture(trees[0], said), "utf-8")
        return
    path.mkdir(parents=True, exist_ok=True)
    for tree in trees:
        name = re.sub(r"[^0-9A-Za-z+._-]", "_", f"{tree.number}-{tree.via or tree.context}")[:100]
        (path / f"{name}.svg").write_text(picture(tree, said), "utf-8")


def _overview(trees: list[Tree], said: RouteWords) -> None:
    console = Console(highlight=False, markup=False)
    for tree in trees:
        console.print(overview(tree, said))
        _warn(tree, said, console.print)


def _warn(tree: Tree, said: RouteWords, print_line: Callable[..., None]) -> None:
    for node in tree.dead_ends:
        print_line(f"  ✘ {said.node(node)}  {said.where(node)}", style="red", markup=False)
    if tree.endless:
        names = said.comma.join(said.node(node) for node in tree.endless[:3])
        print_line(
            f"  ✘ {said.words('A call never comes to an end here: {names}').format(names=names)}",
            style="red", markup=False,
        )  # fmt: skip
    if not tree.complete:
        print_line(f"  … {said.words('This call flow is larger than what is shown.')}", style="yellow", markup=False)
