"""What a phone system is, whatever product wrote its files.

Pure values: no IO, no Django. Readers (`phonesystem.readers`) fill them from files or database rows; the
drill, the call flows and the differences only ever look at these. Every value that can be wrong carries the
`Place` (file and line) where an engineer would mend it. Unknown is `None`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ringkeep.asterisk.conf import Configuration, Files, Place, Problem
from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.phonesystem.sentences import Sentence

Row: TypeAlias = Mapping[str, str | None]  # column -> value as text; None: NULL
Tables: TypeAlias = Mapping[str, Sequence[Row]]  # table of the product's database -> its rows
Settings: TypeAlias = Mapping[str, str]  # further options as written; secrets are never among them

NOWHERE = Place("", 0)  # of what is only in the database


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a call is sent next."""

    # extension mailbox queue ring_group menu time_condition night_switch announcement conference paging_group
    # parking_lot follow_me outbound number disa directory hangup busy congestion ring application dialplan
    kind: str
    id: str  # its number or its product's id: "1010", "401", "1"; "" where the kind says it all
    target: str  # as written: "ext-local,1010,dest"


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
    outbound_caller: str | None = None  # what a carrier is shown: '"Ana Smith" <+12125550000>'
    ring_s: int | None = None  # before voicemail or the next destination; 0: the system's own
    registers: bool = True  # False: no phone can log in (neither AOR nor auth); calls come and go by address alone
    settings: Settings = field(default_factory=dict, hash=False)  # every other option of its endpoint, AOR and auth


@dataclass(frozen=True, slots=True)
class CallState:
    """What somebody dialled into their phone: forwarding, do not disturb, call waiting (astdb)."""

    extension: str
    forward_always: str | None = None
    forward_busy: str | None = None
    forward_unanswered: str | None = None
    do_not_disturb: bool = False
    call_waiting: bool | None = None


@dataclass(frozen=True, slots=True)
class FollowMe:
    """A list of numbers that ring for an extension."""

    extension: str
    enabled: bool | None
    members: tuple[str, ...]  # "1000", "17185551234#" for a number outside
    strategy: str | None
    ring_s: int | None
    destination: Destination | None  # when nobody answers
    place: Place


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
    id: str | None = None  # the product's own number for it
    enabled: bool | None = None  # None: not known, so it is
    max_channels: int | None = None  # None: no limit
    outbound_caller: str | None = None  # the number it shows
    settings: Settings = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Mailbox:
    number: str
    context: str
    name: str | None
    pin: str | None
    email: str | None
    place: Place
    settings: Settings = field(default_factory=dict, hash=False)  # attach, delete, saycid, ...


@dataclass(frozen=True, slots=True)
class Queue:
    name: str  # section in queues.conf
    number: str | None  # what is dialled to reach it, when known
    title: str | None
    strategy: str | None
    members: tuple[str, ...]  # interfaces as written: "PJSIP/201", "Local/1001@from-queue/n"
    member_numbers: tuple[str, ...]  # the extensions behind them, as far as known
    place: Place
    timeout_s: int | None = None  # how long a caller waits at most; None: not known or for ever
    destination: Destination | None = None  # after that
    settings: Settings = field(default_factory=dict, hash=False)  # every other option of its section


@dataclass(frozen=True, slots=True)
class RingGroup:
    name: str
    number: str | None
    members: tuple[str, ...]  # extension numbers; "17185551234#" for a number outside
    place: Place
    title: str | None = None
    strategy: str | None = None
    ring_s: int | None = None
    destination: Destination | None = None  # when nobody answers
    settings: Settings = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class MenuKey:
    key: str  # "0".."9", "*", "#", several digits, "t" (timeout), "i" (invalid)
    destination: Destination
    place: Place


@dataclass(frozen=True, slots=True)
class Menu:
    """An IVR: a place in the dialplan that plays a prompt and waits for a key."""

    name: str  # the product's id for it ("1"), else its context
    context: str
    prompts: tuple[str, ...]  # sound names as written: "custom/welcome"
    keys: tuple[MenuKey, ...]
    place: Place
    title: str | None = None
    timeout_s: int | None = None
    direct_dial: bool | None = None  # whether a caller may key an extension's number
    settings: Settings = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A recorded message that is played, and where the call goes after it."""

    id: str
    title: str | None
    prompts: tuple[str, ...]
    destination: Destination | None
    place: Place


@dataclass(frozen=True, slots=True)
class TimeCondition:
    """Opening hours: where a call goes inside and outside of some times."""

    id: str
    title: str | None
    times: tuple[str, ...]  # as Asterisk writes them: "08:00-16:30,mon-fri,*,*"
    zone: str | None  # IANA zone; None: the system's own
    inside: Destination | None
    outside: Destination | None
    override: str | None  # astdb: true, false, true_sticky, false_sticky; None: follows the clock
    place: Place


@dataclass(frozen=True, slots=True)
class NightSwitch:
    """A code that staff dial to send calls to another destination (FreePBX: call flow control)."""

    id: str
    title: str | None
    day: Destination | None
    night: Destination | None
    is_night: bool | None
    place: Place


@dataclass(frozen=True, slots=True)
class InboundNumber:
    """A number that callers from outside can dial (a DID)."""

    number: str  # "" for any number
    context: str  # where the call enters
    trunks: tuple[str, ...]  # names of the trunks it can come through
    place: Place
    callerid: str | None = None  # only for this caller, number or pattern
    title: str | None = None
    destination: Destination | None = None
    settings: Settings = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class DialPattern:
    """One pattern of an outbound route."""

    pattern: str  # what is dialled, as the dialplan has it: "_9NXXNXXXXXX"
    strip: int  # leading digits removed
    prepend: str  # put in front of what is left
    caller: str | None = None  # only for this caller, number or pattern


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
    id: str | None = None  # the product's own number for it
    title: str | None = None
    patterns: tuple[DialPattern, ...] = ()  # all of them; `pattern` is the first
    emergency: bool | None = None
    settings: Settings = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class FeatureCode:
    code: str
    name: str | None
    context: str
    place: Place
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Conference:
    number: str
    name: str | None
    place: Place
    pin: str | None = None
    settings: Settings = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class PagingGroup:
    """A number that makes several phones speak at once."""

    number: str
    title: str | None
    members: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class ParkingLot:
    name: str
    number: str | None  # dialled to park
    positions: str | None  # "71-78"
    place: Place


@dataclass(frozen=True, slots=True)
class MusicClass:
    """What a caller hears on hold."""

    name: str
    mode: str | None
    directory: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class OutsideNumber:
    """A named number to dial, used as a destination (FreePBX: misc destination)."""

    id: str
    title: str | None
    number: str
    place: Place


@dataclass(frozen=True, slots=True)
class DirectAccess:
    """DISA: callers from outside who get an inside dial tone."""

    id: str
    title: str | None
    has_pin: bool
    context: str
    place: Place


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The product's database and the files that Asterisk reads say different things."""

    what: str  # as in `compare.Change`: extension, queue, ...
    id: str
    field: str | None  # None: one of the two lacks it wholly
    database: str | None  # what the database says, in words; None: nothing
    files: str | None  # what the files say
    place: Place
    says: Sentence


@dataclass(frozen=True, slots=True)
class PhoneSystem:
    """A phone system as its files run it, with the titles that only the product's database knows.

    `shown` is the same system as the product's own pages show it: read from its database alone.
    """

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
    announcements: tuple[Announcement, ...] = ()
    time_conditions: tuple[TimeCondition, ...] = ()
    night_switches: tuple[NightSwitch, ...] = ()
    follow_mes: tuple[FollowMe, ...] = ()
    call_states: tuple[CallState, ...] = ()
    paging_groups: tuple[PagingGroup, ...] = ()
    parking_lots: tuple[ParkingLot, ...] = ()
    music_classes: tuple[MusicClass, ...] = ()
    outside_numbers: tuple[OutsideNumber, ...] = ()
    direct_accesses: tuple[DirectAccess, ...] = ()
    blacklist: tuple[str, ...] = ()
    files: Files = field(default_factory=dict)  # every configuration file as handed over
    tables: Tables = field(default_factory=dict)  # the product's database
    shown: PhoneSystem | None = None
    disagreements: tuple[Disagreement, ...] = ()
    settings_only: bool = False  # a backup that FreePBX 15+ made: tables, and no file that runs
    sounds: Mapping[str, str] = field(default_factory=dict)  # recordings, by path -> a digest of what they say
    looked_up: dict[str, object] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # `index.index_of`
