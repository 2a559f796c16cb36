"""What a call meets: the dialplan walked as Asterisk would run it, without running it.

`walk` gives the tree of all that can happen; `follow` the one road of a call whose keys and outcomes are chosen.
"""

from ringkeep.phonesystem.callflow.entry import Entry, UnknownCall, entry
from ringkeep.phonesystem.callflow.follow import follow
from ringkeep.phonesystem.callflow.stops import WORDS, Stop, Walk, describe
from ringkeep.phonesystem.callflow.tree import Edge, Forest, Node, Tree, walk

__all__ = [
    "WORDS",
    "Edge",
    "Entry",
    "Forest",
    "Node",
    "Stop",
    "Tree",
    "UnknownCall",
    "Walk",
    "describe",
    "entry",
    "follow",
    "walk",
]
