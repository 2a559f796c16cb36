"""Where a call is sent next, as FreePBX and Issabel write it: `context,number,priority` -> `Destination`.

Both keep destinations in this form in their databases and in the `Goto`s of what they generate, so one reading serves
both. Source: the destination hooks of the products' modules (getdest in each functions.inc.php).
"""

from __future__ import annotations

import re

from ringkeep.phonesystem.model import Destination

# Context -> (kind, where the id is: "exten", or the number of a group of the expression).
CONTEXTS: tuple[tuple[str, str, str], ...] = (
    (r"ext-group", "ring_group", "exten"),
    (r"ext-queues", "queue", "exten"),
    (r"ext-findmefollow|followme-check", "follow_me", "exten"),
    (r"ext-meetme", "conference", "exten"),
    (r"ext-miscdests", "number", "exten"),
    (r"ext-trunk", "outbound", "exten"),
    (r"app-pagegroups|ext-paging", "paging_group", "exten"),
    (r"app-parking|park-dial|parkedcalls", "parking_lot", "exten"),
    (r"timeconditions", "time_condition", "exten"),
    (r"app-daynight", "night_switch", "exten"),
    (r"ivr-(\w+)", "menu", "1"),
    (r"app-announcement-(\w+)", "announcement", "1"),
    (r"disa", "disa", "exten"),
    (r"app-vmblast|vmblast-grp", "voicemail_group", "exten"),
    (r"directory|app-directory", "directory", "exten"),
    (r"app-languages|app-setcid|app-queueprio|ext-callrecording|callback|dynroute-\w+|app-faqs|ext-fax", "application", ""),
    (r"from-did-direct|from-internal|ext-local-confirm|from-internal-\w+", "extension", "exten"),
)  # fmt: skip
BLACKHOLE = {"hangup": "hangup", "busy": "busy", "congestion": "congestion", "ring": "ring", "musiconhold": "music"}
MAILBOX = re.compile(r"vm[usbi]?([0-9]+)")


def parse_destination(target: str | None) -> Destination | None:
    """`ext-local,vmu146,1` -> mailbox 146; None when nothing is written. What is in no product's list is `dialplan`."""
    text = (target or "").strip()
    words = [word.strip() for word in text.replace("|", ",").split(",")]
    if not words[0]:
        return None
    context, exten = words[0], words[1] if len(words) > 1 else ""
    if context == "app-blackhole":
        return Destination(BLACKHOLE.get(exten, "hangup"), "", text)
    if context == "ext-local":
        box = MAILBOX.fullmatch(exten)
        return Destination("mailbox" if box else "extension", box[1] if box else exten, text)
    for pattern, kind, where in CONTEXTS:
        if match := re.fullmatch(pattern, context):
            identity = exten if where == "exten" else match[int(where)] if where else f"{context},{exten}"
            return Destination(kind, identity, text)
    return Destination("dialplan", ",".join(words[:2]), text)


WORDS = {
    "ring_group": "ring group", "time_condition": "time condition", "night_switch": "night switch", "paging_group": "paging group",
    "parking_lot": "parking lot", "follow_me": "follow-me of", "outbound": "trunk", "disa": "dial-in access", "voicemail_group": "voicemail group",
    "hangup": "hang up", "music": "music on hold", "ring": "endless ringing", "dialplan": "dialplan", "number": "outside number",
}  # fmt: skip


def words_of(destination: Destination | None) -> str:
    """In a few words, for people and programs alike: "queue 401", "ring group 601", "hang up"; "nothing" for None."""
    if destination is None:
        return "nothing"
    kind = WORDS.get(destination.kind, destination.kind)
    return f"{kind} {destination.id}".strip()
