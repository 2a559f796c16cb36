"""Changes that people make on FreePBX 16, edited into its database and its files as FreePBX writes them."""

from __future__ import annotations

import re

from tests.oracle.nights import Case, Night

ADDITIONAL = "extensions_additional.conf"


def _dialplan(night: Night, head: str, old: str, new: str) -> None:
    night.within(ADDITIONAL, head, old, new)


def rename(night: Night) -> None:
    night.row("users", extension="1070")["name"] = "New Name"
    night.row("devices", id="1070")["description"] = "New Name"
    night.row("sip", id="1070", keyword="callerid")["data"] = "New Name <1070>"
    old = night.states["/AMPUSER/1070/cidname"]
    night.state("/AMPUSER/1070/cidname", "New Name")
    night.within("pjsip.endpoint.conf", "[1070]", f"callerid={old} <1070>", "callerid=New Name <1070>")
    for file in ("queues_additional.conf", "voicemail.conf"):
        night.files[file] = re.sub(
            rf'((?m:^)1070=[0-9]+,|1070@from-queue/n,\d,"){re.escape(old)}', r"\1New Name", night.files[file]
        )


def secret(night: Night) -> None:
    row = night.row("sip", id="1071", keyword="secret")
    night.sub("pjsip.auth.conf", str(row["data"]), "canary-secret-1071")
    row["data"] = "canary-secret-1071"


def codecs(night: Night) -> None:
    night.row("sip", id="1072", keyword="allow")["data"] = "alaw"
    night.within("pjsip.endpoint.conf", "[1072]", "allow=ulaw,alaw,gsm,g726,g722", "allow=alaw")


def setting(night: Night) -> None:
    night.row("sip", id="1073", keyword="dtmfmode")["data"] = "inband"
    night.within("pjsip.endpoint.conf", "[1073]", "dtmf_mode=rfc4733", "dtmf_mode=inband")


def outbound_caller(night: Night) -> None:
    night.row("users", extension="1074")["outboundcid"] = "<+12125550999>"
    night.state("/AMPUSER/1074/outboundcid", "<+12125550999>")


def add_extension(night: Night) -> None:
    """1250 is written as 1150 is."""
    for table, column in (
        ("users", "extension"),
        ("devices", "id"),
        ("sip", "id"),
        ("kvstore_FreePBX_modules_Voicemail", "key"),
    ):
        for row in night.rows(table, **{column: "1150"}):
            night.tables[table] = [
                *night.tables[table],
                {k: v.replace("1150", "1250") if v else v for k, v in row.items()},
            ]
    for key, value in list(night.states.items()):
        if "1150" in key:
            night.state(key.replace("1150", "1250"), value.replace("1150", "1250"))
    for file, head in (
        ("pjsip.endpoint.conf", "[1150]"),
        ("pjsip.aor.conf", "[1150]"),
        ("pjsip.auth.conf", "[1150-auth]"),
    ):
        text = night.files[file]
        night.add(file, "\n" + night.section(file, head).replace("1150", "1250"))
        night.files[file] = (
            text + night.files[file][len(night.files[file]) - len(night.files[file].rpartition("\n[")[2]) - 2 :]
        )
    _copied_lines(night, ADDITIONAL, "1150", "1250")
    _copied_lines(night, "voicemail.conf", "1150", "1250")


def _copied_lines(night: Night, file: str, number: str, new: str) -> None:
    kept = []
    for line in night.files[file].split("\n"):
        kept.append(line)
        if re.match(rf"(exten => [*_\d]*(vm\w)?|){number}(\.|@|=|,)", line):
            kept.append(line.replace(number, new))
    night.files[file] = "\n".join(kept)


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
    _dialplan(
        night,
        "[ivr-1] ; IVR 1",
        "exten => i,1,",
        "exten => 77,1,Set(__ivrreturn=0)\nexten => 77,n(ivrsel-77),Goto(ext-group,601,1)\n\nexten => i,1,",
    )


def menu_key_removed(night: Night) -> None:
    night.delete("ivr_entries", ivr_id="1", selection="3")
    _dialplan(
        night,
        "[ivr-1] ; IVR 1",
        "exten => 3,1,Set(__ivrreturn=0)\nexten => 3,n(ivrsel-3),Goto(ext-queues,404,1)\n\n",
        "",
    )


def menu_timeout(night: Night) -> None:
    night.row("ivr_details", id="1")["timeout_destination"] = "ext-queues,401,1"
    _dialplan(night, "[ivr-1] ; IVR 1", "exten => t,n,Goto(ext-local,1000,dest)", "exten => t,n,Goto(ext-queues,401,1)")


def menu_wait(night: Night) -> None:
    night.row("ivr_details", id="2")["timeout_time"] = "25"
    _dialplan(night, "[ivr-2] ; IVR 2", "WaitExten(10,)", "WaitExten(25,)")


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


def pattern_added(night: Night) -> None:
    night.insert(
        "outbound_route_patterns",
        night.row("outbound_route_patterns", route_id="2"),
        match_pattern_pass="0ZXXXXXX.",
        prepend_digits="",
    )
    text = night.files[ADDITIONAL]
    head = text.index("[outrt-2] ; National")
    end = text.index(";--== end of [outrt-2]", head)
    lines = [line for line in text[head:end].split("\n") if line.startswith("exten => _NXX")]
    copied = "\n".join(lines).replace("_NXXNXXXXXX", "_0ZXXXXXX.").replace(",1${EXTEN},", ",${EXTEN},")
    night.sub(ADDITIONAL, ";--== end of [outrt-2]", copied + "\n\n;--== end of [outrt-2]")


def route_order(night: Night) -> None:
    for trunk, place in (("2", "1"), ("3", "0")):
        night.row("outbound_route_trunks", route_id="2", trunk_id=trunk)["seq"] = place
    first, second = (f"exten => _NXXNXXXXXX,n,Macro(dialout-trunk,{n},1${{EXTEN}},,off)\n" for n in "23")
    _dialplan(night, "[outrt-2] ; National", first + second, second + first)


def trunk_channels(night: Night) -> None:
    night.row("trunks", trunkid="1")["maxchans"] = "10"
    night.sub(ADDITIONAL, "OUTMAXCHANS_1 = 30", "OUTMAXCHANS_1 = 10")


def trunk_caller(night: Night) -> None:
    night.row("trunks", trunkid="1")["outcid"] = '"Shop" <+12125550777>'
    night.sub(ADDITIONAL, 'OUTCID_1 = "Main" <+12125550100>', 'OUTCID_1 = "Shop" <+12125550777>')


def trunk_codecs(night: Night) -> None:
    night.row("pjsip", id="1", keyword="codecs")["data"] = "alaw"
    night.within("pjsip.endpoint.conf", "[CarrierA]", "allow=ulaw,alaw,gsm,g726,g722", "allow=alaw")


def trunk_secret(night: Night) -> None:
    night.row("pjsip", id="1", keyword="secret")["data"] = "canary-trunk-pass"
    night.within("pjsip.auth.conf", "[CarrierA]", "password=tr", "password=canary-trunk-pass")


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


def conference_pin(night: Night) -> None:
    night.row("meetme", exten="801")["userpin"] = "87654321"
    night.state("/CONFERENCE/801/userpin", "87654321")


def code_disabled(night: Night) -> None:
    night.row("featurecodes", modulename="donotdisturb", featurename="dnd_on")["enabled"] = "0"
    night.lines(ADDITIONAL, lambda line: line.startswith("exten => *78,"))


def follow_list(night: Night) -> None:
    night.row("findmefollow", grpnum="1009")["grplist"] = "1009-171855501009#-1010"
    night.state("/AMPUSER/1009/followme/grplist", "1009-171855501009#-1010")


def mail(night: Night) -> None:
    night.sub("voicemail.conf", "u1066@example.org", "desk@example.org")


def mailbox_pin(night: Night) -> None:
    night.files["voicemail.conf"] = re.sub(r"(?m)^(1066=)\d+,", r"\g<1>424299,", night.files["voicemail.conf"])


def rtp(night: Night) -> None:
    night.insert("kvstore_Sipsettings", night.row("kvstore_Sipsettings", key="method"), key="rtpstart", val="12000")
    night.sub("rtp_additional.conf", "rtpstart=10000", "rtpstart=12000")


def parking(night: Night) -> None:
    night.row("parkplus", id="1")["numslots"] = "4"
    night.sub("res_parking_additional.conf", "parkpos=71-78", "parkpos=71-74")


def by_hand(night: Night) -> None:
    night.add("extensions_custom.conf", "\n[from-internal-custom]\nexten => 5556,1,Answer()\n same => n,Echo()\n")


def forgotten(night: Night) -> None:
    night.row("queues_details", id="403", keyword="strategy")["data"] = "random"


def generated_by_hand(night: Night) -> None:
    night.within("queues_additional.conf", "[403]", "\nretry=5", "\nretry=9")


def blocked(night: Night) -> None:
    night.state("/blacklist/12129990000", "1")


def noise(night: Night) -> None:
    night.sub("ari_additional.conf", "password=", "password=x")
    night.tables["users"] = night.tables["users"][::-1]
    night.state("/AMPUSER/1060/dialopts", "")
    night.state("/CustomDevstate/DND1001", "INUSE")
    night.files["queues_additional.conf"] = "; another header\n" + night.files["queues_additional.conf"]
    night.add("voicemail.conf", "\n\n; nothing\n")


def menu_renamed(night: Night) -> None:
    night.row("ivr_details", id="1")["name"] = "Reception menu"
    night.sub(ADDITIONAL, "[ivr-1] ; IVR 1", "[ivr-1] ; Reception menu")


def menu_recording(night: Night) -> None:
    night.row("ivr_details", id="1")["announcement"] = "3"
    _dialplan(night, "[ivr-1] ; IVR 1", "IVR_MSG=custom/prompt1", "IVR_MSG=custom/prompt3")


def menu_without_extensions(night: Night) -> None:
    night.row("ivr_details", id="1")["directdial"] = ""
    _dialplan(night, "[ivr-1] ; IVR 1", "include => from-did-direct-ivr\n", "")


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


def trunk_deleted(night: Night) -> None:
    night.delete("trunks", trunkid="2")
    night.delete("pjsip", id="2")
    night.delete("outbound_route_trunks", trunk_id="2")
    for kind in ("endpoint", "aor", "auth", "identify", "registration"):
        night.section(f"pjsip.{kind}.conf", "[CarrierB]")
    night.lines(
        ADDITIONAL,
        lambda line: bool(
            re.search(r"^\w+_2(_SUFFIX)? = |dialout-trunk,2,|^exten => 2,(1|n),.*(TDIAL|DIAL_TRUNK|tdial)", line)
        ),
    )
    text = night.files[ADDITIONAL]
    start = text.index("[from-trunk-pjsip-CarrierB]")
    night.files[ADDITIONAL] = text[:start] + "; " + text[text.index("end of [from-trunk-pjsip-CarrierB]", start) :]


def number_dialled_out(night: Night) -> None:
    night.row("miscdests", id="1")["destdial"] = "917185550999"
    night.files[ADDITIONAL] = night.files[ADDITIONAL].replace("917185550100", "917185550999")


def ringing_time(night: Night) -> None:
    night.row("freepbx_settings", keyword="RINGTIMER")["value"] = "25"
    night.sub(ADDITIONAL, "RINGTIMER_DEFAULT = 15", "RINGTIMER_DEFAULT = 25")


def did_edited_by_hand(night: Night) -> None:
    night.sub(
        ADDITIONAL,
        "exten => 12125551002,n(dest-ext),Goto(ext-queues,402,1)",
        "exten => 12125551002,n(dest-ext),Goto(ext-queues,403,1)",
    )


CASES = (
    Case("nothing but noise", noise, ()),
    Case("extension renamed", rename, (("changed", "extension", "1070", "name", "Kofi Nguyen", "New Name"),), "Extension 1070 is now called New Name"),
    Case("SIP password changed", secret, (("changed", "extension", "1071", "secret", None, None),), "The SIP password of extension 1071 changed"),
    Case("codecs of an extension", codecs, (("changed", "extension", "1072", "codecs", "ulaw, alaw, gsm, g726, g722", "alaw"),)),
    Case("another setting of an extension", setting, (("changed", "extension", "1073", "dtmf_mode", "rfc4733", "inband"),)),
    Case("number an extension shows", outbound_caller, (("changed", "extension", "1074", "outbound_caller", None, "<+12125550999>"),)),
    Case("extension added", add_extension, (("added", "extension", "1250", None, None, None),), "with a mailbox"),
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
    Case("outbound pattern added", pattern_added, (("added", "outbound_route", "2", "patterns", None, "_0ZXXXXXX."),)),
    Case("order of trunks", route_order, (("changed", "outbound_route", "2", "trunks", "CarrierB, Office-2", "Office-2, CarrierB"),)),
    Case("trunk channels", trunk_channels, (("changed", "trunk", "CarrierA", "max_channels", "30", "10"),)),
    Case("trunk caller", trunk_caller, (("changed", "trunk", "CarrierA", "outbound_caller", '"Main" <+12125550100>', '"Shop" <+12125550777>'),)),
    Case("trunk codecs", trunk_codecs, (("changed", "trunk", "CarrierA", "codecs", "ulaw, alaw, gsm, g726, g722", "alaw"),)),
    Case("trunk password", trunk_secret, (("changed", "trunk", "CarrierA", "secret", None, None),)),
    Case("opening hours", hours, (("changed", "time_condition", "1", "times", "08:00-16:30 mon-fri", "09:00-13:00 mon-fri"),)),
    Case("destination outside hours", hours_destination, (("changed", "time_condition", "1", "outside", "announcement 1", "mailbox 1000"),)),
    Case("announcement goes on elsewhere", announcement, (("changed", "announcement", "1", "destination", "extension 1001", "queue 403"),)),
    Case("conference PIN", conference_pin, (("changed", "conference", "801", "pin", None, None),)),
    Case("feature code off", code_disabled, (("changed", "feature_code", "*78", "enabled", "yes", "no"),)),
    Case("follow-me list", follow_list, (("added", "follow_me", "1009", "members", None, "1010"),)),
    Case("calls forwarded", lambda n: n.state("/CF/1081", "17185550042"), (("changed", "call_state", "1081", "forward_always", None, "17185550042"),)),
    Case("do not disturb", lambda n: n.state("/DND/1082", "YES"), (("changed", "call_state", "1082", "do_not_disturb", "no", "yes"),)),
    Case("number blocked", blocked, (("added", "setting", "blacklist", "numbers", None, "12129990000"),)),
    Case("mail address of a mailbox", mail, (("changed", "mailbox", "1066", "email", "u1066@example.org", "desk@example.org"),)),
    Case("PIN of a mailbox", mailbox_pin, (("changed", "mailbox", "1066", "pin", None, None),)),
    Case("parking positions", parking, (("changed", "parking_lot", "70", "positions", "71-78", "71-74"),)),
    Case("two lines by hand", by_hand, (("added", "file", "extensions_custom.conf", "lines", None, "Answer()\nEcho()"),), "Somebody added 2 lines by hand to extensions_custom.conf"),
    Case("menu renamed", menu_renamed, (("changed", "menu", "1", "title", "IVR 1", "Reception menu"),), "Menu 1 is now called Reception menu"),
    Case("menu's recording", menu_recording, (("changed", "menu", "1", "prompts", "custom/prompt1", "custom/prompt3"),)),
    Case("menu without extensions", menu_without_extensions, (("changed", "menu", "1", "direct_dial", "yes", "no"),)),
    Case("penalty of a member", penalty, (("changed", "queue", "402", "penalty", "1041 (1)", "1041 (5)"),)),
    Case("ring group deleted", group_deleted, (("removed", "ring_group", "614", None, None, None),)),
    Case("trunk deleted", trunk_deleted, (("removed", "trunk", "CarrierB", None, None, None),)),
    Case("outside number changed", number_dialled_out, (("changed", "outside_number", "1", "number", "917185550100", "917185550999"),)),
    Case("ringing time of all", ringing_time, (("changed", "setting", "freepbx_settings RINGTIMER", None, "15", "25"),)),
    Case("clock overridden", lambda n: n.state("/TC/1", "false_sticky"), (("changed", "time_condition", "1", "override", None, "false_sticky"),)),
    Case("DID edited by hand", did_edited_by_hand, (("changed", "inbound_route", "12125551002", "destination", "queue 402", "queue 403"),), "past the product's pages"),
    Case("apply forgotten", forgotten, (("changed", "queue", "403", "strategy", "rrmemory", "random"),), "not applied yet"),
    Case("generated file edited", generated_by_hand, (("changed", "queue", "403", "retry", "5", "9"),), "past the product's pages"),
)  # fmt: skip
