"""Phone systems of any size, in the shape of what FreePBX writes: to see what reading, walking and comparing cost.

For every 200 extensions there are 40 numbers, 10 queues of 8 people, 13 ring groups and 5 menus, as in a real one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers import read_phone_system

FIRST = 10_000  # the first extension; queues count from 400_000, groups from 600_000
ETC = "/etc/asterisk"
ENDPOINT = (
    "tos_audio=ef", "tos_video=af41", "cos_audio=5", "cos_video=4", "allow=ulaw,alaw,gsm,g722", "context=from-internal",
    "dtmf_mode=rfc4733", "direct_media=yes", "mailboxes_vm=", "aggregate_mwi=yes", "use_avpf=no", "rtcp_mux=no",
    "max_audio_streams=1", "max_video_streams=1", "bundle=no", "ice_support=no", "media_use_received_transport=no",
    "trust_id_inbound=yes", "user_eq_phone=no", "send_connected_line=yes", "media_encryption=no", "timers=yes",
    "timers_min_se=90", "media_encryption_optimistic=no", "refer_blind_progress=yes", "refer_blind_progress=yes",
    "rtp_timeout=30", "rtp_timeout_hold=300", "rtp_keepalive=0", "send_pai=yes", "rtp_symmetric=yes", "rewrite_contact=yes",
    "force_rport=yes", "language=en", "one_touch_recording=on", "record_on_feature=apprecord", "record_off_feature=apprecord",
)  # fmt: skip
AOR = (
    "max_contacts=1",
    "remove_existing=yes",
    "maximum_expiration=7200",
    "minimum_expiration=60",
    "qualify_frequency=60",
)
QUEUE = ("strategy=ringall", "timeout=15", "retry=5", "maxlen=20", "joinempty=yes", "leavewhenempty=no", "wrapuptime=1",
         "announce-frequency=30", "weight=0", "ringinuse=yes", "servicelevel=60", "context=")  # fmt: skip

COMMON = """\
[from-internal]
include => ext-local
include => ext-queues
include => ext-group
include => outbound-allroutes
exten => h,1,Hangup()
[from-did-direct]
include => ext-local
[from-pstn]
include => ext-did
[from-queue]
exten => _.,1,Goto(from-internal,${EXTEN},1)
[macro-call]
exten => s,1,Set(__EXTTOCALL=${ARG2})
exten => s,n,ExecIf($["${DB(DND/${ARG2})}" = "YES"]?Set(DIALSTATUS=BUSY))
exten => s,n,GotoIf($["${DIALSTATUS}" = "BUSY"]?after)
exten => s,n,Dial(PJSIP/${ARG2},${ARG3},trI)
exten => s,n(after),Goto(s-${DIALSTATUS},1)
exten => s-BUSY,1,VoiceMail(${ARG1}@default,b)
exten => s-BUSY,n,MacroExit()
exten => _s-.,1,VoiceMail(${ARG1}@default,u)
exten => _s-.,n,MacroExit()
[macro-dial]
exten => s,1,AGI(agi://127.0.0.1/dialparties.agi)
exten => s,n,MacroExit()
exten => s,n(normdial),Dial(${ds},)
exten => s,n,MacroExit()
[outbound-allroutes]
include => outrt-1
[outrt-1]
exten => _9NXXNXXXXXX,1,Set(OUTNUM=${EXTEN:1})
exten => _9NXXNXXXXXX,n,Dial(PJSIP/${OUTNUM}@CarrierA,300,T)
exten => _9NXXNXXXXXX,n,Congestion(20)
"""


@dataclass(frozen=True)
class Growth:
    """A phone system of that many extensions."""

    extensions: int

    @cached_property
    def numbers(self) -> list[str]:
        """The extensions."""
        return [str(FIRST + index) for index in range(self.extensions)]

    @cached_property
    def queues(self) -> dict[str, list[str]]:
        """Queue -> its members."""
        return {str(400_000 + index): self._some(index, 8) for index in range(max(1, self.extensions // 20))}

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """Ring group -> its members."""
        return {str(600_000 + index): self._some(index + 7, 6) for index in range(max(1, self.extensions // 15))}

    @cached_property
    def menus(self) -> list[str]:
        """Ids of the menus."""
        return [str(1 + index) for index in range(max(1, self.extensions // 40))]

    @cached_property
    def dids(self) -> dict[str, str]:
        """Number that callers dial -> where it goes: menus, queues, groups and people in turn."""
        kinds = [
            [f"ivr-{menu},s,1" for menu in self.menus], [f"ext-queues,{queue},1" for queue in self.queues],
            [f"ext-group,{group},1" for group in self.groups], [f"from-did-direct,{number},1" for number in self.numbers],
        ]  # fmt: skip
        return {
            str(12125_000_000 + index): kinds[index % 4][index // 4 % len(kinds[index % 4])]
            for index in range(max(1, self.extensions // 5))
        }

    def _some(self, start: int, count: int) -> list[str]:
        return [
            self.numbers[(start * 13 + index * 5) % self.extensions] for index in range(min(count, self.extensions))
        ]

    @cached_property
    def files(self) -> dict[str, bytes]:
        """What Asterisk reads."""
        texts = {
            "extensions.conf": [COMMON, "#include extensions_additional.conf"],
            "extensions_additional.conf": [*self._local(), *self._queue_steps(), *self._group_steps(), *self._menu_steps(),
                                           *self._did_steps()],
            "pjsip.conf": [f"#include pjsip.{kind}.conf" for kind in ("endpoint", "aor", "auth", "identify")],
            "pjsip.endpoint.conf": list(self._endpoints()),
            "pjsip.aor.conf": [line for number in self.numbers for line in (f"[{number}]", "type=aor", *AOR, f"mailboxes={number}@default", "")]
            + ["[CarrierA]", "type=aor", "contact=sip:192.0.2.10:5060", ""],
            "pjsip.auth.conf": [line for number in self.numbers for line in
                                (f"[{number}-auth]", "type=auth", "auth_type=userpass", f"password=long-secret-{number}", f"username={number}", "")],
            "pjsip.identify.conf": ["[CarrierA]", "type=identify", "endpoint=CarrierA", "match=192.0.2.10"],
            "voicemail.conf": ["[default]", *(f"{number} => 80{number},Person {number},u{number}@example.org,,attach=no|delete=no" for number in self._boxed())],
            "queues.conf": [line for queue, members in self.queues.items() for line in
                            (f"[{queue}]", *QUEUE, *(f'member=Local/{m}@from-queue/n,0,"Person {m}",hint:{m}@ext-local' for m in members), "")],
        }  # fmt: skip
        return {f"{ETC}/{name}": ("\n".join(lines) + "\n").encode() for name, lines in texts.items()}

    def _boxed(self) -> list[str]:
        return [number for index, number in enumerate(self.numbers) if index % 4 != 3]

    def _endpoints(self) -> Iterator[str]:
        for number in self.numbers:
            yield from (f"[{number}]", "type=endpoint", f"aors={number}", f"auth={number}-auth", *ENDPOINT,
                        f"callerid=Person {number} <{number}>", "")  # fmt: skip
        yield from ("[CarrierA]", "type=endpoint", "context=from-pstn", "aors=CarrierA", "allow=ulaw", "")

    def _local(self) -> Iterator[str]:
        yield "[ext-local]"
        for number in self.numbers:
            yield from (
                f'exten => {number},1,Set(__RINGTIMER=${{IF($["${{DB(AMPUSER/{number}/ringtimer)}}" > "0"]?${{DB(AMPUSER/{number}/ringtimer)}}:20)}})',
                f"exten => {number},n,Macro(call,{number},{number},${{RINGTIMER}})",
                f"exten => {number},n(dest),Set(__PICKUPMARK=)",
                f"exten => {number},n,Hangup()",
                f"exten => {number},hint,PJSIP/{number}&Custom:DND{number},CustomPresence:{number}",
                f"exten => vmb{number},1,VoiceMail({number}@default,b)",
                f"exten => vmu{number},1,VoiceMail({number}@default,u)",
                f"exten => vms{number},1,VoiceMail({number}@default,s)",
                "",
            )

    def _queue_steps(self) -> Iterator[str]:
        yield "[ext-queues]"
        for queue, members in self.queues.items():
            yield from (f"exten => {queue},1,Answer()", f"exten => {queue},n,Set(__NODEST=${{EXTEN}})",
                        f"exten => {queue},n,Set(QMAXWAIT=${{IF($[${{LEN(${{VQ_MAXWAIT}})}}>0]?${{VQ_MAXWAIT}}:60)}})",
                        f"exten => {queue},n(qcall),Queue({queue},t,,,${{QMAXWAIT}})",
                        f"exten => {queue},n,Goto(ext-local,vmu{members[0]},1)")  # fmt: skip

    def _group_steps(self) -> Iterator[str]:
        yield "[ext-group]"
        for group, members in self.groups.items():
            yield from (
                f"exten => {group},1,Set(RingGroupMethod=ringall)",
                f"exten => {group},n,Macro(dial,20,trQ(NO_ANSWER),{'-'.join(members)})",
                f"exten => {group},n,Goto(ext-local,vmu{members[0]},1)",
            )

    def _menu_steps(self) -> Iterator[str]:
        queues, groups = list(self.queues), list(self.groups)
        for index, menu in enumerate(self.menus):
            yield from (f"[ivr-{menu}]", "exten => s,1,Answer()", "exten => s,n(start),Set(TIMEOUT(digit)=3)",
                        "exten => s,n,Background(custom/welcome)", "exten => s,n,WaitExten(10)",
                        f"exten => 1,1,Goto(ext-queues,{queues[index % len(queues)]},1)",
                        f"exten => 2,1,Goto(ext-group,{groups[index % len(groups)]},1)",
                        f"exten => 3,1,Goto(from-did-direct,{self.numbers[index % self.extensions]},1)",
                        "exten => i,1,Playback(no-valid-responce-pls-try-again)", "exten => i,n,Goto(s,start)",
                        "exten => t,1,Hangup()", "")  # fmt: skip

    def _did_steps(self) -> Iterator[str]:
        yield "[ext-did]"
        for did, target in self.dids.items():
            yield from (f"exten => {did},1,Set(__FROM_DID=${{EXTEN}})", f"exten => {did},n(did),Set(CDR(did)=${{FROM_DID}})",
                        f'exten => {did},n,ExecIf($[ "${{CALLERID(name)}}" = "" ] ?Set(CALLERID(name)=${{CALLERID(num)}}))',
                        f"exten => {did},n(dest-ext),Goto({target})")  # fmt: skip

    @cached_property
    def tables(self) -> dict[str, list[dict[str, str | None]]]:
        """What the product's database says of the same."""
        return {
            "users": [{"extension": n, "name": f"Person {n}", "voicemail": "default" if n in set_ else "novm", "ringtimer": "0"}
                      for set_ in [set(self._boxed())] for n in self.numbers],
            "devices": [{"id": n, "tech": "pjsip", "dial": f"PJSIP/{n}", "devicetype": "fixed", "user": n, "description": f"Person {n}"} for n in self.numbers],
            "pjsip": [{"id": n, "keyword": keyword, "data": data, "flags": "0"} for n in self.numbers
                      for keyword, data in (("context", "from-internal"), ("callerid", f"Person {n} <{n}>"), ("secret", f"long-secret-{n}"), ("max_contacts", "1"))],
            "queues_config": [{"extension": q, "descr": f"Queue {q}", "maxwait": "60", "dest": f"ext-local,vmu{m[0]},1"} for q, m in self.queues.items()],
            "queues_details": [{"id": q, "keyword": "member", "data": f"Local/{one}@from-queue/n,0", "flags": str(i)} for q, m in self.queues.items() for i, one in enumerate(m)],
            "ringgroups": [{"grpnum": g, "description": f"Group {g}", "strategy": "ringall", "grptime": "20", "grplist": "-".join(m), "postdest": f"ext-local,vmu{m[0]},1"} for g, m in self.groups.items()],
            "incoming": [{"cidnum": "", "extension": did, "destination": target, "description": f"DID {did}"} for did, target in self.dids.items()],
            "trunks": [{"trunkid": "1", "tech": "pjsip", "name": "CarrierA", "channelid": "CarrierA", "disabled": "off", "maxchans": ""}],
            "outbound_routes": [{"route_id": "1", "name": "National", "outcid": "", "emergency_route": ""}],
            "outbound_route_patterns": [{"route_id": "1", "match_pattern_prefix": "9", "match_pattern_pass": "NXXNXXXXXX", "match_cid": "", "prepend_digits": ""}],
            "outbound_route_trunks": [{"route_id": "1", "trunk_id": "1", "seq": "0"}],
        }  # fmt: skip

    @cached_property
    def database(self) -> dict[str, str]:
        """Asterisk's own database: who has which phone."""
        return {f"/AMPUSER/{n}/device": n for n in self.numbers} | {
            f"/DEVICE/{n}/dial": f"PJSIP/{n}" for n in self.numbers
        }

    def system(self, changed: Mapping[str, bytes] | None = None) -> PhoneSystem:
        """It, read, with `changed` files instead of its own."""
        files = {**self.files, **(changed or {})}
        return read_phone_system(files, product="freepbx", database=self.database, tables=self.tables)

    def next_night(self) -> dict[str, bytes]:
        """Files of the night after, when the first number goes elsewhere and one mailbox is new."""
        name = f"{ETC}/extensions_additional.conf"
        did, target = next(iter(self.dids.items()))
        old = f"exten => {did},n(dest-ext),Goto({target})".encode()
        new = f"exten => {did},n(dest-ext),Goto(from-did-direct,{self.numbers[-1]},1)".encode()
        boxes = f"{ETC}/voicemail.conf"
        return {name: self.files[name].replace(old, new), boxes: self.files[boxes] + b"99999 => 8099999,New\n"}


def dump(tables: Mapping[str, Sequence[Mapping[str, str | None]]]) -> bytes:
    """Tables as mysqldump writes them, a row a statement."""
    lines = []
    for table, rows in tables.items():
        lines.append(f"CREATE TABLE `{table}` (" + ", ".join(f"`{name}` varchar(255)" for name in rows[0]) + ");")
        lines += [
            f"INSERT INTO `{table}` VALUES (" + ",".join(_literal(value) for value in row.values()) + ");"
            for row in rows
        ]
    return ("\n".join(lines) + "\n").encode()


def _literal(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
