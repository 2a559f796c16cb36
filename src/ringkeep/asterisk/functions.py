"""Dialplan functions that need nothing but their arguments and the call's variables: text, numbers, lists.

Pure. Source: Asterisk's funcs/func_strings.c, func_cut.c, func_math.c, func_logic.c, func_sprintf.c, func_uri.c; checked
against Asterisk 16 and 22 by tests/phonesystem/test_same_as_real_asterisk.py.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable

from ringkeep.asterisk import regexes
from ringkeep.asterisk.dialplan import split_arguments
from ringkeep.asterisk.expressions import expand, is_true
from ringkeep.asterisk.mathematics import FORMAT, computed, extreme, formatted, number_in, short_text, to_int, whole_in
from ringkeep.asterisk.unknowable import Unknowable

# Only the running system can say.
UNKNOWABLE = {
    "CURL": "a web service", "SHELL": "a program", "RAND": "chance", "REALTIME": "a database", "ENUMLOOKUP": "DNS",
    "SRVQUERY": "DNS", "DNS": "DNS", "LDAP": "a directory", "FILE": "a file", "ENV": "the machine",
    "SPEECH": "speech recognition", "REALTIME_FIELD": "a database", "UNIQUE": "chance", "UUID": "chance",
    "REALTIME_HASH": "a database", "ENUMQUERY": "DNS", "ENUMRESULT": "DNS", "SRVRESULT": "DNS", "AES_ENCRYPT": "a cipher",
    "AES_DECRYPT": "a cipher", "SYSINFO": "the machine", "VERSION": "the Asterisk it runs on", "TXTCIDNAME": "DNS",
    "FILE_COUNT_LINE": "a file", "FILE_FORMAT": "a file", "AST_CONFIG": "a file", "SPEECH_TEXT": "speech recognition",
    "SPEECH_SCORE": "speech recognition", "JSON_DECODE": "the content of a JSON text", "ICONV": "a conversion of letters",
    "AST_SORCERY": "the running configuration", "PJSIP_HEADER": "what the other side sent", "SIP_HEADER": "what the other side sent",
    "PJSIP_HEADERS": "what the other side sent", "PJSIP_HEADER_PARAM": "what the other side sent",
    "MESSAGE": "the message", "MESSAGE_DATA": "the message", "HANGUPCAUSE": "how the other side hung up",
    "HANGUPCAUSE_KEYS": "how the other side hung up", "FAXOPT": "the other side's fax", "STIR_SHAKEN": "what the carrier attested",
}  # fmt: skip
UNESCAPED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()")  # of URIENCODE
NESTED = 20  # functions within functions' variables
VALUE_LIMIT = 16384
KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")


class TextFunctions:
    """Reads and writes of `NAME(arguments)`; a `Scope` whose variables are handed over."""

    def __init__(self, variable: Callable[[str], str], set_variable: Callable[[str, str], None]) -> None:
        self.variable, self.set_variable = variable, set_variable
        self._depth = 0

    def function(self, name: str, arguments: str) -> str:
        """As `read`: this is a `Scope`."""
        return self.read(name, arguments)

    def read(self, name: str, arguments: str) -> str:
        """The value, empty for a function nobody knows. Raises `Unknowable` with the reason."""
        if name in UNKNOWABLE or name.startswith(("ODBC_", "MYSQL")):
            raise Unknowable(UNKNOWABLE.get(name, "a database"))
        if self._depth > NESTED:
            raise Unknowable("expressions nested too deeply")
        self._depth += 1
        try:
            special = getattr(self, f"_read_{name.lower()}", None) if name == name.upper() else None
            return str(special(arguments))[:VALUE_LIMIT] if special is not None else self.otherwise(name, arguments)
        except regexes.TooCostly as error:
            raise Unknowable("a search too long to follow") from error
        finally:
            self._depth -= 1

    def otherwise(self, name: str, arguments: str) -> str:
        """The value of a function that is not among ours."""
        return ""

    def assign(self, target: str, value: str) -> None:
        """`Set(target=value)`: a variable, or a function such as `CALLERID(num)`."""
        if target.endswith(")") and "(" in target:
            function, _, inner = target[:-1].partition("(")
            self.write(function.lstrip("_"), inner, value)
        else:
            self.set_variable(target[2:] if target.startswith("__") else target.removeprefix("_"), value)

    def write(self, name: str, arguments: str, value: str) -> None:
        """`Set(NAME(arguments)=value)`."""
        if name == "ARRAY":
            values = split_arguments(value) if value else []
            for place, target in enumerate(split_arguments(arguments)[:100]):
                self.assign(target, values[place] if place < len(values) else "")
        elif name in ("PUSH", "UNSHIFT"):
            self._push(arguments, value, first=name == "UNSHIFT")

    def value_of(self, name: str) -> str:
        """What `${name}` stands for: a variable, a function, or a piece of either."""
        return expand(f"${{{name}}}", self)

    # -- choices ------------------------------------------------------------------------------------------

    def _read_if(self, arguments: str) -> str:
        condition, rest = _given(arguments, 2, "?")
        yes, no = _given(rest or "", 2, ":") if rest is not None else (None, None)
        if not condition or (yes is None and no is None):
            return ""
        return ((yes if is_true(condition.strip()) else no) or "").strip()

    def _read_isnull(self, arguments: str) -> str:
        return "0" if arguments else "1"

    def _read_exists(self, arguments: str) -> str:
        return "1" if arguments else "0"

    def _read_set(self, arguments: str) -> str:
        name, equals, value = arguments.partition("=")
        if not name or not equals:
            return ""
        self.assign(name.strip(), value.strip())
        return value.strip()

    def _read_eval(self, arguments: str) -> str:
        return expand(arguments, self)

    def _read_regex(self, arguments: str) -> str:
        _, pattern, text = _given(arguments, 3, '"')
        if pattern is None or text is None:
            return ""
        text = text[1:] if text[:1] in (" ", "\t") else text
        try:
            return "1" if regexes.search(pattern, text[:2000]) else "0"
        except regexes.BadPattern:
            return ""

    # -- text ---------------------------------------------------------------------------------------------

    def _read_len(self, arguments: str) -> int:
        return len(arguments.encode("utf-8", "surrogatepass"))

    def _read_toupper(self, arguments: str) -> str:
        return re.sub("[a-z]+", lambda match: match[0].upper(), arguments)

    def _read_tolower(self, arguments: str) -> str:
        return re.sub("[A-Z]+", lambda match: match[0].lower(), arguments)

    def _read_passthru(self, arguments: str) -> str:
        return arguments

    def _read_trim(self, arguments: str) -> str:
        return arguments.strip()

    def _read_ltrim(self, arguments: str) -> str:
        return arguments.lstrip()

    def _read_rtrim(self, arguments: str) -> str:
        return arguments.rstrip()

    def _read_quote(self, arguments: str) -> str:
        return '"' + re.sub(r'(["\\])', r"\\\1", arguments) + '"'

    def _read_csv_quote(self, arguments: str) -> str:
        return '"' + arguments.replace('"', '""') + '"'

    def _read_keypadhash(self, arguments: str) -> str:
        return "".join(re.findall("[0-9]", arguments.lower().translate(KEYPAD)))

    def _read_md5(self, arguments: str) -> str:
        return hashlib.md5(_raw(arguments), usedforsecurity=False).hexdigest()

    def _read_sha1(self, arguments: str) -> str:
        return hashlib.sha1(_raw(arguments), usedforsecurity=False).hexdigest()

    def _read_base64_encode(self, arguments: str) -> str:
        return base64.b64encode(_raw(arguments)).decode()

    def _read_base64_decode(self, arguments: str) -> str:
        text = re.match("[A-Za-z0-9+/]*", arguments)
        letters = (text[0] if text else "")[:VALUE_LIMIT]
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        try:
            raw = base64.b64decode(letters + "=" * (-len(letters) % 4))
        except (binascii.Error, ValueError):
            return ""
        return raw.partition(b"\0")[0].decode("utf-8", "replace")

    def _read_uriencode(self, arguments: str) -> str:
        return "".join(chr(code) if code in UNESCAPED else f"%{code:02X}" for code in _raw(arguments))

    def _read_uridecode(self, arguments: str) -> str:
        # One hexadecimal digit is enough for C; the character behind it goes with it.
        escape = rb"(?s)%(?:([0-9A-Fa-f]{2})|([0-9A-Fa-f]).)"
        raw = re.sub(escape, lambda m: bytes((int(m[1] or m[2], 16),)), _raw(arguments))
        return raw.partition(b"\0")[0].decode("utf-8", "replace")

    def _read_filter(self, arguments: str) -> str:
        parts = _cut_raw(arguments)
        if parts is None:
            return ""
        allowed: set[int] = set()
        rest = parts[0]
        while rest:
            first, rest = _decoded(rest)
            if first is None:
                return ""
            low = high = ord(first) & 0xFF
            if rest.startswith("-"):
                last, rest = _decoded(rest[1:])
                high = ord(last or first) & 0xFF
            allowed |= set(range(low, high + 1)) if low <= high else {*range(low, 256), *range(high + 1)}
        return "".join(letter for letter in parts[1] if ord(letter) in allowed)

    def _read_replace(self, arguments: str) -> str:
        name, find, new = _given(arguments, 3)
        wanted = _decoded_text(find or "")
        if not name or not wanted:
            return ""
        put = _decoded(new or "")[0] or ""
        return "".join(put if letter in wanted else letter for letter in self.value_of(name))

    def _read_strreplace(self, arguments: str) -> str:
        name, find, new, times, _ = _given(arguments, 5)
        if not name or not find:
            return ""
        most = whole_in(times or "")
        return _limited_replace(self.value_of(name), find, new or "", most if most > 0 else -1)

    def _read_strbetween(self, arguments: str) -> str:
        name, put, more = _given(arguments, 3)
        value = self.value_of(name) if name and put is not None and more is None else ""
        return (put or "")[:VALUE_LIMIT].join(value[:2000])[:VALUE_LIMIT]

    def _read_sprintf(self, arguments: str) -> str:
        form, *values = split_arguments(arguments)
        waiting = iter(values)
        parts, position = [], 0
        for match in FORMAT.finditer(form):
            text = formatted(match, waiting)
            if text is None:
                return ""
            parts += [form[position : match.start()], text]
            position = match.end()
        return "".join(parts) + form[position:].partition("%")[0]

    # -- lists --------------------------------------------------------------------------------------------

    def _read_fieldqty(self, arguments: str) -> int:
        name, separator = _given(arguments, 2)
        if separator is None:
            return 1
        value = self.value_of(name or "")
        return len(_fields(value, _decoded(separator)[0])) if value else 0

    def _read_fieldnum(self, arguments: str) -> int | str:
        name, separator, wanted = _given(arguments, 3)
        if wanted is None:
            return ""
        value = self.value_of(name or "")
        if not value or not separator:
            return 0
        fields = [field.lower() for field in _fields(value, _decoded(separator)[0])]
        return fields.index(wanted.lower()) + 1 if wanted.lower() in fields else 0

    def _read_cut(self, arguments: str) -> str:
        name, separator, wanted = _given(arguments, 3)
        if wanted is None:
            return ""
        between = _decoded(separator or "")[0] or "-"
        value = self.value_of(name or "")
        fields = _fields(value, between) if value else []
        chosen: list[str] = []
        now = 1  # fields only go forward: what was passed is not found again
        for one in wanted.split("&"):
            ends = _ends(one)
            if ends is None or now > len(fields):
                break
            now = max(now, ends[0])
            chosen += fields[now - 1 : max(ends[1], now - 1)]
            now = max(now, ends[1] + 1)
        return between.join(chosen)

    def _read_listfilter(self, arguments: str) -> str:
        name, separator, wanted = _given(arguments, 3)
        value = self.value_of(name or "") if wanted is not None else ""
        between = _decoded_text(separator or "") or ","
        return between.join(field for field in value.split(between) if field != wanted)

    def _read_sort(self, arguments: str) -> str:
        pairs = [one.partition(":") for one in arguments.split(",")]
        keyed = [(number_in(value) or 0.0, key) for key, colon, value in pairs if colon]
        return ",".join(key for _, key in sorted(keyed, key=lambda pair: pair[0]))

    def _read_shift(self, arguments: str) -> str:
        return self._take(arguments, first=True)

    def _read_pop(self, arguments: str) -> str:
        return self._take(arguments, first=False)

    def _take(self, arguments: str, *, first: bool) -> str:
        name, separator = _given(arguments, 2)
        between = _decoded(separator or "")[0] or ","
        value = self.value_of(name) if name else ""
        if not name or not value:
            return ""
        fields = value.split(between, 1) if first else value.rsplit(between, 1)
        taken = fields.pop(0 if first else -1)
        self.assign(name, fields[0] if fields else "")
        return taken

    def _push(self, arguments: str, value: str, *, first: bool) -> None:
        name, separator = _given(arguments, 2)
        if name:
            before = self.value_of(re.sub("^__?", "", name))
            between = _decoded(separator or "")[0] or ","
            both = [value, before] if first else [before, value]
            self.assign(name, between.join(both)[:VALUE_LIMIT] if before else value)

    # -- numbers ------------------------------------------------------------------------------------------

    def _read_math(self, arguments: str) -> str:
        formula, kind = _given(arguments, 2)
        return computed(formula or "", (kind or "float").lower())

    def _read_inc(self, arguments: str) -> str:
        return self._count(arguments, 1)

    def _read_dec(self, arguments: str) -> str:
        return self._count(arguments, -1)

    def _count(self, name: str, by: int) -> str:
        match = re.match(r"\s*([-+]?[0-9]{1,30})", self.value_of(name)) if name else None
        if match is None:
            return ""
        value = str(to_int(float(int(match[1]) + by)))
        self.assign(name, value)
        return value

    def _read_max(self, arguments: str) -> str:
        return extreme(arguments, max)

    def _read_min(self, arguments: str) -> str:
        return extreme(arguments, min)

    def _read_abs(self, arguments: str) -> str:
        number = number_in(_given(arguments, 1)[0] or "")
        return "" if number is None else short_text(abs(number))


# -- arguments ------------------------------------------------------------------------------------------------


def _given(text: str, most: int, separator: str = ",") -> list[str | None]:
    """As many arguments as a function has; those not given are None, the last is all the rest."""
    parts: list[str | None] = [*split_arguments(text, separator, most=most)] if text else []
    return parts + [None] * (most - len(parts))


def _cut_raw(text: str) -> tuple[str, str] | None:
    """Cut at the first comma outside brackets, quotes and parentheses; nothing is removed."""
    depth, quoted, position = 0, False, 0
    while position < len(text):
        letter = text[position]
        if letter == "\\":
            position += 1
        elif letter == '"':
            quoted = not quoted
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth = max(0, depth - 1)
        elif letter == "," and not depth and not quoted:
            return text[:position], text[position + 1 :]
        position += 1
    return None


def _decoded(text: str) -> tuple[str | None, str]:
    """The first character as written, `\\n`, `\\x2c` and `\\054` among them, and the rest (ast_get_encoded_char)."""
    if not text:
        return None, ""
    if text[0] != "\\":
        return text[0], text[1:]
    if match := re.match(r"\\x([0-9A-Fa-f]{1,2})", text):
        return chr(int(match[1], 16)), text[match.end() :]
    if match := re.match(r"\\0([0-7]*)", text):
        return chr(int(match[1][-3:] or "0", 8) & 0xFF), text[match.end() :]
    if text[1:2] == "x":
        return None, ""
    return {"n": "\n", "r": "\r", "t": "\t"}.get(text[1:2], text[1:2]), text[2:]


def _decoded_text(text: str) -> str:
    letters: list[str] = []
    while text and len(letters) < 255:
        letter, text = _decoded(text)
        if letter is None:
            break
        letters.append(letter)
    return "".join(letters)


def _fields(value: str, separator: str | None) -> list[str]:
    return value.split(separator) if separator else [value]


def _ends(text: str) -> tuple[int, int] | None:
    """First and last field of `2`, `2-4`, `-4` or `2-`; None for anything else."""
    if match := re.match(r"\s*([-+]?[0-9]{1,30})-\s*([-+]?[0-9]{1,30})", text):
        return int(match[1]), int(match[2])
    if match := re.match(r"-\s*([0-9]{1,30})", text):
        return 1, int(match[1])
    if match := re.match(r"\s*([-+]?[0-9]{1,30})", text):
        return int(match[1]), 2**31 - 1 if text[match.end() : match.end() + 1] == "-" else int(match[1])
    return None


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _limited_replace(value: str, old: str, new: str, most: int) -> str:
    """As str.replace, never longer than a value may be."""
    most = min(most if most >= 0 else VALUE_LIMIT, VALUE_LIMIT // max(1, len(new)) + 1)
    return value.replace(old, new, most)
