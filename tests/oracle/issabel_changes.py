"""Changes that people make on IssabelPBX 2.12, edited into its database and its files as it writes them."""

from __future__ import annotations

import re

from tests.oracle.nights import Case, Night, real

ADDITIONAL = "extensions_additional.conf"


def issabel() -> Night:
    """The real IssabelPBX."""
    return real("issabelpbx212")


def rename(night: Night) -> None:
    old = night.row("users", extension="1021")["name"]
    night.row("users", extension="1021")["name"] = "New Name"
    night.row("devices", id="1021")["description"] = "New Name"
    night.row("sip", id="1021", keyword="callerid")["data"] = "New Name <1021>"
    for file in ("sip_additional.conf", "queues_additional.conf", "voicemail.conf"):
        night.files[file] = re.sub(
            rf"((?m:^)callerid=|1021@from-queue/n,\d,|(?m:^)1021 => \d+,){old}(?= <1021>|,)",
            r"\1New Name",
            night.files[file],
        )
    if "/AMPUSER/1021/cidname" in night.states:
        night.state("/AMPUSER/1021/cidname", "New Name")


def secret(night: Night, number: str, file: str) -> None:
    row = night.row("sip", id=number, keyword="secret")
    night.sub(file, str(row["data"]), "canary-issabel-secret")
    row["data"] = "canary-issabel-secret"


def context(night: Night) -> None:
    night.row("sip", id="1002", keyword="context")["data"] = "from-internal-restricted"
    night.within("pjsip_additional.conf", "[1002]", "context=from-internal\n", "context=from-internal-restricted\n")


def strategy(night: Night) -> None:
    night.row("queues_details", id="401", keyword="strategy")["data"] = "leastrecent"
    night.within("queues_additional.conf", "[401]", "strategy=ringall", "strategy=leastrecent")


def member(night: Night) -> None:
    like = night.rows("queues_details", id="400", keyword="member")[0]
    night.insert("queues_details", like, data="Local/1077@from-queue/n,0", flags="9")
    night.within(
        "queues_additional.conf", "[400]", "\n\n", "\nmember=Local/1077@from-queue/n,0,Somebody,hint:1077@ext-local\n\n"
    )


def did_moved(night: Night) -> None:
    night.row("incoming", extension="12126660003")["destination"] = "app-blackhole,hangup,1"
    night.sub(
        ADDITIONAL,
        "exten => 12126660003,n(dest-ext),Goto(ext-queues,403,1)",
        "exten => 12126660003,n(dest-ext),Goto(app-blackhole,hangup,1)",
    )


def did_added(night: Night) -> None:
    night.insert(
        "incoming",
        night.row("incoming", extension="12126660003"),
        extension="12126669999",
        destination="ext-group,601,1",
    )
    lines = [line for line in night.files[ADDITIONAL].split("\n") if line.startswith("exten => 12126660003,")]
    copied = "\n".join(lines).replace("12126660003", "12126669999").replace("ext-queues,403,1", "ext-group,601,1")
    night.files[ADDITIONAL] = night.files[ADDITIONAL].replace(lines[-1], lines[-1] + "\n\n" + copied)


def did_deleted(night: Night) -> None:
    night.delete("incoming", extension="12126660003")
    night.lines(ADDITIONAL, lambda line: line.startswith("exten => 12126660003,"))


def mailbox_deleted(night: Night) -> None:
    night.lines("voicemail.conf", lambda line: line.startswith("1020 =>"))


def server(night: Night) -> None:
    night.row("sip", id="tr-peer-1", keyword="host")["data"] = "127.0.0.77"
    night.row("sip", id="tr-reg-1", keyword="register")["data"] = "acct:tr@127.0.0.77"
    night.within("sip_additional.conf", "[CarrierA]", "host=127.0.0.9", "host=127.0.0.77")
    night.sub("sip_registrations.conf", "acct:tr@127.0.0.9", "acct:tr@127.0.0.77")


def group_time(night: Night) -> None:
    night.row("ringgroups", grpnum="600")["grptime"] = "44"
    night.files[ADDITIONAL] = re.sub(
        r"(exten => 600,n(?:\(\w+\))?,Macro\(dial(?:-confirm)?),20,", r"\1,44,", night.files[ADDITIONAL]
    )


def trunk_disabled(night: Night) -> None:
    night.row("trunks", trunkid="1")["disabled"] = "on"
    night.sub(ADDITIONAL, "OUTDISABLE_1 = off", "OUTDISABLE_1 = on")


CASES = (
    Case("extension renamed", rename, (("changed", "extension", "1021", "name", "Ben Müller 21", "New Name"),)),
    Case("PJSIP password", lambda n: secret(n, "1002", "pjsip_additional.conf"), (("changed", "extension", "1002", "secret", None, None),)),
    Case("SIP password", lambda n: secret(n, "1001", "sip_additional.conf"), (("changed", "extension", "1001", "secret", None, None),)),
    Case("context", context, (("changed", "extension", "1002", "context", "from-internal", "from-internal-restricted"),)),
    Case("queue strategy", strategy, (("changed", "queue", "401", "strategy", "ringall", "leastrecent"),)),
    Case("queue member", member, (("added", "queue", "400", "members", None, "1077"),)),
    Case("DID moved", did_moved, (("changed", "inbound_route", "12126660003", "destination", "queue 403", "hang up"),)),
    Case("DID added", did_added, (("added", "inbound_route", "12126669999", None, None, "ring group 601"),)),
    Case("DID deleted", did_deleted, (("removed", "inbound_route", "12126660003", None, "queue 403", None),)),
    Case("mailbox deleted", mailbox_deleted, (("removed", "mailbox", "1020", None, None, None),)),
    Case("trunk server", server, (("changed", "trunk", "CarrierA", "server", "127.0.0.9", "127.0.0.77"),)),
    Case("ring group time", group_time, (("changed", "ring_group", "600", "ring_s", "20", "44"),)),
    Case("trunk switched off", trunk_disabled, (("changed", "trunk", "CarrierA", "enabled", "yes", "no"),)),
)  # fmt: skip
