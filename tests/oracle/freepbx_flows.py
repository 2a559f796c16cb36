"""Changes that people make on FreePBX 16 to what callers meet: queues, menus, ring groups, DIDs, hours, announcements."""

from __future__ import annotations

import re

from tests.oracle.nights import Case, Night

ADDITIONAL = "extensions_additional.conf"


def delete_queue(night: Night) -> None:
    night.delete("queues_config", extension="405")
    night.delete("queues_details", id="405")
    night.section("queues_additional.conf", "[405]")
    night.lines(
        ADDITIONAL, lambda line: bool(re.match(r"exten => (\*45)?405,|exten => _?\*?\d*405,", line)) or "*405" in line
    )
    night.state("/QPENALTY/405/dynmemberonly", None)


def queue_strategy(night: Night) -> None:
    night.row("queues_details", id="403", keyword="strategy")["data"] = "random"
    night.files["queues_additional.conf"] = re.sub(
        r"(?s)(\n\[403\]\n.*?\nstrategy=)\w+", r"\1random", night.files["queues_additional.conf"], count=1
    )


def queue_wait(night: Night) -> None:
    night.row("queues_config", extension="401")["maxwait"] = "180"
    night.sub(ADDITIONAL, "exten => 401,n,Set(QMAXWAIT=${IF($[${LEN(${VQ_MAXWAIT})}>0]?${VQ_MAXWAIT}:60)})",
              "exten => 401,n,Set(QMAXWAIT=${IF($[${LEN(${VQ_MAXWAIT})}>0]?${VQ_MAXWAIT}:180)})")  # fmt: skip


def queue_member_gone(night: Night) -> None:
    night.delete("queues_details", id="402", data="Local/1041@from-queue/n,1")
    night.sub("queues_additional.conf", 'member=Local/1041@from-queue/n,1,"Ben García",hint:1041@ext-local\n', "")


def queue_destination(night: Night) -> None:
    night.row("queues_config", extension="401")["dest"] = "ext-group,602,1"
    night.sub(ADDITIONAL, 'exten => 401,n(gotodest),GotoIf($["${QDEST}"=""]?ext-local,vmu1001,1:',
              'exten => 401,n(gotodest),GotoIf($["${QDEST}"=""]?ext-group,602,1:')  # fmt: skip


def menu_key_added(night: Night) -> None:
    night.insert(
        "ivr_entries", night.row("ivr_entries", ivr_id="1", selection="0"), selection="77", dest="ext-group,601,1"
    )
    night.within(
        ADDITIONAL,
        "[ivr-1] ; IVR 1",
        "exten => i,1,",
        "exten => 77,1,Set(__ivrreturn=0)\nexten => 77,n(ivrsel-77),Goto(ext-group,601,1)\n\nexten => i,1,",
    )


def menu_key_removed(night: Night) -> None:
    night.delete("ivr_entries", ivr_id="1", selection="3")
    night.within(
        ADDITIONAL,
        "[ivr-1] ; IVR 1",
        "exten => 3,1,Set(__ivrreturn=0)\nexten => 3,n(ivrsel-3),Goto(ext-queues,404,1)\n\n",
        "",
    )


def menu_timeout(night: Night) -> None:
    night.row("ivr_details", id="1")["timeout_destination"] = "ext-queues,401,1"
    night.within(
        ADDITIONAL, "[ivr-1] ; IVR 1", "exten => t,n,Goto(ext-local,1000,dest)", "exten => t,n,Goto(ext-queues,401,1)"
    )


def menu_wait(night: Night) -> None:
    night.row("ivr_details", id="2")["timeout_time"] = "25"
    night.within(ADDITIONAL, "[ivr-2] ; IVR 2", "WaitExten(10,)", "WaitExten(25,)")


def group_member(night: Night) -> None:
    night.row("ringgroups", grpnum="601")["grplist"] = "1011-1018-1025-1032-1039-1046-1007"
    night.sub(ADDITIONAL, "1011-1018-1025-1032-1039-1046", "1011-1018-1025-1032-1039-1046-1007", 3)
    for code in ("**", "***80"):
        line = (
            f"exten => {code}1007,n,Pickup(1007&1007@PICKUPMARK&600@from-internal&600@from-internal-xfer&600@ext-group"
        )
        night.sub(ADDITIONAL, f"{line})", f"{line}&601@from-internal&601@from-internal-xfer&601@ext-group)")


def group_strategy(night: Night) -> None:
    night.row("ringgroups", grpnum="601")["strategy"] = "memoryhunt"
    night.sub(ADDITIONAL, "exten => 601,n,Set(RingGroupMethod=hunt)", "exten => 601,n,Set(RingGroupMethod=memoryhunt)")


def group_time(night: Night) -> None:
    night.row("ringgroups", grpnum="601")["grptime"] = "45"
    night.sub(
        ADDITIONAL,
        "exten => 601,n(RGVQANNOUNCE),Macro(dial-confirm,20,",
        "exten => 601,n(RGVQANNOUNCE),Macro(dial-confirm,45,",
    )
    night.sub(
        ADDITIONAL, "exten => 601,n(NORGVQANNOUNCE),Macro(dial,20,", "exten => 601,n(NORGVQANNOUNCE),Macro(dial,45,"
    )
    night.sub(ADDITIONAL, "exten => _RG-601-.,n,Macro(dial,20,", "exten => _RG-601-.,n,Macro(dial,45,")


def did_added(night: Night) -> None:
    night.insert(
        "incoming", night.row("incoming", extension="12125551001"), extension="12125558888", destination="ivr-2,s,1"
    )
    lines = [line for line in night.files[ADDITIONAL].split("\n") if line.startswith("exten => 12125551002,")]
    copied = "\n".join(lines).replace("12125551002", "12125558888").replace("Goto(ext-queues,402,1)", "Goto(ivr-2,s,1)")
    night.sub(ADDITIONAL, ";--== end of [ext-did-0002] ==--;", copied + "\n\n;--== end of [ext-did-0002] ==--;")


def did_deleted(night: Night) -> None:
    night.delete("incoming", extension="12125551002")
    night.lines(ADDITIONAL, lambda line: line.startswith("exten => 12125551002,"))


def did_moved(night: Night) -> None:
    night.row("incoming", extension="12125551002")["destination"] = "from-did-direct,1080,1"
    night.sub(
        ADDITIONAL,
        "exten => 12125551002,n(dest-ext),Goto(ext-queues,402,1)",
        "exten => 12125551002,n(dest-ext),Goto(from-did-direct,1080,1)",
    )


def did_title(night: Night) -> None:
    night.row("incoming", extension="12125551002")["description"] = "Spring sale"


def hours(night: Night) -> None:
    night.row("timegroups_details", id="1")["time"] = "09:00-13:00|mon-fri|*|*"
    night.sub(
        ADDITIONAL,
        "exten => 1,n,Noop(TIMEMATCHED: ${IFTIME(08:00-16:30,",
        "exten => 1,n,Noop(TIMEMATCHED: ${IFTIME(09:00-13:00,",
    )
    night.sub(
        ADDITIONAL,
        "exten => 1,n,GotoIfTime(08:00-16:30,mon-fri,*,*?truestate)",
        "exten => 1,n,GotoIfTime(09:00-13:00,mon-fri,*,*?truestate)",
    )


def hours_destination(night: Night) -> None:
    night.row("timeconditions", timeconditions_id="1")["falsegoto"] = "ext-local,vmu1000,1"
    night.sub(
        ADDITIONAL,
        'exten => 1,n,GotoIf($["${TCRETURN}"!="RETURN"]?app-announcement-1,s,1)',
        'exten => 1,n,GotoIf($["${TCRETURN}"!="RETURN"]?ext-local,vmu1000,1)',
    )


def announcement(night: Night) -> None:
    night.row("announcement", announcement_id="1")["post_dest"] = "ext-queues,403,1"
    text = night.files[ADDITIONAL]
    start, end = text.index("[app-announcement-1]\n"), text.index(";--== end of [app-announcement-1]")
    night.files[ADDITIONAL] = (
        text[:start] + text[start:end].replace("ext-local,1001,dest", "ext-queues,403,1") + text[end:]
    )


def menu_renamed(night: Night) -> None:
    night.row("ivr_details", id="1")["name"] = "Reception menu"
    night.sub(ADDITIONAL, "[ivr-1] ; IVR 1", "[ivr-1] ; Reception menu")


def menu_recording(night: Night) -> None:
    night.row("ivr_details", id="1")["announcement"] = "3"
    night.within(ADDITIONAL, "[ivr-1] ; IVR 1", "IVR_MSG=custom/prompt1", "IVR_MSG=custom/prompt3")


def menu_without_extensions(night: Night) -> None:
    night.row("ivr_details", id="1")["directdial"] = ""
    night.within(ADDITIONAL, "[ivr-1] ; IVR 1", "include => from-did-direct-ivr\n", "")


def penalty(night: Night) -> None:
    night.row("queues_details", id="402", data="Local/1041@from-queue/n,1")["data"] = "Local/1041@from-queue/n,5"
    night.sub(
        "queues_additional.conf", 'member=Local/1041@from-queue/n,1,"Ben', 'member=Local/1041@from-queue/n,5,"Ben'
    )


def group_deleted(night: Night) -> None:
    night.delete("ringgroups", grpnum="614")
    night.lines(ADDITIONAL, lambda line: bool(re.match(r"exten => (\*\*)?614,|exten => _RG-614", line)))
    night.files[ADDITIONAL] = night.files[ADDITIONAL].replace(
        "&614@from-internal&614@from-internal-xfer&614@ext-group", ""
    )
    for key in [key for key in night.states if key.startswith("/RINGGROUP/614/")]:
        night.state(key, None)


def did_edited_by_hand(night: Night) -> None:
    night.sub(
        ADDITIONAL,
        "exten => 12125551002,n(dest-ext),Goto(ext-queues,402,1)",
        "exten => 12125551002,n(dest-ext),Goto(ext-queues,403,1)",
    )


CASES = (
    Case("queue deleted", delete_queue, (("removed", "queue", "405", None, None, None),)),
    Case("queue strategy", queue_strategy, (("changed", "queue", "403", "strategy", "rrmemory", "random"),)),
    Case("queue's longest wait", queue_wait, (("changed", "queue", "401", "wait_s", "60", "180"),)),
    Case("queue member gone", queue_member_gone, (("removed", "queue", "402", "members", "1041", None),), "no longer answers"),
    Case("queue destination", queue_destination, (("changed", "queue", "401", "destination", "mailbox 1001", "ring group 602"),)),
    Case("menu key added", menu_key_added, (("added", "menu", "1", "key 77", None, "ring group 601"),)),
    Case("menu key removed", menu_key_removed, (("removed", "menu", "1", "key 3", "queue 404", None),)),
    Case("menu without a key", menu_timeout, (("changed", "menu", "1", "key t", "extension 1000", "queue 401"),)),
    Case("menu waits longer", menu_wait, (("changed", "menu", "2", "timeout_s", "10", "25"),)),
    Case("ring group member", group_member, (("added", "ring_group", "601", "members", None, "1007"),)),
    Case("ring group strategy", group_strategy, (("changed", "ring_group", "601", "strategy", "hunt", "memoryhunt"),)),
    Case("ring group time", group_time, (("changed", "ring_group", "601", "ring_s", "20", "45"),)),
    Case("DID added", did_added, (("added", "inbound_route", "12125558888", None, None, "menu 2"),)),
    Case("DID deleted", did_deleted, (("removed", "inbound_route", "12125551002", None, "queue 402", None),)),
    Case("DID moved", did_moved, (("changed", "inbound_route", "12125551002", "destination", "queue 402", "extension 1080"),)),
    Case("DID described", did_title, (("changed", "inbound_route", "12125551002", "title", "DID 2", "Spring sale"),)),
    Case("opening hours", hours, (("changed", "time_condition", "1", "times", "08:00-16:30 mon-fri", "09:00-13:00 mon-fri"),)),
    Case("destination outside hours", hours_destination, (("changed", "time_condition", "1", "outside", "announcement 1", "mailbox 1000"),)),
    Case("announcement goes on elsewhere", announcement, (("changed", "announcement", "1", "destination", "extension 1001", "queue 403"),)),
    Case("menu renamed", menu_renamed, (("changed", "menu", "1", "title", "IVR 1", "Reception menu"),), "Menu 1 is now called Reception menu"),
    Case("menu's recording", menu_recording, (("changed", "menu", "1", "prompts", "custom/prompt1", "custom/prompt3"),)),
    Case("menu without extensions", menu_without_extensions, (("changed", "menu", "1", "direct_dial", "yes", "no"),)),
    Case("penalty of a member", penalty, (("changed", "queue", "402", "penalty", "1041 (1)", "1041 (5)"),)),
    Case("ring group deleted", group_deleted, (("removed", "ring_group", "614", None, None, None),)),
    Case("clock overridden", lambda n: n.state("/TC/1", "false_sticky"), (("changed", "time_condition", "1", "override", None, "false_sticky"),)),
    Case("DID edited by hand", did_edited_by_hand, (("changed", "inbound_route", "12125551002", "destination", "queue 402", "queue 403"),), "past the product's pages"),
)  # fmt: skip
