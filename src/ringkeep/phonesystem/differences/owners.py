"""Which object of a phone system a line of its files, a row of its database or a key of its astdb belongs to.

Sources: the tables and generated contexts of FreePBX 16 and IssabelPBX 2.12, as their installations wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ringkeep.phonesystem.destinations import parse_destination
from ringkeep.phonesystem.differences.things import Key, Things
from ringkeep.phonesystem.model import Row


@dataclass(frozen=True, slots=True)
class Table:
    """How the rows of one table of a product's database are told."""

    what: str  # of the object that a row belongs to
    identity: tuple[str, ...]  # columns that say which object
    key: tuple[str, ...] = ()  # columns that tell one row from another, where it is not `identity`
    keyword: str = ""  # the column that names the setting, where a row is one setting
    value: str = ""  # then: the column with its value
    fields: Mapping[str, str] = field(default_factory=dict)  # column or keyword -> field of the object
    part: str = ""  # a whole row is one element of that field of the object: "patterns"; "key {selection}"
    ignored: frozenset[str] = frozenset({"flags", "id_seq"})


_KEYWORDS = {
    "secret": "secret", "callerid": "name", "allow": "codecs", "disallow": "codecs", "member": "members", "sip_server": "server",
    "sip_server_port": "port", "disabletrunk": "enabled", "codecs": "codecs", "codec": "codecs", "host": "server", "match": "match",
    "trunk_name": "name", "media_encryption": "media_encryption", "mailbox": "mailbox", "peerdetails": "settings", "sipdriver": "technology",
}  # fmt: skip
_GROUP = {
    "description": "title", "descr": "title", "grplist": "members", "grptime": "ring_s", "postdest": "destination", "dest": "destination",
    "maxwait": "wait_s", "displayname": "title", "name": "title",
}  # fmt: skip
TABLES: Mapping[str, Table] = {
    "users": Table("extension", ("extension",), fields={"outboundcid": "outbound_caller", "ringtimer": "ring_s", "voicemail": "mailbox"}),
    "devices": Table("extension", ("id",), fields={"description": "name", "tech": "technology", "dial": "technology"}),
    "sip": Table("endpoint", ("id",), ("id", "keyword"), "keyword", "data", _KEYWORDS),
    "iax": Table("endpoint", ("id",), ("id", "keyword"), "keyword", "data", _KEYWORDS),
    "dahdi": Table("endpoint", ("id",), ("id", "keyword"), "keyword", "data", _KEYWORDS),
    "pjsip": Table("trunk_number", ("id",), ("id", "keyword"), "keyword", "data", _KEYWORDS),
    "trunks": Table(
        "trunk_number", ("trunkid",),
        fields={"disabled": "enabled", "maxchans": "max_channels", "outcid": "outbound_caller", "channelid": "name", "tech": "technology"},
    ),
    "trunk_dialpatterns": Table("trunk_number", ("trunkid",), ("*",), part="dialpatterns"),
    "incoming": Table("inbound_route", ("extension", "cidnum"), fields={"description": "title", "mohclass": "music"}),
    "queues_config": Table("queue", ("extension",), fields=_GROUP),
    "queues_details": Table("queue", ("id",), ("id", "keyword"), "keyword", "data", {"member": "members"}),
    "ringgroups": Table("ring_group", ("grpnum",), fields=_GROUP),
    "findmefollow": Table("follow_me", ("grpnum",), fields=_GROUP),
    "paging_config": Table("paging_group", ("page_group",), fields=_GROUP),
    "paging_groups": Table("paging_group", ("page_number",), ("*",), part="members"),
    "paging_autoanswer": Table("setting", ("useragent", "var"), value="setting"),
    "ivr_details": Table(
        "menu", ("id",),
        fields={
            "name": "title", "announcement": "prompts", "timeout_time": "timeout_s", "directdial": "direct_dial",
            "timeout_destination": "key t", "invalid_destination": "key i",
        },
    ),
    "ivr_entries": Table("menu", ("ivr_id",), ("ivr_id", "selection"), value="dest", part="key {selection}"),
    "announcement": Table(
        "announcement", ("announcement_id",), fields={"description": "title", "recording_id": "prompts", "post_dest": "destination"}
    ),
    "timeconditions": Table(
        "time_condition", ("timeconditions_id",),
        fields={"displayname": "title", "truegoto": "inside", "falsegoto": "outside", "time": "times", "timezone": "zone"},
    ),
    "timegroups_groups": Table("time_group", ("id",), fields={"description": "times"}),
    "timegroups_details": Table("time_group", ("timegroupid",), ("id",), value="time", part="times"),
    "daynight": Table("night_switch", ("ext",), ("ext", "dmode"), "dmode", "dest", {"day": "day", "night": "night", "fc_description": "title"}),
    "outbound_routes": Table("outbound_route", ("route_id",), fields={"name": "title", "emergency_route": "emergency"}),
    "outbound_route_patterns": Table("outbound_route", ("route_id",), ("*",), part="patterns"),
    "outbound_route_trunks": Table("outbound_route", ("route_id",), ("route_id", "trunk_id"), part="trunks", fields={"seq": "trunks"}),
    "outbound_route_sequence": Table("outbound_route", ("route_id",), fields={"seq": "order"}, part="order"),
    "outbound_route_email": Table("outbound_route", ("route_id",), part="email"),
    "meetme": Table("conference", ("exten",), fields={"description": "title", "userpin": "pin", "adminpin": "pin"}),
    "parkplus": Table("parking_lot", ("parkext",), fields={"parkpos": "positions", "numslots": "positions", "name": "title", "parkext": "number"}),
    "music": Table("music_class", ("category",)),
    "miscdests": Table("outside_number", ("id",), fields={"description": "title", "destdial": "number"}),
    "disa": Table("direct_access", ("disa_id",), fields={"displayname": "title", "pin": "has_pin"}),
    "featurecodes": Table("feature_code", ("customcode", "defaultcode"), ("modulename", "featurename")),
    "freepbx_settings": Table("setting", ("keyword",), value="value", ignored=frozenset({"sortorder", "description", "name"})),
    "issabelpbx_settings": Table("setting", ("keyword",), value="value", ignored=frozenset({"sortorder", "description", "name"})),
    "sipsettings": Table("setting", ("keyword",), value="data", ignored=frozenset({"seq", "type"})),
    "pjsipsettings": Table("setting", ("keyword",), value="data", ignored=frozenset({"seq", "type"})),
    "iaxsettings": Table("setting", ("keyword",), value="data", ignored=frozenset({"seq", "type"})),
    "managersettings": Table("setting", ("keyword",), value="data", ignored=frozenset({"seq", "type"})),
    "kvstore_Sipsettings": Table("setting", ("key",), value="val", ignored=frozenset({"type", "id"})),
    "manager": Table("manager_user", ("name",), fields={"allow": "permit"}),
    "globals": Table("setting", ("variable",), value="value"),
    "voicemail_admin": Table("setting", ("variable",), value="value"),
    "recordings": Table("setting", ("id",), fields={"displayname": "name"}),
    "modules": Table("setting", ("modulename",), ignored=frozenset({"id", "signature"})),
}  # fmt: skip
# What the products write for themselves while nobody changes anything, and what only mirrors other tables.
NOISE = re.compile(
    r"admin|notifications|module_xml|cronmanager|cron_jobs|freepbx_log|kvblobstore|kvstore_(Dashboard|FreePBX|FreePBX_Realtime|FreePBX_Hooks|"
    r"FreePBX_Media|OOBE|FreePBX_modules_Userman|FreePBX_modules_Sysadmin|FreePBX_modules_Firewall)|api_\w+|userman_(password_reminder|call_activity\w*)|"
    r"presencestate_\w+|sessions?|\w*_?(log|logs|history|cache|jobs?|transactions?)|hotelwakeup_calls|backup_cache|"
    r"soundlang_\w+|indications_zonelist|arimanager|devices_cache|fax_store|trunks_cache"
)
GENERATED_CONTEXTS = (
    (re.compile(r"ivr-(\w+)"), "menu", "key {pattern}"),
    (re.compile(r"app-announcement-(\w+)"), "announcement", ""),
    (re.compile(r"outrt-(\w+)"), "outbound_route", ""),
    (re.compile(r"from-trunk-\w+-(.+)"), "trunk", ""),
    (re.compile(r"from-sip-(.+)|from-pjsip-(.+)"), "trunk", ""),
)
KINDS = {"number": "outside_number", "disa": "direct_access"}  # of a destination -> of the object
SUFFIX = re.compile(
    r"[-_]?(?:auth|oauth|iauth|aor|aors|identify|ident|registration|reg|register|endpoint|acl|in|out)$", re.IGNORECASE
)
FILES = (
    (re.compile(r"(pjsip|sip|iax)"), ("extension", "trunk")),
    (re.compile(r"queues"), ("queue",)),
    (re.compile(r"musiconhold"), ("music_class",)),
    (re.compile(r"(confbridge|meetme)"), ("conference",)),
    (re.compile(r"(res_parking|features)"), ("parking_lot",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owners:
    """The objects of two systems by everything that names them."""

    by_name: Mapping[tuple[str, str], Key]  # (kind, name as a section or context has it) -> object
    keys: frozenset[Key]
    by_alias: Mapping[Key, Key]

    @classmethod
    def of(cls, *systems: Things) -> Owners:
        """Of all things of several systems; what an earlier one says counts."""
        names: dict[tuple[str, str], Key] = {}
        aliases: dict[Key, Key] = {}
        for things in systems:
            for thing in things.values():
                for name in (*thing.names, thing.id):
                    names.setdefault((thing.what, name), thing.key)
                for alias in thing.aliases:
                    aliases.setdefault(alias, thing.key)
                positions = thing.values.get("positions")
                for position in positions.written[1:] if positions else ():
                    names.setdefault(("parking_position", position), thing.key)
                server = thing.values.get("server") if thing.what == "trunk" else None
                for host in server.many or () if server else ():
                    names.setdefault(("server", host), thing.key)
        return cls(names, frozenset(key for things in systems for key in things), aliases)

    def known(self, key: Key) -> Key:
        """The object of that key or alias; the key itself when no object has it."""
        if key in self.keys:
            return key
        if found := self.by_alias.get(key):
            return found
        return ("extension", key[1]) if key[0] == "endpoint" else key

    def of_section(self, file: str, section: str) -> Key | None:
        """Whose section of a configuration file that is."""
        for pattern, kinds in FILES:
            if pattern.match(file):
                return self._named(kinds, section) or self._named(kinds, SUFFIX.sub("", section))
        return None

    def of_registration(self, text: str) -> Key | None:
        """Whose `register => user:secret@host:port/extension` that is."""
        host = re.split(r"[:/~?]", text.rpartition("@")[2], maxsplit=1)[0]
        return self.by_name.get(("server", host))

    def _named(self, kinds: Iterable[str], name: str) -> Key | None:
        for kind in kinds:
            if found := self.by_alias.get(("endpoint", name)) if kind in ("extension", "trunk") else None:
                return found
            if found := self.by_name.get((kind, name)) or self.by_alias.get((kind, name)):
                return found
        return None

    def of_extension(self, context: str, pattern: str) -> tuple[Key | None, str]:
        """Whose extension of the dialplan that is, and which field of it."""
        if found := self.by_name.get(("menu", context)):
            return found, f"key {pattern}" if pattern != "s" else "prompts"
        for expression, what, part in GENERATED_CONTEXTS:
            if match := expression.fullmatch(context):
                identity = next(group for group in match.groups() if group)
                return self.known((what, identity)), part.format(pattern=pattern) if part else ""
        if ("feature_code", pattern) in self.keys and ("extension", pattern) not in self.keys:
            return ("feature_code", pattern), ""
        if context.startswith("park") and (lot := self._lot(pattern)):
            return lot, ""
        number = pattern.lstrip("_").partition("/")[0]
        if context.startswith("ext-did") or ("inbound_route", pattern) in self.keys:
            return ("inbound_route", pattern), ""
        destination = parse_destination(f"{context},{number},1")
        if destination and destination.kind != "dialplan" and destination.id:
            key = self.known((KINDS.get(destination.kind, destination.kind), destination.id))
            return (key, "") if key in self.keys else (None, "")
        return self.by_name.get(("outbound_route", f"{context},{pattern}")), ""

    def _lot(self, pattern: str) -> Key | None:
        """The parking lot of a position, or of the code that takes a call from one: 71, *8571."""
        ends = (pattern[start:] for start in range(min(len(pattern), 12)))
        return next((lot for end in ends if (lot := self.by_name.get(("parking_position", end)))), None)

    def of_row(self, table: str, row: Row) -> Key | None:
        """Whose row of the database that is; settings are their own."""
        shape = TABLES.get(table)
        if shape is None:
            named = [value for value in row.values() if value and ("extension", value) in self.keys]
            return (
                ("extension", named[0])
                if len(set(named)) == 1 and table.startswith(("kvstore", "userman", "contact"))
                else None
            )
        words = [row.get(column) or "" for column in shape.identity]
        if shape.what == "setting":
            return ("setting", " ".join([table, *words]))
        if shape.what == "inbound_route":
            return ("inbound_route", "/".join(filter(None, words)) if words[0] or words[1] else "")
        if shape.what == "feature_code":
            return ("feature_code", next(filter(None, words), ""))
        return self._numbered(shape.what, words[0])

    def _numbered(self, what: str, identity: str) -> Key:
        if trunk := re.fullmatch(r"tr-(?:peer|user|reg)-(\d+)|9999999?(\d+)", identity):
            return self.known(("trunk_number", trunk[1] or trunk[2]))
        if (
            what == "trunk_number"
            and ("extension", identity) in self.keys
            and ("trunk_number", identity) not in self.by_alias
        ):
            return ("extension", identity)
        return self.known((what, identity))

    def of_state(self, key: str) -> tuple[Key | None, str]:
        """Whose key of astdb that is, and which field of it."""
        words = key.strip("/").split("/")
        family, rest = words[0], words[1:]
        match family, rest:
            case "AMPUSER", [number, "followme", *field]:
                return ("follow_me", number), "/".join(field)
            case "AMPUSER" | "DEVICE", [number, *field]:
                return ("extension", number), "/".join(field)
            case "CF" | "CFB" | "CFU" | "DND" | "CW", [number]:
                return ("call_state", number), _STATES[family]
            case "DAYNIGHT", [number]:
                return ("night_switch", number.removeprefix("C")), "is_night"
            case "TC", [number, *_]:
                return ("time_condition", number), "override"
            case "blacklist", [_]:
                return ("setting", "blacklist"), "numbers"
            case "RINGGROUP" | "CONFERENCE" | "QPENALTY", [number, *field]:
                kinds = {"RINGGROUP": "ring_group", "CONFERENCE": "conference", "QPENALTY": "queue"}
                return (kinds[family], number), "/".join(field)
        return None, ""


_STATES = {
    "CF": "forward_always", "CFB": "forward_busy", "CFU": "forward_unanswered", "DND": "do_not_disturb", "CW": "call_waiting",
}  # fmt: skip
