"""The far end of a drill: a second real Asterisk that plays every carrier and every phone.

Configured from what was read: it owns the carriers' addresses and names, lets the phone system register with
the restored account, registers one phone per extension with the restored secret, and rings, answers, plays a
tone and records what it hears. Python only tells it when to call; all SIP and RTP is Asterisk's own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringkeep.lab.network import CARRIER_POOL, PBX_ADDRESS, PHONES_ADDRESS
from ringkeep.phonesystem.model import Extension, Listener, PhoneSystem, Trunk

CALLER_HZ, PHONE_HZ, CARRIER_HZ = 440, 620, 850  # who is heard, in recordings: none is a DTMF frequency
SIP = ("pjsip", "sip")
CODECS = ("ulaw", "alaw", "gsm", "g722")  # what the lab can speak, best first


@dataclass(frozen=True, slots=True)
class Line:
    """A trunk as the carrier sees it."""

    trunk: Trunk
    endpoint: str  # section at the far end: "trunk-0"
    address: str  # where its calls come from
    port: int
    destination: str  # "100.127.255.2:5060": the phone system


@dataclass(frozen=True, slots=True)
class Phone:
    """The phone of an extension."""

    extension: Extension
    endpoint: str  # "phone-201"
    destination: str


@dataclass(frozen=True, slots=True)
class FarEnd:
    """Everything at the other end of the wire."""

    lines: tuple[Line, ...]
    phones: tuple[Phone, ...]
    addresses: tuple[str, ...]  # the carriers' addresses, as the far end owns them
    pbx_addresses: tuple[str, ...]  # addresses the phone system believes to be its own
    hosts: dict[str, str]  # carriers' names -> address

    def line(self, trunk: str) -> Line | None:
        """The line of a trunk by the trunk's name."""
        return next((line for line in self.lines if line.trunk.name == trunk), None)

    def phone(self, number: str) -> Phone | None:
        """The phone of an extension by its number."""
        return next((phone for phone in self.phones if phone.extension.number == number), None)


def plan(system: PhoneSystem) -> FarEnd:
    """Give every carrier an address and every extension a phone."""
    pool = (str(address) for address in CARRIER_POOL.hosts())
    hosts: dict[str, str] = {}
    lines, addresses = [], set()
    for number, trunk in enumerate(t for t in system.trunks if t.technology in SIP and t.enabled is not False):
        registrar = (trunk.registration.host,) if trunk.registration else ()
        everywhere = (*trunk.match, *trunk.hosts, *registrar)
        literal = [address for host in everywhere if (address := _address(host))]
        named = [host for host in everywhere if _is_name(host)]
        own = literal[0] if literal else next((hosts[h] for h in named if h in hosts), None) or next(pool)
        for host in named:
            hosts.setdefault(host, own)  # a carrier's names lead to where its calls come from
        addresses |= {own, *literal, *(hosts[host] for host in named)}
        lines.append(
            Line(
                trunk,
                f"trunk-{number}",
                own,
                trunk.port or 5060,
                _destination(system, trunk.technology, trunk.transport),
            )
        )
    phones = tuple(
        Phone(extension, f"phone-{extension.number}", _destination(system, extension.technology, extension.transport))
        for extension in _one_phone_each(system.extensions)
    )
    own_addresses = tuple(sorted({a for listener in system.listeners for a in _own(listener)} - addresses))
    return FarEnd(tuple(lines), phones, tuple(sorted(addresses)), own_addresses, hosts)


def _is_name(host: str) -> bool:
    return (
        bool(host)
        and "/" not in host
        and _address(host) is None
        and not host.startswith(("127.", "0."))
        and host != "::1"
    )


def _one_phone_each(extensions: Iterable[Extension]) -> Iterator[Extension]:
    seen: set[str] = set()
    for extension in extensions:
        if extension.technology in SIP and extension.registers and extension.number not in seen:
            seen.add(extension.number)
            yield extension


def _address(host: str) -> str | None:
    """The usable address in "192.0.2.1", "192.0.2.0/24" or "[2001:db8::1]"; None for a name or our own loopback."""
    try:
        net = ipaddress.ip_network(host.strip("[]"), strict=False)
    except ValueError:
        return None
    first = net.network_address if net.num_addresses == 1 else net.network_address + 1
    if first.is_unspecified or str(first) in ("127.0.0.1", "::1") or first.is_multicast or net.num_addresses > 1 << 16:
        return None
    return str(first)


def _own(listener: Listener) -> Iterator[str]:
    for text in (listener.address, *listener.external_addresses):
        if address := _address(text.partition(":")[0] if text.count(":") == 1 else text):
            yield address


def _destination(system: PhoneSystem, technology: str, transport: str | None) -> str:
    """Where the phone system listens for that technology."""
    listeners = [x for x in system.listeners if x.technology == technology]
    udp = [x for x in listeners if x.protocol == "udp"]
    chosen = next((x for x in udp if x.name == transport), next(iter(udp or listeners), None))
    if chosen is None:
        return f"{PBX_ADDRESS}:5060"
    address = _address(chosen.address) or PBX_ADDRESS
    return f"[{address}]:{chosen.port}" if ":" in address else f"{address}:{chosen.port}"


def files(far: FarEnd) -> dict[str, bytes]:
    """The far end's configuration: absolute path -> content."""
    texts = {
        "modules.conf": MODULES,
        "extensions.conf": DIALPLAN
        % {"phones": PHONES_ADDRESS, "caller": CALLER_HZ, "phone": PHONE_HZ, "carrier": CARRIER_HZ},
        "pjsip.conf": "\n".join(_pjsip(far)),
        "rtp.conf": "[general]\nrtpstart=10000\nrtpend=30000\nstrictrtp=no\n",
        "asterisk.conf": "[options]\ntransmit_silence = yes\n",
    }
    return {f"/etc/asterisk/{name}": text.encode() for name, text in texts.items()}


def _pjsip(far: FarEnd) -> Iterator[str]:
    yield SIP_COMMON
    bound = {(PHONES_ADDRESS, 5060): "phones"}
    for line in far.lines:
        bound.setdefault((line.address, line.port), line.endpoint)
    for address in far.addresses:
        bound.setdefault((address, 5060), f"spare-{address}")
    for (address, port), name in bound.items():
        where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        yield f"[t-{name}]\ntype=transport\nprotocol=udp\nbind={where}\n"
        yield f"[t-{name}-tcp]\ntype=transport\nprotocol=tcp\nbind={where}\n"
    for address in (PBX_ADDRESS, *far.pbx_addresses):
        yield f"[pbx-{address}](pbx-identify)\nmatch={address}\n"
    accounts: set[str] = set()
    for line in far.lines:
        yield from _line(line, bound[(line.address, line.port)], accounts)
    for phone in far.phones:
        yield from _phone(phone)
    yield f"#tryinclude {REGISTRATIONS}\n"


def _line(line: Line, transport: str, accounts: set[str]) -> Iterator[str]:
    trunk = line.trunk
    name = line.endpoint
    yield f"[{name}](far)\ntransport=t-{transport}\naors={name}\nmedia_address={line.address}\n{_codec(trunk.codecs)}"
    if trunk.secret and (trunk.auth_username or trunk.username):
        yield f"outbound_auth={name}\n[{name}](login)\nusername={_safe(trunk.auth_username or trunk.username)}\npassword={_safe(trunk.secret)}\n"
    yield f"[{name}]\ntype=aor\ncontact=sip:{line.destination}\n"
    registration = trunk.registration
    if registration and registration.username and registration.username not in accounts:
        accounts.add(registration.username)
        account = _safe(registration.username)
        yield f"[{account}](far)\ntransport=t-{transport}\naors={account}\nidentify_by=header,username,auth_username\n"
        if registration.secret:
            yield f"auth={account}\n[{account}](login)\nusername={_safe(registration.auth_username or registration.username)}\npassword={_safe(registration.secret)}\n"
        yield f"[{account}]\ntype=aor\nmax_contacts=5\nremove_existing=yes\n"
        # By whom it is to, not by whom it is from: a call that shows the account's number is no log-in.
        to = re.sub(r"([.+*?(){}|^$\[\]\\/])", r"\\\1", account)
        yield f"[to-{account}]\ntype=identify\nendpoint={account}\nmatch_header=To: /sips?:{to}@/\n"


def _phone(phone: Phone) -> Iterator[str]:
    extension = phone.extension
    name, user = phone.endpoint, _safe(extension.endpoint)
    encryption = "media_encryption=sdes\n" if extension.media_encryption == "sdes" else ""
    yield f"[{name}](far)\ntransport=t-phones\nmedia_address={PHONES_ADDRESS}\naors={name}\nfrom_user={user}\noutbound_auth={name}\n{encryption}{_codec(extension.codecs)}"
    yield f"[{name}](login)\nusername={_safe(extension.username or extension.endpoint)}\npassword={_safe(extension.secret or '')}\n"
    yield f"[{name}]\ntype=aor\ncontact=sip:{phone.destination}\n"


def registrations(far: FarEnd, *, patient: bool = False) -> str:
    """What makes every phone register, to be written to `REGISTRATIONS` of the running far end.

    A `patient` phone goes on trying for ever, whatever it is answered, as phones on desks do.
    """
    texts = [REGISTER, PATIENT if patient else IMPATIENT]
    for phone in far.phones:
        extension, name = phone.extension, phone.endpoint
        aor = _safe(extension.aor or extension.endpoint)
        texts.append(
            f"[{name}](register,trying)\noutbound_auth={name}\nserver_uri=sip:{phone.destination}\n"
            f"client_uri=sip:{aor}@{phone.destination}\ncontact_user={_safe(extension.number)}\n"
        )
    return "\n".join(texts)


def _codec(allowed: tuple[str, ...]) -> str:
    """Exactly one codec: with several agreed on, the two sides may each send another."""
    words = [word.strip().lower() for word in allowed]
    chosen = next((codec for codec in CODECS if codec in words), None)
    return f"allow=!all,{chosen}\n" if chosen else ""


def _safe(text: str | None) -> str:
    """A value for our own configuration: nothing that could end the line or begin a comment unescaped."""
    clean = "".join(c for c in (text or "") if c.isprintable())
    return clean.replace(";", "\\;")


SIP_COMMON = """\
[global]
type=global
endpoint_identifier_order=header,ip,anonymous
user_agent=Ringkeep far end
max_forwards=30
[far](!)
type=endpoint
context=in
disallow=all
allow=ulaw,alaw,gsm,g722
preferred_codec_only=yes
direct_media=no
bind_rtp_to_media_address=yes
rtp_symmetric=yes
force_rport=yes
rewrite_contact=yes
trust_id_inbound=yes
dtmf_mode=rfc4733
timers=no
media_encryption_optimistic=no
[login](!)
type=auth
auth_type=userpass
[pbx](far)
aors=pbx
media_address=100.127.254.1
media_encryption=sdes
media_encryption_optimistic=yes
[pbx]
type=aor
contact=sip:100.127.255.2
[pbx-identify](!)
type=identify
endpoint=pbx
"""

# The phones' registrations are in a file of their own that is written, and loaded, when the phone system is up:
# a phone that registers before would wait for its retransmission.
REGISTRATIONS = "/etc/asterisk/registrations.conf"
REGISTRATION_MODULE = "res_pjsip_outbound_registration.so"

REGISTER = """\
[register](!)
type=registration
transport=t-phones
expiration=3600
max_random_initial_delay=0
"""

IMPATIENT = """\
[trying](!)
retry_interval=2
max_retries=3
forbidden_retry_interval=0
fatal_retry_interval=0
auth_rejection_permanent=yes
"""

PATIENT = """\
[trying](!)
retry_interval=10
max_retries=1000000
forbidden_retry_interval=10
fatal_retry_interval=10
auth_rejection_permanent=no
"""

MODULES = "[modules]\nautoload=no\n" + "\n".join(
    f"load={name}.so"
    for name in (
        "res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject", "res_pjsip",
        "res_pjsip_session", "res_pjsip_authenticator_digest", "res_pjsip_outbound_authenticator_digest",
        "res_pjsip_endpoint_identifier_ip", "res_pjsip_endpoint_identifier_user", "res_pjsip_endpoint_identifier_anonymous",
        "res_pjsip_registrar", "res_pjsip_outbound_registration", "res_pjsip_sdp_rtp", "res_pjsip_caller_id",
        "res_pjsip_dtmf_info", "res_pjsip_nat", "res_pjsip_rfc3326", "res_pjsip_acl", "res_pjsip_pubsub", "res_pjsip_mwi",
        "res_rtp_asterisk", "res_srtp", "res_stir_shaken", "res_statsd", "res_crypto", "res_http_websocket", "chan_pjsip",
        "codec_ulaw", "codec_alaw", "codec_gsm", "codec_g722", "codec_resample", "format_wav", "format_pcm", "format_gsm",
        "pbx_config", "app_mixmonitor", "app_playtones", "app_senddtmf", "app_userevent", "app_verbose", "app_stack",
        "app_playback", "func_channel", "func_db", "func_strings", "func_callerid", "func_logic", "func_cut", "func_global",
        "bridge_simple", "bridge_holding",
    )
) + "\n"  # fmt: skip

DIALPLAN = """\
[in]
exten => h,1,NoOp()
exten => _.,1,Set(HERE=${CHANNEL(pjsip,local_addr)})
 same => n,Set(HERE=${CUT(HERE,:,1)})
 same => n,GotoIf($["${HERE}" = "%(phones)s"]?phone,${EXTEN},1:carrier,${EXTEN},1)

[phone]
exten => h,1,NoOp()
exten => _.,1,UserEvent(PhoneRings,Number: ${FILTER(0-9a-zA-Z*#+_.-,${EXTEN})},Caller: ${FILTER(0-9+*#,${CALLERID(num)})})
 same => n,Set(DO=${DB(phone/${EXTEN})})
 same => n,GotoIf($["${DO}" = "busy"]?busy)
 same => n,Ringing()
 same => n,GotoIf($["${DO}" = "ring"]?ring)
 same => n,Wait(${IF($["${DB(delay/${EXTEN})}" = ""]?0.1:${DB(delay/${EXTEN})})})
 same => n,Answer(0)
 same => n,UserEvent(PhoneAnswers,Number: ${FILTER(0-9a-zA-Z*#+_.-,${EXTEN})},Recording: phone-${UNIQUEID}.wav)
 same => n,MixMonitor(mix-${UNIQUEID}.wav,r(phone-${UNIQUEID}.wav))
 same => n,Gosub(talk,s,1(%(phone)d,120))
 same => n,Hangup()
 same => n(ring),Wait(180)
 same => n,Hangup()
 same => n(busy),Hangup(17)

[carrier]
exten => h,1,NoOp()
exten => _.,1,UserEvent(CarrierCall,Number: ${FILTER(0-9a-zA-Z*#+_.-,${EXTEN})},Address: ${HERE},Caller: ${FILTER(0-9+*#,${CALLERID(num)})})
 same => n,GotoIf($["${DB(carrier/${HERE})}" = "refuse"]?refuse)
 same => n,Ringing()
 same => n,Wait(0.1)
 same => n,Answer(0)
 same => n,UserEvent(CarrierAnswers,Number: ${FILTER(0-9a-zA-Z*#+_.-,${EXTEN})},Address: ${HERE},Recording: carrier-${UNIQUEID}.wav)
 same => n,MixMonitor(mix-${UNIQUEID}.wav,r(carrier-${UNIQUEID}.wav))
 same => n,Gosub(talk,s,1(%(carrier)d,120))
 same => n,Hangup()
 same => n(refuse),Hangup(34)

[caller]
exten => h,1,NoOp()
exten => go,1,MixMonitor(mix-${UNIQUEID}.wav,r(caller-${UNIQUEID}.wav))
 same => n,Gosub(talk,s,1(%(caller)d,${HOLD_S}))
 same => n,Hangup()

; ARG1: hertz, ARG2: seconds. Begun anew every second: a re-INVITE can end a tone.
[talk]
exten => s,1,Set(LEFT=${ARG2})
 same => n(again),Playtones(${ARG1})
 same => n,Wait(1)
 same => n,Set(LEFT=$[${LEFT} - 1])
 same => n,GotoIf($[${LEFT} > 0]?again)
 same => n,Return()
"""
