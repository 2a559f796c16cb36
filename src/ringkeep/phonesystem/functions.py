"""Dialplan functions as a walk sees them: a fresh call, registered and idle phones, the astdb as it was saved.

Those of text, numbers and lists are `ringkeep.asterisk.functions`; here are those that ask the phone system or the clock.
"""

from __future__ import annotations

import math
import re
from datetime import datetime

from ringkeep.asterisk.dialplan import split_arguments, whole_number
from ringkeep.asterisk.functions import UNKNOWABLE, TextFunctions
from ringkeep.asterisk.times import next_change, time_holds, zone_of
from ringkeep.asterisk.unknowable import Unknowable
from ringkeep.phonesystem.index import index_of
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.overlay import Overlay

__all__ = ["UNKNOWABLE", "Functions", "next_change", "time_holds"]

FORMAT_LIMIT = 200
WHOLE_CALLER = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<name>[^<"]*?))\s*<(?P<number>[^>]*)>')


class Functions(TextFunctions):
    """Reads and writes of `NAME(arguments)` for one call."""

    def __init__(self, system: PhoneSystem, at: datetime, caller: str, caller_name: str, channel: str) -> None:
        super().__init__(lambda name: "", lambda name, value: None)
        self.system, self.at, self.channel = system, at, channel
        self.database = Overlay(system.database)
        self.answered = False
        self.language = ""
        self.set_local = self.set_variable
        self._written: dict[str, str] = {}
        self.caller = {"num": caller, "number": caller, "name": caller_name, "ani": caller, "dnid": "", "rdnis": ""}

    def otherwise(self, name: str, arguments: str) -> str:
        """What was written to it in this call."""
        return self._written.get(f"{name}({arguments})", "")

    def clear_hash(self, name: str) -> None:
        """The application ClearHash."""
        for key in [key for key in self._written if key.startswith(f"HASH({name},")]:
            del self._written[key]

    def write(self, name: str, arguments: str, value: str) -> None:
        """`Set(NAME(arguments)=value)`."""
        if name == "CALLERID":
            self._write_callerid(arguments, value)
        elif name == "DB":
            self.database["/" + arguments.strip("/")] = value
        elif name == "CHANNEL" and arguments == "language":
            self.language = value
        elif name == "GLOBAL":
            self.set_variable(f"GLOBAL({arguments})", value)
        elif name == "LOCAL":
            self.set_local(arguments, value)
        elif name in ("HASH", "SHARED", "MASTER_CHANNEL"):
            self._write_named(name, arguments, value)
        elif name in ("ARRAY", "PUSH", "UNSHIFT"):
            super().write(name, arguments, value)
        else:
            self._written[f"{name}({arguments})"] = value

    def _write_named(self, name: str, arguments: str, value: str) -> None:
        words = split_arguments(arguments)
        if name != "HASH":
            self.set_variable(words[0].lstrip("_"), value)
        elif len(words) > 1:
            self._write_hash(words[0].lstrip("_"), words[1], value)
        else:  # HASH(name)=...: the columns of the row that was read last
            columns = split_arguments(self.variable("~ODBCFIELDS~"))
            values = [*split_arguments(value), *[""] * len(columns)]
            for column, one in zip(columns, values, strict=False):
                self._write_hash(words[0].lstrip("_"), column, one)

    def _write_hash(self, name: str, key: str, value: str) -> None:
        self._written.pop(f"HASH({name},{key})", None)  # the newest comes last
        self._written[f"HASH({name},{key})"] = value

    def _write_callerid(self, arguments: str, value: str) -> None:
        field = arguments.split(",")[0].lower()
        if field == "all":
            if match := WHOLE_CALLER.match(value):
                self.caller["name"] = match["name"] if match["quoted"] is None else match["quoted"]
                self._write_number(match["number"])
            elif re.fullmatch(r"[0-9*#+]+", value):
                self.caller["name"] = ""
                self._write_number(value)
            else:
                self.caller["name"] = value.strip(' "')
                self._write_number("")
        elif field in ("num", "number"):
            self._write_number(value)
        else:
            self.caller[field] = value

    def _write_number(self, value: str) -> None:
        self.caller |= {"num": value, "number": value}

    # -- the call -----------------------------------------------------------------------------------------

    def _read_callerid(self, arguments: str) -> str:
        field = arguments.split(",")[0].strip().lower()
        if field == "all":
            return f'"{self.caller["name"]}" <{self.caller["num"]}>'
        if field in ("pres", "name-pres", "num-pres") and field not in self.caller:
            return self._written.get("CALLERPRES()", "allowed_not_screened")
        return self.caller.get(field, "")

    def _read_callerpres(self, arguments: str) -> str:
        return self._written.get("CALLERPRES()", self.caller.get("pres", "allowed_not_screened"))

    def _read_channel(self, arguments: str) -> str:
        technology = self.channel.partition("/")[0]
        known = {
            "state": "Up" if self.answered else "Ring", "language": self.language, "name": self.channel,
            "channeltype": technology, "technology": technology,
        }  # fmt: skip
        written = self._written.get(f"CHANNEL({arguments})")
        return written if written is not None else known.get(arguments.lower(), "")

    def _read_global(self, arguments: str) -> str:
        return self.variable(f"GLOBAL({arguments})")

    def _read_global_exists(self, arguments: str) -> str:
        return "1" if self.variable(f"GLOBAL({arguments})") or arguments in self.system.dialplan.globals else "0"

    def _read_variable_exists(self, arguments: str) -> str:
        return "1" if self.variable(arguments) else "0"

    def _read_shared(self, arguments: str) -> str:
        return self.variable(split_arguments(arguments)[0])

    def _read_local(self, arguments: str) -> str:
        return self.variable(arguments)

    def _read_master_channel(self, arguments: str) -> str:
        return self.value_of(arguments)

    def _read_hash(self, arguments: str) -> str:
        name, *keys = [word.strip() for word in split_arguments(arguments)]
        if keys:
            return self._written.get(f"HASH({name},{keys[0]})", "")
        columns = self._keys_of(name)
        self.set_variable("~ODBCFIELDS~", ",".join(columns))
        return ",".join(self._written[f"HASH({name},{column})"] for column in columns)

    def _read_hashkeys(self, arguments: str) -> str:
        return ",".join(self._keys_of(arguments))

    def _keys_of(self, name: str) -> list[str]:
        start = f"HASH({name},"
        return [key[len(start) : -1] for key in reversed(self._written) if key.startswith(start)]

    def _read_trylock(self, arguments: str) -> str:
        return "1"

    def _read_lock(self, arguments: str) -> str:
        return "1"

    def _read_unlock(self, arguments: str) -> str:
        return "1"

    def _read_group_count(self, arguments: str) -> int:
        return 0 if not arguments else 1

    # -- the database -------------------------------------------------------------------------------------

    def _read_db(self, arguments: str) -> str:
        key = "/" + arguments.strip("/")
        if key in self.database:
            self.set_variable("DB_RESULT", self.database[key])
        return self.database.get(key, "")

    def _read_db_exists(self, arguments: str) -> str:
        key = "/" + arguments.strip("/")
        if key in self.database:
            self.set_variable("DB_RESULT", self.database[key])
        return "1" if key in self.database else "0"

    def _read_db_delete(self, arguments: str) -> str:
        value = self.database.pop("/" + arguments.strip("/"), "")
        self.set_variable("DB_RESULT", value)
        return value

    def _read_db_keys(self, arguments: str) -> str:
        prefix = "/" + arguments.strip("/") + "/"
        keys = {key[len(prefix) :].split("/")[0] for key in self.database if key.startswith(prefix)}
        return ",".join(sorted(keys))

    def _read_db_keycount(self, arguments: str) -> int:
        prefix = "/" + arguments.strip("/") + "/"
        return sum(key.startswith(prefix) for key in self.database)

    def _read_blacklist(self, arguments: str) -> str:
        return "1" if f"/blacklist/{self.caller['num']}" in self.database else "0"

    # -- the dialplan and the phones ----------------------------------------------------------------------

    def _read_dialplan_exists(self, arguments: str) -> str:
        given = split_arguments(arguments)
        if len(given) == 1:
            return "1" if given[0] in self.system.dialplan.contexts else "0"
        words = [*given, "1"]
        number = whole_number(words[2])
        priority: int | str = words[2] if number is None else number
        caller = self.caller["num"] or None
        found = self.system.dialplan.find(words[0], words[1], priority=priority, callerid=caller, at=self.at)
        return "1" if found else "0"

    def _read_valid_exten(self, arguments: str) -> str:
        return self._read_dialplan_exists(arguments)

    def _read_extension_state(self, arguments: str) -> str:
        number, _, context = arguments.partition("@")
        found = self.system.dialplan.contexts.get(context or "default")
        hint = next((e.hint for e in found.exact.get(number, ()) if e.hint), None) if found else None
        if hint is None:
            return "UNKNOWN"
        custom = [self._custom_state(one[7:]) for one in re.split(r"[&,]", hint) if one.startswith("Custom:")]
        return next((state for state in ("INUSE", "BUSY", "RINGING") if state in custom), "NOT_INUSE")

    def _custom_state(self, name: str) -> str:
        return self.database.get(f"/CustomDevstate/{name}", "NOT_INUSE")

    def _read_presence_state(self, arguments: str) -> str:
        words = [*split_arguments(arguments), "value"]
        saved = self.database.get(f"/CustomPresence/{words[0].partition(':')[2]}", "not_set").split(",")
        return dict(zip(("value", "subtype", "message"), [*saved, "", ""], strict=False)).get(words[1], "")

    def _read_device_state(self, arguments: str) -> str:
        technology, _, name = arguments.partition(":")
        if technology == "Custom":
            saved = self.database.get(f"/CustomDevstate/{name}", "UNKNOWN")
            return self._written.get(f"DEVICE_STATE({arguments})", saved)
        return "NOT_INUSE"

    def _read_pjsip_dial_contacts(self, arguments: str) -> str:
        name = split_arguments(arguments)[0]
        known = ("pjsip", name) in index_of(self.system).phones
        return f"PJSIP/{name}/sip:{name}@phone" if known else ""

    def _read_vm_info(self, arguments: str) -> str:
        words = [*split_arguments(arguments), "exists"]
        number, _, context = words[0].partition("@")
        known = f"{number}@{context or 'default'}" in index_of(self.system).mailboxes
        return ("1" if known else "0") if words[1] == "exists" else "0"

    def _read_mailbox_exists(self, arguments: str) -> str:
        return self._read_vm_info(f"{arguments},exists")

    def _read_stat(self, arguments: str) -> str:
        flag, _, path = arguments.partition(",")
        if self.system.paths is None or flag not in ("e", "f", "d") or not path.startswith("/"):
            raise Unknowable("a file of the machine")
        return "1" if path.rstrip("/") in self.system.paths else "0"

    def _read_ifmodule(self, arguments: str) -> str:
        raise Unknowable("the modules of the Asterisk it runs on")

    # -- the clock ----------------------------------------------------------------------------------------

    def _read_iftime(self, arguments: str) -> str:
        spec, asked, rest = _unquoted(arguments).partition("?")
        yes, _, no = rest.partition(":")
        if not spec or not asked:
            return ""
        return _unquoted(yes if time_holds(spec, self.at) else no)

    def _read_strftime(self, arguments: str) -> str:
        epoch, zone, form = (*split_arguments(arguments, most=3), "", "")[:3]
        # Whatever the zone asked for, Asterisk gives %Z the system's name.
        form = re.sub("%[1-6]?q", "000", form or "%c")[:FORMAT_LIMIT].replace("%Z", self.at.tzname() or "UTC")
        try:
            return self._moment(epoch, zone).strftime(form)
        except (ValueError, OverflowError, OSError):
            return ""

    def _moment(self, epoch: str, zone: str) -> datetime:
        """The instant a function means: now, or seconds since 1970; in its zone where the call knows its own."""
        match = re.match(r"\s*([-+]?[0-9]{1,18})", epoch)
        at = datetime.fromtimestamp(int(match[1]), tz=self.at.tzinfo) if match else self.at
        return at.astimezone(zone_of(zone)) if zone and (match or at.tzinfo) else at

    def _read_strptime(self, arguments: str) -> str:
        text, zone, form = (*split_arguments(arguments, most=3), "", "")[:3]
        try:
            at = datetime.strptime(text[:FORMAT_LIMIT], form[:FORMAT_LIMIT])
            seconds = (at.replace(tzinfo=zone_of(zone)) if zone else at).timestamp()
        except (ValueError, OverflowError, OSError, re.error):
            return ""
        return str(math.floor(seconds))


def _unquoted(text: str) -> str:
    """Without surrounding space and one pair of quotes (ast_strip_quoted)."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
