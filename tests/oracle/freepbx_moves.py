"""Changes on FreePBX 16 of which two rows or lines make one: things that moved, were rewritten, or changed places."""

from __future__ import annotations

from tests.oracle.nights import Case, Night, Row


def route_order(night: Night) -> None:
    for route, place in (("5", "1"), ("4", "0")):
        night.row("outbound_route_sequence", route_id=route)["seq"] = place
    night.sub(
        "extensions_additional.conf",
        "include => outrt-5 ; Local\ninclude => outrt-4 ; International\n",
        "include => outrt-4 ; International\ninclude => outrt-5 ; Local\n",
    )


def pattern_rewritten(night: Night) -> None:
    night.row("outbound_route_patterns", route_id="3")["match_pattern_pass"] = "0NXXNXXXXXX"
    text = night.files["extensions_additional.conf"]
    night.files["extensions_additional.conf"] = text.replace("_1NXXNXXXXXX", "_0NXXNXXXXXX")


def code_moved(night: Night) -> None:
    night.row("featurecodes", featurename="dnd_toggle")["customcode"] = "*766"
    text = night.files["extensions_additional.conf"]
    night.files["extensions_additional.conf"] = (
        text.replace("exten => *76,", "exten => *766,")
        .replace("_*76X!", "_*766X!")
        .replace("toggle,*76,1", "toggle,*766,1")
    )


def public_address(night: Night) -> None:
    row = night.tables["kvstore_Sipsettings"][0]
    night.insert("kvstore_Sipsettings", row, key="externip", val="203.0.113.7")
    head = "[0.0.0.0-udp]\ntype=transport\n"
    address = "external_media_address=203.0.113.7\nexternal_signaling_address=203.0.113.7\n"
    night.sub("pjsip.transports.conf", head, head + address)


def three_members(night: Night) -> None:
    def data(member: str) -> Row:
        return next(
            row for row in night.rows("queues_details", id="400") if (row["data"] or "").startswith(f"Local/{member}@")
        )

    night.delete("queues_details", id="400", data=data("1005")["data"] or "")
    night.insert("queues_details", data("1035"), data="Local/1044@from-queue/n,0")
    data("1010")["data"] = "Local/1010@from-queue/n,5"
    head, _, rest = night.files["queues_additional.conf"].partition("[400]")
    section, end, others = rest.partition("\n[401]")
    lines = [line for line in section.split("\n") if not line.startswith("member=Local/1005@")]
    section = "\n".join(lines).replace("1010@from-queue/n,0", "1010@from-queue/n,5").rstrip()
    member = 'member=Local/1044@from-queue/n,0,"Elif García",hint:1044@ext-local\n'
    night.files["queues_additional.conf"] = f"{head}[400]{section}\n{member}{end}{others}"


CASES = (
    Case("order of routes", route_order, (
        ("changed", "outbound_route", "", "order", "Local, International, LongDistance, National, Emergency",
         "International, Local, LongDistance, National, Emergency"),)),
    Case("pattern rewritten", pattern_rewritten, (("changed", "outbound_route", "3", "patterns", "_1NXXNXXXXXX", "_0NXXNXXXXXX"),)),
    Case("feature code moved", code_moved, (("changed", "feature_code", "*76", "code", "*76", "*766"),), "is now dialled as *766"),
    Case("public address", public_address, (("added", "setting", "kvstore_Sipsettings externip", None, None, "203.0.113.7"),)),
    Case("three members at once", three_members, (
        ("removed", "queue", "400", "members", "1005", None), ("added", "queue", "400", "members", None, "1044"),
        ("changed", "queue", "400", "penalty", "1010 (0)", "1010 (5)"))),
)  # fmt: skip
