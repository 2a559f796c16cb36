"""Changes that people make on FreePBX 16 to extensions, trunks, outbound routes and settings, in its database and files."""

from __future__ import annotations

import re

from tests.oracle.nights import Case, Night

ADDITIONAL = "extensions_additional.conf"


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
    night.within(ADDITIONAL, "[outrt-2] ; National", first + second, second + first)


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


CASES = (
    Case("nothing but noise", noise, ()),
    Case("extension renamed", rename, (("changed", "extension", "1070", "name", "Kofi Nguyen", "New Name"),), "Extension 1070 is now called New Name"),
    Case("SIP password changed", secret, (("changed", "extension", "1071", "secret", None, None),), "The SIP password of extension 1071 changed"),
    Case("codecs of an extension", codecs, (("changed", "extension", "1072", "codecs", "ulaw, alaw, gsm, g726, g722", "alaw"),)),
    Case("another setting of an extension", setting, (("changed", "extension", "1073", "dtmf_mode", "rfc4733", "inband"),)),
    Case("number an extension shows", outbound_caller, (("changed", "extension", "1074", "outbound_caller", None, "<+12125550999>"),)),
    Case("extension added", add_extension, (("added", "extension", "1250", None, None, None),), "with a mailbox"),
    Case("outbound pattern added", pattern_added, (("added", "outbound_route", "2", "patterns", None, "_0ZXXXXXX."),)),
    Case("order of trunks", route_order, (("changed", "outbound_route", "2", "trunks", "CarrierB, Office-2", "Office-2, CarrierB"),)),
    Case("trunk channels", trunk_channels, (("changed", "trunk", "CarrierA", "max_channels", "30", "10"),)),
    Case("trunk caller", trunk_caller, (("changed", "trunk", "CarrierA", "outbound_caller", '"Main" <+12125550100>', '"Shop" <+12125550777>'),)),
    Case("trunk codecs", trunk_codecs, (("changed", "trunk", "CarrierA", "codecs", "ulaw, alaw, gsm, g726, g722", "alaw"),)),
    Case("trunk password", trunk_secret, (("changed", "trunk", "CarrierA", "secret", None, None),)),
    Case("conference PIN", conference_pin, (("changed", "conference", "801", "pin", None, None),)),
    Case("feature code off", code_disabled, (("changed", "feature_code", "*78", "enabled", "yes", "no"),)),
    Case("follow-me list", follow_list, (("added", "follow_me", "1009", "members", None, "1010"),)),
    Case("calls forwarded", lambda n: n.state("/CF/1081", "17185550042"), (("changed", "call_state", "1081", "forward_always", None, "17185550042"),)),
    Case("do not disturb", lambda n: n.state("/DND/1082", "YES"), (("changed", "call_state", "1082", "do_not_disturb", "no", "yes"),)),
    Case("number blocked", blocked, (("added", "setting", "blacklist", "numbers", None, "12129990000"),)),
    Case("mail address of a mailbox", mail, (("changed", "mailbox", "1066", "email", "u1066@example.org", "desk@example.org"),)),
    Case("PIN of a mailbox", mailbox_pin, (("changed", "mailbox", "1066", "pin", None, None),)),
    Case("first port for speech", rtp, (("added", "setting", "kvstore_Sipsettings rtpstart", None, None, "12000"),)),
    Case("parking positions", parking, (("changed", "parking_lot", "70", "positions", "71-78", "71-74"),)),
    Case("two lines by hand", by_hand, (("added", "file", "extensions_custom.conf", "lines", None, "Answer()\nEcho()"),), "Somebody added 2 lines by hand to extensions_custom.conf"),
    Case("trunk deleted", trunk_deleted, (("removed", "trunk", "CarrierB", None, None, None),)),
    Case("outside number changed", number_dialled_out, (("changed", "outside_number", "1", "number", "917185550100", "917185550999"),)),
    Case("ringing time of all", ringing_time, (("changed", "setting", "freepbx_settings RINGTIMER", None, "15", "25"),)),
    Case("apply forgotten", forgotten, (("changed", "queue", "403", "strategy", "rrmemory", "random"),), "not applied yet"),
    Case("generated file edited", generated_by_hand, (("changed", "queue", "403", "retry", "5", "9"),), "past the product's pages"),
)  # fmt: skip
