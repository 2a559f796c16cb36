"""Dialplan functions as a walk sees them: a fresh call, registered and idle phones, the astdb as it was saved."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime

from ringkeep.asterisk.dialplan import split_arguments, whole_number
from ringkeep.asterisk.expressions import Unknowable, evaluate, is_true
from ringkeep.phonesystem.model import PhoneSystem

# Only the running system can say.
UNKNOWABLE = {
    "CURL": "a web service", "SHELL": "a program", "RAND": "chance", "REALTIME": "a database", "ENUMLOOKUP": "DNS",
    "SRVQUERY": "DNS", "DNS": "DNS", "LDAP": "a directory", "FILE": "a file", "ENV": "the machine",
    "SPEECH": "speech recognition", "REALTIME_FIELD": "a database", "UNIQUE": "chance",
}  # fmt: skip


class Functions:
    """Reads and writes of `NAME(arguments)` for one call."""

    def __init__(self, system: PhoneSystem, at: datetime, caller: str, caller_name: str, channel: str) -> None:
        self.system, self.at, self.channel = system, at, channel
        self.database: dict[str, str] = dict(system.database)
        self.answered = False
        self.language = ""
        self.variable: Callable[[str], str] = lambda name: ""
        self.set_variable: Callable[[str, str], None] = lambda name, value: None
        self.set_local: Callable[[str, str], None] = lambda name, value: None
        self._written: dict[str, str] = {}
        self.caller = {"num": caller, "number": caller, "name": caller_name, "ani": caller, "dnid": "", "rdnis": ""}

    def read(self, name: str, arguments: str) -> str:
        """The value; raises `Unknowable` with the reason."""
        if name in UNKNOWABLE or name.startswith(("ODBC_", "MYSQL")):
            raise Unknowable(UNKNOWABLE.get(name, "a database"))
        special = getattr(self, f"_read_{name.lower()}", None)
        if special is not None:
            return str(special(arguments))
        return self._written.get(f"{name}({arguments})", "")

    def assign(self, target: str, value: str) -> None:
        """`Set(target=value)`: a variable, or a function such as `CALLERID(num)`."""
        if target.endswith(")") and "(" in target:
            function, _, inner = target[:-1].partition("(")
            self.write(function.lstrip("_"), inner, value)
        else:
            self.set_variable(target.lstrip("_"), value)

    def clear_hash(self, name: str) -> None:
        """The application ClearHash."""
        for key in [key for key in self._written if key.startswith(f"HASH({name},")]:
            del self._written[key]

    def write(self, name: str, arguments: str, value: str) -> None:
        """`Set(NAME(arguments)=value)`."""
        name = name.upper()
        if name == "CALLERID":
            self._write_callerid(arguments, value)
        elif name == "DB":
            self.database["/" + arguments.strip("/")] = value
        elif name == "CHANNEL" and arguments == "language":
            self.language = value
        elif name == "GLOBAL":
            self.set_variable(f"GLOBAL({arguments})", value)
        elif name == "ARRAY":
            for target, one in zip(split_arguments(arguments), [*split_arguments(value), *[""] * 50], strict=False):
                self.set_variable(target.strip(), one)
        elif name == "LOCAL":
            self.set_local(arguments, value)
        elif name in ("HASH", "SHARED", "MASTER_CHANNEL"):
            self._write_named(name, arguments, value)
        else:
            self._written[f"{name}({arguments})"] = value

    def _write_named(self, name: str, arguments: str, value: str) -> None:
        if name == "HASH":
            words = split_arguments(arguments)
            self._written[f"HASH({','.join(word.strip() for word in words).lstrip('_')})"] = value
        else:
            self.set_variable(split_arguments(arguments)[0].lstrip("_"), value)

    def _write_callerid(self, arguments: str, value: str) -> None:
        field = arguments.split(",")[0].lower()
        if field == "all":
            match = re.match(r'\s*"?([^"<]*?)"?\s*<([^>]*)>', value)
            if match:
                self.caller |= {"name": match[1], "num": match[2], "number": match[2]}
        else:
            self.caller[field] = value
            if field in ("num", "number"):
                self.caller |= {"num": value, "number": value}

    # -- reads that need more than what was written --------------------------------------------------------

    def _read_callerid(self, arguments: str) -> str:
        field = arguments.split(",")[0].strip().lower()
        if field == "all":
            return f'"{self.caller["name"]}" <{self.caller["num"]}>'
        return self.caller.get(field, "")

    def _read_channel(self, arguments: str) -> str:
        known = {
            "state": "Up" if self.answered else "Ring", "language": self.language, "name": self.channel,
            "channeltype": self.channel.partition("/")[0], "technology": self.channel.partition("/")[0],
        }  # fmt: skip
        written = self._written.get(f"CHANNEL({arguments})")
        return written if written is not None else known.get(arguments.lower(), "")

    def _read_db(self, arguments: str) -> str:
        return self.database.get("/" + arguments.strip("/"), "")

    def _read_db_exists(self, arguments: str) -> str:
        key = "/" + arguments.strip("/")
        self.set_variable("DB_RESULT", self.database.get(key, ""))
        return "1" if key in self.database else "0"

    def _read_db_delete(self, arguments: str) -> str:
        return self.database.pop("/" + arguments.strip("/"), "")

    def _read_db_keys(self, arguments: str) -> str:
        prefix = "/" + arguments.strip("/") + "/"
        keys = {key[len(prefix) :].split("/")[0] for key in self.database if key.startswith(prefix)}
        return ",".join(sorted(keys))

    def _read_hash(self, arguments: str) -> str:
        return self._written.get(f"HASH({','.join(word.strip() for word in split_arguments(arguments))})", "")

    def _read_hashkeys(self, arguments: str) -> str:
        start = f"HASH({arguments},"
        return ",".join(key[len(start) : -1] for key in reversed(self._written) if key.startswith(start))

    def _read_if(self, arguments: str) -> str:
        condition, rest = _split_once(arguments, "?")
        return self._chosen(rest, holds=is_true(condition.strip()))

    def _read_iftime(self, arguments: str) -> str:
        spec, rest = _split_once(arguments, "?")
        return self._chosen(rest, holds=time_holds(spec, self.at))

    @staticmethod
    def _chosen(text: str, *, holds: bool) -> str:
        """One side of `yes:no`; Asterisk takes the quotes off the first (func_logic.c)."""
        yes, no = _split_once(text, ":")
        return "".join(split_arguments(yes, ":")).strip() if holds else no.strip()

    def _read_len(self, arguments: str) -> int:
        return len(arguments)

    def _read_exists(self, arguments: str) -> str:
        return "1" if arguments.strip() else "0"

    def _read_isnull(self, arguments: str) -> str:
        return "0" if arguments.strip() else "1"

    def _read_set(self, arguments: str) -> str:
        name, _, value = arguments.partition("=")
        self.assign(name.strip(), value)
        return value

    def _read_toupper(self, arguments: str) -> str:
        return arguments.upper()

    def _read_tolower(self, arguments: str) -> str:
        return arguments.lower()

    def _read_md5(self, arguments: str) -> str:
        return hashlib.md5(arguments.encode(), usedforsecurity=False).hexdigest()

    def _read_eval(self, arguments: str) -> str:
        return self.variable("EVAL " + arguments)

    def _read_math(self, arguments: str) -> str:
        words = split_arguments(arguments)
        value = evaluate(
            re.sub(r"([-+*/%])", r" \1 ", words[0].strip()) if not re.match(r"^-\d+$", words[0].strip()) else words[0]
        )
        if len(words) < 2 or words[1].strip() not in ("int", "i"):
            return value
        try:
            return str(int(float(value)))
        except (ValueError, OverflowError):
            return ""  # no number: Asterisk says so and gives nothing

    def _read_fieldqty(self, arguments: str) -> int:
        name, separator = (*split_arguments(arguments), ",")[:2]
        value = self._named_value(name.strip())
        return len(value.split(_character(separator))) if value else 0

    def _read_cut(self, arguments: str) -> str:
        words = split_arguments(arguments)
        if len(words) < 3:
            words = [*words, *["1"] * (3 - len(words))]
        name, separator, wanted = words[0], _character(words[1] or "-"), words[2]
        value = self._named_value(name)
        fields = value.split(separator)
        chosen: list[str] = []
        for one in wanted.split("&"):
            first, dash, last = one.partition("-")
            start, end = whole_number(first.strip()), whole_number(last.strip())
            low = 1 if start is None else start
            high = (len(fields) if end is None else end) if dash else low
            chosen += fields[max(0, low - 1) : high]
        return separator.join(chosen)

    def _named_value(self, name: str) -> str:
        if name.endswith(")") and "(" in name:
            function, _, inner = name[:-1].partition("(")
            return self.read(function.upper(), inner)
        return self.variable(name)

    def _read_filter(self, arguments: str) -> str:
        allowed, _, text = arguments.partition(",")
        members = set(
            re.sub(r"(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))), allowed.replace("\\", ""))
        )
        return "".join(letter for letter in text if letter in members)

    def _read_replace(self, arguments: str) -> str:
        words = [*split_arguments(arguments), "", ""]
        return "".join(words[2][:1] if letter in words[1] else letter for letter in self._named_value(words[0]))

    def _read_strreplace(self, arguments: str) -> str:
        words = [*split_arguments(arguments), "", ""]
        value = self._named_value(words[0])
        return value.replace(words[1], words[2]) if words[1] else value

    def _read_regex(self, arguments: str) -> str:
        match = re.match(r'\s*"((?:\\.|[^"])*)"\s?(.*)', arguments, re.S)
        if not match:
            return "0"
        try:
            return "1" if re.search(match[1][:500], match[2][:2000]) else "0"
        except re.error:
            return "0"

    def _read_strftime(self, arguments: str) -> str:
        words = [*split_arguments(arguments), "", ""]
        return self.at.strftime(words[2] or "%c")

    def _read_shift(self, arguments: str) -> str:
        return self._take(arguments, first=True)

    def _read_pop(self, arguments: str) -> str:
        return self._take(arguments, first=False)

    def _take(self, arguments: str, *, first: bool) -> str:
        name, separator = (*split_arguments(arguments), ",")[:2]
        fields = self._named_value(name).split(_character(separator))
        value = fields.pop(0 if first else -1)
        self.assign(name, _character(separator).join(fields))
        return value

    def _read_global(self, arguments: str) -> str:
        return self.variable(f"GLOBAL({arguments})")

    def _read_shared(self, arguments: str) -> str:
        return self.variable(split_arguments(arguments)[0])

    def _read_local(self, arguments: str) -> str:
        return self.variable(arguments)

    def _read_master_channel(self, arguments: str) -> str:
        return self._named_value(arguments)

    def _read_dialplan_exists(self, arguments: str) -> str:
        given = split_arguments(arguments)
        if len(given) == 1:
            return "1" if given[0] in self.system.dialplan.contexts else "0"
        words = [*given, "1"]
        number = whole_number(words[2])
        priority: int | str = words[2] if number is None else number
        return "1" if self.system.dialplan.find(words[0], words[1], priority=priority) else "0"

    def _read_extension_state(self, arguments: str) -> str:
        number, _, context = arguments.partition("@")
        found = self.system.dialplan.contexts.get(context or "default")
        hint = next((e.hint for e in found.extensions if e.pattern == number and e.hint), None) if found else None
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
            return self._written.get(f"DEVICE_STATE({arguments})", self._custom_state(name))
        return "NOT_INUSE"

    def _read_pjsip_dial_contacts(self, arguments: str) -> str:
        name = split_arguments(arguments)[0]
        known = any(e.endpoint == name and e.technology == "pjsip" for e in self.system.extensions)
        return f"PJSIP/{name}/sip:{name}@phone" if known else ""

    def _read_group_count(self, arguments: str) -> int:
        return 0 if not arguments else 1

    def _read_vm_info(self, arguments: str) -> str:
        words = [*split_arguments(arguments), "exists"]
        number, _, context = words[0].partition("@")
        known = any(m.number == number and m.context == (context or "default") for m in self.system.mailboxes)
        return ("1" if known else "0") if words[1] == "exists" else "0"

    def _read_mailbox_exists(self, arguments: str) -> str:
        return self._read_vm_info(f"{arguments},exists")

    def _read_stat(self, arguments: str) -> str:
        flag, _, path = arguments.partition(",")
        if self.system.paths is None or flag not in ("e", "f", "d") or not path.startswith("/"):
            raise Unknowable("a file of the machine")
        return "1" if path.rstrip("/") in self.system.paths else "0"

    def _read_trylock(self, arguments: str) -> str:
        return "1"

    def _read_callerpres(self, arguments: str) -> str:
        return self._written.get("CALLERPRES()", "allowed_not_screened")


def _character(word: str) -> str:
    """A separator as written: `\\,`, `\\x2c` or the character itself."""
    word = word.strip() or word
    if match := re.fullmatch(r"\\x([0-9a-fA-F]{2})", word):
        return chr(int(match[1], 16))
    return word.lstrip("\\")[:1] or "-"


def _split_once(text: str, separator: str) -> tuple[str, str]:
    """The two sides of the first separator outside parentheses, brackets and quotes."""
    depth, quoted = 0, False
    for index, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == separator and depth <= 0:
            return text[:index], text[index + 1 :]
    return text, ""


# -- time -----------------------------------------------------------------------------------------------------

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def time_holds(spec: str, at: datetime) -> bool:
    """Whether `09:00-17:00,sun-thu,*,*` holds at an instant (Asterisk's ast_build_timing)."""
    parts = [part.strip() for part in re.split(r"[,|]", spec)] + ["*"] * 4
    return (
        _hours(parts[0], at.hour * 60 + at.minute)
        and _named(parts[1], DAYS, at.weekday())
        and _ranged(parts[2], at.day)
        and _named(parts[3], MONTHS, at.month - 1)
    )


def _hours(spec: str, minute: int) -> bool:
    if spec in ("*", ""):
        return True
    for one in spec.split("&"):
        numbers = [int(n) for n in re.findall(r"[0-9]{1,9}", one)]
        if len(numbers) >= 4 and _between(numbers[0] * 60 + numbers[1], minute, numbers[2] * 60 + numbers[3]):
            return True
    return False


def _named(spec: str, words: tuple[str, ...], value: int) -> bool:
    if spec in ("*", ""):
        return True
    for one in spec.lower().split("&"):
        ends = [words.index(word.strip()[:3]) for word in one.split("-") if word.strip()[:3] in words]
        if ends and _between(ends[0], value, ends[-1]):
            return True
    return False


def _ranged(spec: str, value: int) -> bool:
    if spec in ("*", ""):
        return True
    ranges = [[int(n) for n in re.findall(r"[0-9]{1,9}", one)] for one in spec.split("&")]
    return any(bool(ends) and _between(ends[0], value, ends[-1]) for ends in ranges)


def _between(first: int, value: int, last: int) -> bool:
    return first <= value <= last if first <= last else value >= first or value <= last
