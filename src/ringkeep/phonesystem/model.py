"""What a phone system is, whatever product wrote its files.

Pure values: no IO, no Django. Readers (`phonesystem.readers`) fill them from files or database rows; the
drill, the call flows and the differences only ever look at these. Every value that can be wrong carries the
`Place` (file and line) where an engineer would mend it. Unknown is `None`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ringkeep.asterisk.conf import Configuration, Place, Problem
from ringkeep.asterisk.dialplan import Dialplan


@dataclass(frozen=True, slots=True)
class Listener:
    """An address on which the phone system takes SIP: one PJSIP transport or one of chan_sip's binds."""

    technology: str  # "pjsip" | "sip" | "iax2"
    name: str  # the transport's section; "udpbindaddr" for chan_sip
    protocol: str  # "udp" | "tcp" | "tls" | "ws" | "wss"
    address: str  # "0.0.0.0", "192.168.1.10", "::"
    port: int
    external_addresses: tuple[str, ...]  # external_media_address, external_signaling_address, externip, externaddr
    place: Place


@dataclass(frozen=True, slots=True)
class Extension:
    """An internal number with the phone that registers for it."""

    number: str  # what colleagues dial: "201"
    name: str | None  # display name
    technology: str  # "pjsip" | "sip" | "iax2"
    endpoint: str  # section name in pjsip.conf / sip.conf / iax.conf
    aor: str | None  # pjsip: the AOR it registers to; None when it names none
    username: str | None  # what it authenticates with
    secret: str | None
    context: str | None  # where its calls enter the dialplan
    mailbox: str | None  # "201@default"
    transport: str | None  # pjsip: a pinned transport, if any
    permit: tuple[str, ...]  # the only networks its phone may come from (CIDR), empty: anywhere
    codecs: tuple[str, ...]  # allow= as written, in order
    place: Place
    media_encryption: str | None = None  # "sdes" | "dtls": calls without it are refused
    language: str | None = None  # of prompts on its calls; None: the system's own


@dataclass(frozen=True, slots=True)
class Registration:
    """The phone system logs in at a carrier."""

    username: str | None  # user part of client_uri: the account
    auth_username: str | None
    secret: str | None
    host: str
    port: int
    place: Place
    contact_user: str | None = None


@dataclass(frozen=True, slots=True)
class Trunk:
    """A line to a carrier."""

    name: str
    technology: str  # "pjsip" | "sip" | "iax2" | "dahdi"
    endpoint: str  # section name; what Dial(PJSIP/number@endpoint) names
    hosts: tuple[str, ...]  # where its calls go: contact host / host= ; addresses or names
    port: int
    match: tuple[str, ...]  # addresses, networks or names that its calls come from (identify)
    username: str | None
    auth_username: str | None
    secret: str | None
    registration: Registration | None
    context: str | None  # where its calls enter the dialplan; None: nowhere
    transport: str | None
    place: Place
    language: str | None = None  # of prompts on its calls; None: the system's own
    codecs: tuple[str, ...] = ()  # allow= as written, in order; empty: the system's own choice


@dataclass(frozen=True, slots=True)
class Mailbox:
    number: str
    context: str
    name: str | None
    pin: str | None
    email: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Queue:
    name: str  # section in queues.conf
    number: str | None  # what is dialled to reach it, when known
    title: str | None
    strategy: str | None
    members: tuple[str, ...]  # interfaces as written: "PJSIP/201", "Local/1001@from-queue/n"
    member_numbers: tuple[str, ...]  # the extensions behind them, as far as known
    place: Place


@dataclass(frozen=True, slots=True)
class RingGroup:
    name: str
    number: str | None
    members: tuple[str, ...]  # extension numbers
    place: Place


@dataclass(frozen=True, slots=True)
class MenuKey:
    key: str  # "0".."9", "*", "#", "t" (timeout), "i" (invalid)
    destination: str  # words for people: "queue sales", "extension 201"
    place: Place


@dataclass(frozen=True, slots=True)
class Menu:
    """An IVR: a place in the dialplan that plays a prompt and waits for a key."""

    name: str  # context name, or the product's name for it
    context: str
    prompts: tuple[str, ...]  # sound names as written: "custom/welcome"
    keys: tuple[MenuKey, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class InboundNumber:
    """A number that callers from outside can dial (a DID)."""

    number: str
    context: str  # where the call enters
    trunks: tuple[str, ...]  # names of the trunks it can come through
    place: Place
    callerid: str | None = None  # only for this caller, number or pattern


@dataclass(frozen=True, slots=True)
class OutboundRoute:
    """A pattern that staff dial to get out."""

    name: str
    pattern: str  # "_9X."
    context: str  # where it is dialled from
    trunks: tuple[str, ...]  # in the order tried
    strip: int | None  # leading digits removed before the carrier sees it; None: not known
    prepend: str
    place: Place


@dataclass(frozen=True, slots=True)
class FeatureCode:
    code: str
    name: str | None
    context: str
    place: Place


@dataclass(frozen=True, slots=True)
class Conference:
    number: str
    name: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class PhoneSystem:
    product: str  # "asterisk" | "freepbx" | "issabel"
    configurations: Mapping[str, Configuration]  # "pjsip.conf" -> as read, includes followed
    dialplan: Dialplan
    listeners: tuple[Listener, ...]
    extensions: tuple[Extension, ...]
    trunks: tuple[Trunk, ...]
    mailboxes: tuple[Mailbox, ...]
    queues: tuple[Queue, ...]
    ring_groups: tuple[RingGroup, ...]
    menus: tuple[Menu, ...]
    inbound_numbers: tuple[InboundNumber, ...]
    outbound_routes: tuple[OutboundRoute, ...]
    feature_codes: tuple[FeatureCode, ...]
    conferences: tuple[Conference, ...]
    paths: frozenset[str] | None  # every file and folder handed over, as seen inside; None: not known
    database: Mapping[str, str]  # astdb: "/AMPUSER/1000/cidname" -> "Ana Smith"
    problems: tuple[Problem, ...] = field(default=())  # from reading the files
