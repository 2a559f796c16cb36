"""Tables trunks and pjsip, sip, iax of keywords -> trunks.

pjsip rows have the trunk's number as id; sip and iax have three groups of rows each: `tr-peer-1`, `tr-user-1` and the
line of registration in `tr-reg-1`. Source: core module, functions.inc.php and Trunks.class.php.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.phonesystem.model import Registration, Row, Tables, Trunk
from ringkeep.phonesystem.readers.database.rows import keywords, number, rows_of, settings_of, text

TABLES = {"pjsip": "pjsip", "sip": "sip", "iax2": "iax", "iax": "iax"}
PORTS = {"pjsip": 5060, "sip": 5060, "iax2": 4569}
KNOWN = frozenset({
    "account", "host", "port", "username", "defaultuser", "secret", "context", "allow", "codecs", "sip_server", "sip_server_port",
    "trunk_name", "auth_username", "transport", "match", "contact_user", "maxchans", "disabletrunk", "language", "extdisplay", "trunkid",
    "hcid", "sv_trunk_name", "sv_usercontext", "sv_channelid", "npanxx", "tech", "dialopts", "peerdetails", "userconfig",
})  # fmt: skip
KNOWN_COLUMNS = frozenset({"trunkid", "name", "tech", "channelid", "maxchans", "outcid", "disabled", "usercontext"})
URI = re.compile(r"sips?:(?:([^@;]{0,200})@)?(\[[0-9A-Fa-f:.]{2,45}\]|[^:;@\[\]]{1,253})(?::([0-9]{1,5}))?", re.I)
# [peer?][transport://]user[@domain][:secret[:authuser]]@host[:port][/extension][~expiry] as both products save it
REGISTER = re.compile(
    r"(?:\w{1,10}://)?(?P<user>[^:@/]{1,100})(?:@[^:@/]{1,253})?(?::(?P<secret>[^:@]{0,100}))?(?::(?P<auth>[^:@]{0,100}))?"
    r"@(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[^:/@\[\]~]{1,253})(?::(?P<port>[0-9]{1,5}))?(?:/(?P<contact>[^~]{0,100}))?(?:~.*)?"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A trunk's row with what its technology knows of it."""

    row: Row
    place: Place
    technology: str
    endpoint: str
    options: Mapping[str, str]  # of the peer
    user: Mapping[str, str]  # of the section that its calls come in by, chan_sip and chan_iax2 only
    register: str


def read_trunks(tables: Tables) -> Iterator[Trunk]:
    """Every trunk in the order of its number, those switched off too."""
    options = {table: keywords(tables, table) for table in set(TABLES.values()) if table in tables}
    for row, place in rows_of(tables, "trunks"):
        if not (identity := text(row, "trunkid")):
            continue
        technology = (text(row, "tech") or "custom").lower()
        technology = "iax2" if technology == "iax" else technology
        endpoint = text(row, "channelid") or ""
        if technology == "pjsip" and "pjsip" in tables:
            own = options["pjsip"].get(identity, {})
            yield _by_pjsip(_Line(row, place, technology, endpoint, own, {}, ""))
        else:  # IssabelPBX has no table pjsip: it keeps those trunks like the others
            rows = options.get("sip" if technology == "pjsip" else TABLES.get(technology, ""), {})
            peer, user = rows.get(f"tr-peer-{identity}") or rows.get(identity, {}), rows.get(f"tr-user-{identity}", {})
            register = rows.get(f"tr-reg-{identity}", {}).get("register", "")
            yield _by_peer(_Line(row, place, technology, endpoint, peer, user, register))


def _by_pjsip(line: _Line) -> Trunk:
    options = line.options
    host, port = options.get("sip_server", ""), whole_number(options.get("sip_server_port", ""))
    for uri in (options.get("aor_contact", ""), options.get("server_uri", "")):
        if not host and (match := URI.match(uri)):
            host, port = match[2], whole_number(match[3] or "")
    authenticates = options.get("authentication", "outbound") not in ("none", "inbound")
    username = (options.get("username") or None) if authenticates else None
    registers = options.get("registration", "send") == "send" and host and username
    client = URI.match(options.get("client_uri", ""))
    account = client[1] if client and client[1] else username
    registration = Registration(
        account, options.get("auth_username") or username, options.get("secret") or None, host, port or 5060, line.place,
        options.get("contact_user") or None,
    )  # fmt: skip
    return _trunk(
        line, (host,) if host and options.get("registration") != "receive" else (), port or 5060,
        (options.get("match", ""), options.get("auth_username") or username or ""), registration if registers else None,
    )  # fmt: skip


def _by_peer(line: _Line) -> Trunk:
    host = line.options.get("host", "")
    port = whole_number(line.options.get("port", "")) or PORTS.get(line.technology, 0)
    match = REGISTER.fullmatch(line.register.strip()[:1000])
    registration = None
    if match:
        registration = Registration(
            match["user"], match["auth"] or match["user"], match["secret"] or None, match["host"],
            whole_number(match["port"] or "") or PORTS.get(line.technology, 0), line.place, match["contact"] or None,
        )  # fmt: skip
    username = line.options.get("defaultuser") or line.options.get("username") or ""
    return _trunk(line, (host,) if host and host != "dynamic" else (), port, ("", username), registration)


def _trunk(
    line: _Line, hosts: tuple[str, ...], port: int, names: tuple[str, str], registration: Registration | None
) -> Trunk:
    row, options = line.row, line.options
    match, username = names
    return Trunk(
        name=text(row, "name") or line.endpoint or text(row, "trunkid") or "",
        technology=line.technology,
        endpoint=line.endpoint,
        hosts=hosts,
        port=port,
        match=tuple(word for word in re.split(r"[,&\s]+", match) if word) or hosts,
        username=(options.get("username") or options.get("defaultuser") or username) or None,
        auth_username=username or None,
        secret=options.get("secret") or None,
        registration=registration,
        context=_context(line),
        transport=options.get("transport") or None if line.technology == "pjsip" else None,
        place=line.place,
        language=options.get("language") or None,
        codecs=tuple(word.strip() for word in re.split(r"[&,]", options.get("codecs") or options.get("allow", "")) if word.strip()),
        id=text(row, "trunkid"),
        enabled=(text(row, "disabled") or "off").lower() not in ("on", "yes", "1"),
        max_channels=number(row, "maxchans") or None,
        outbound_caller=text(row, "outcid"),
        settings=settings_of(row, KNOWN_COLUMNS) | settings_of(options, KNOWN),
    )  # fmt: skip


def _context(line: _Line) -> str | None:
    """Where its calls come in; without one of its own, both products name one after the trunk, but FreePBX for PJSIP."""
    if written := line.options.get("context"):
        return written
    if "sip_server" in line.options:
        return "from-pstn"
    if line.technology in ("pjsip", "sip", "iax2") and line.options:
        return f"from-trunk-{line.technology}-{line.endpoint}"
    return line.user.get("context") or None
