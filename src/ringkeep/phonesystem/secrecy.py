"""The secrets of a phone system, and how they are kept out of everything that is told of it.

A secret stands in many places that are not its own: a carrier's password in `Dial(SIP/user:password@host)`, a token in
an address, a PIN in a comparison. What tells of a phone system is covered as a whole, right before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.sentences import Sentence

if TYPE_CHECKING:  # alarms cover secrets, and read no phone system
    from ringkeep.phonesystem.model import PhoneSystem, Row, Tables

COVERED = "***"
NAME = re.compile(
    r"secret|passw|passphrase|passcode|pwd|md5|digest|token|oauth|^dsn$|credential|cryptkey|apikey|privkey|privatekey|authkey|accesskey"
    r"|^(in|out)keys?$|pins?$|pass$|pw$|^auth$|salt$|hash$|community$|(door|gate|access|entry|security|alarm)code",
    re.IGNORECASE,
)
NOT_SECRET = re.compile(
    r"bypass|patternpass|novmpw|forcepass|pbxpin|hidepin|file$|path$|format$|context$|length$", re.I
)
# Everything that follows looks at one line at a time and repeats nothing inside a repetition.
USER = re.compile(r"(?<!sip)(?<!sips)(?<!tel)(?<!ivr)(?<!agi):(\[?[^@/\s:;,{}()\[\]]{1,200}\]?)@", re.I)
ASSIGNED = re.compile(
    r"((?:secret|passw(?:or)?d|passwd|passphrase|md5_?cred|api[-_]?key|token|private_?key|pins?|pass|pwd|pw)\w{0,9}[\")\]]{0,2}\s{0,9}"
    r"(?:=>?|:)\s{0,9})(\"[^\"]{1,500}\"|'[^']{1,500}'|[^\s,;&|)\"'$@]{1,500})",
    re.IGNORECASE,
)
QUERY = re.compile(
    r"([?&][\w.-]{0,40}(?:key|token|auth|pass|pw|pwd|secret|sig|signature|code|pin)=)([^&\s,;)\"']{1,500})", re.I
)
ARGUMENT = re.compile(r"\b((?:Authenticate|DISA)\s{0,9}\(\s{0,9})(?!no-password)([0-9A-Za-z*#]{2,}|/[\w./-]+)", re.I)
ROOM = re.compile(r"\b((?:MeetMe|ConfBridge)\([^,)]{0,200},[^,)]{0,200},)([^,)]{1,200})", re.I)
COMPARED = re.compile(r"(\$\{\w{0,40}\}\"?\s{0,9}[!=<>]{1,2}\s{0,9}\"?)([0-9]{4,40})(?=[\"\]\s])")
LOGIN = re.compile(
    r"((?:\s-u\s{0,9}|authorization:\s{0,9}(?:basic|bearer)\s{1,9}|\bmysql\b[^|;]{0,200}?\s-p))([^\s,;)\"']{1,300})",
    re.I,
)
CONNECTING = re.compile(r"(MYSQL\(Connect(?:\s{1,9}[^\s()]{1,200}){3}\s{1,9})([^\s()]{1,200})", re.I)
SHAPES = (ASSIGNED, QUERY, ARGUMENT, ROOM, LOGIN, CONNECTING)
HINTS = (
    "secret",
    "pass",
    "pw",
    "md5",
    "key",
    "token",
    "pin",
    "auth",
    "sig",
    "code",
    "disa(",
    "meetme(",
    "bridge(",
    "-u",
    "mysql",
)  # in any SHAPE
OPTION = re.compile(r"^[\s;]*([\w-]{2,60})\s{0,20}=>?\s{0,20}([^\s;][^;\r\n]{0,500})", re.M)
INNER = re.compile(r"[=,](?:_{0,2})(\w{2,60})=([^\s,;)]{2,300})")  # set_var=PIN=1234; PARAM=...,DBPASS=secret
READ = re.compile(r"\bRead\(\s{0,9}(\w{1,60})")
ROOMS = re.compile(r"^\s*conf\s*=>?\s*[^,\r\n]{1,80},([^\r\n;]{1,200})", re.M)
WORD = re.compile(r"[\w*#+.=~!%^$-]{4,}")
PART = re.compile(r"\w{4,}")
ORDINARY = {
    "userpass", "plain", "default", "required", "always", "disabled", "enabled", "optional", "never", "internal", "password",
    "secret", "nonzero", "sha256", "sha512", "insecure", "accept", "reject", "client", "server",
}  # fmt: skip
STRUCTURE = frozenset(("kind", "change", "what", "audience", "severity", "code", "technology", "ended"))
CONFIGURED = re.compile(r"\.(conf|inc|ael|include|lua)$", re.I)
SHORTEST, KEYED = 5, 4  # signs of a secret, digits of a PIN in the dialplan
SCANNED = 8 << 20  # bytes of one file
T = TypeVar("T")


def known_covered(text: str, words: Set[str]) -> str:
    """The text with those of its words covered, in a time that does not depend on how many are known."""

    def inner(match: re.Match[str]) -> str:
        return COVERED if match[0] in words else match[0]

    return WORD.sub(lambda match: COVERED if match[0] in words else PART.sub(inner, match[0]), text) if words else text


@lru_cache(maxsize=8192)
def is_secret(name: str) -> bool:
    """Whether an option, a column or a variable of that name holds a secret: `secret`, `AMPDBPASS`, `md5_cred`, `__PIN`."""
    plain = re.sub(r"[-_\s/]", "", name).rstrip("0123456789")
    return bool(NAME.search(plain)) and not NOT_SECRET.search(plain)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is never shown of one or several phone systems."""

    words: frozenset[str]

    def covered(self, text: str) -> str:
        """The text with every secret in it covered: known ones, and what stands where a secret stands."""
        if ":" in text:
            text = USER.sub(f":{COVERED}@", text)
        for shape in SHAPES if "=" in text or "(" in text or " " in text else ():
            text = shape.sub(rf"\g<1>{COVERED}", text)
        return known_covered(text, self.words)

    def covered_in(self, value: T) -> T:
        """A value with all texts inside it covered; templates of sentences, places and kinds stay as they are."""
        return self._inside(value)  # type: ignore[return-value]

    def _inside(self, value: object) -> object:
        match value:
            case str():
                return self.covered(value)
            case Sentence():
                return Sentence(value.template, {name: self._inside(one) for name, one in value.values.items()})
            case tuple():
                return tuple(self._inside(one) for one in value)
            case list():
                return [self._inside(one) for one in value]
            case Mapping():
                return {
                    self._inside(key): one
                    if key in ("kind", "technology", "where")
                    else COVERED
                    if _hides(key, one)
                    else self._inside(one)
                    for key, one in value.items()
                }
            case Place():
                return value
            case _ if is_dataclass(value) and not isinstance(value, type):
                inner = {f.name: getattr(value, f.name) for f in fields(value) if f.init and f.name not in STRUCTURE}
                return replace(value, **{name: self._inside(one) for name, one in inner.items()})
            case _:
                return value


def _hides(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, str) and bool(value) and is_secret(name)


def secrets_of(*systems: PhoneSystem) -> Secrets:
    """Every secret that the systems' files and tables hold, but for those that are also a name in them ("201")."""
    found: set[str] = set()
    keyed: set[str] = set()  # what callers key in: PINs in the dialplan
    names: set[str] = set()
    for system in systems:
        found.update(_of_objects(system))
        for path, raw in system.files.items():
            names.update(re.split(r"[/.]", path))
            if CONFIGURED.search(path):
                text = raw[:SCANNED].decode("utf-8", "replace")
                found.update(_of_text(text))
                keyed.update(_of_keys(text))
        found.update(_of_tables(system.tables))
        found.update(value for key, value in system.database.items() if is_secret(key.rpartition("/")[2]))
        names.update(_names(system))
    words = {word for secret in found for word in _words(secret) if _is_telling(word)}
    return Secrets(frozenset((words | {pin for pin in keyed if len(pin) >= KEYED}) - names))


def _words(secret: str) -> Iterator[str]:
    secret = secret.strip().strip("\"'[]")
    if len(secret) <= 500:
        yield from WORD.findall(secret) if WORD.fullmatch(secret) else (secret, *WORD.findall(secret))


def _is_telling(word: str) -> bool:
    """Whether a word is hardly ever anything but a secret: "1234" is also a line, "asterisk" is in every path."""
    if word.lower() in ORDINARY or "${" in word or word.startswith("/"):
        return False
    if word.isdigit() or word.isalpha():
        return len(word) >= (6 if word.isdigit() else 10)
    return len(word) >= SHORTEST


def _of_objects(system: PhoneSystem) -> Iterator[str]:
    for one in (system, *((system.shown,) if system.shown else ())):
        for phone in (*one.extensions, *one.trunks):
            yield phone.secret or ""
        yield from (trunk.registration.secret or "" for trunk in one.trunks if trunk.registration)
        yield from (box.pin or "" for box in one.mailboxes)
        yield from (room.pin or "" for room in one.conferences)


def _of_text(text: str) -> Iterator[str]:
    """What a configuration file holds in places that are a secret's."""
    for name, value in OPTION.findall(text):
        if is_secret(name):
            yield value.partition("=")[2] if value.count("=") == 1 and "," in value else value
    for name, value in INNER.findall(text):
        if is_secret(name):
            yield value
    lines = dict.fromkeys(text.splitlines())  # a generated dialplan says most things many times
    yield from USER.findall("\n".join(line for line in lines if "@" in line))
    hinting = "\n".join(line for line in lines if any(map(line.lower().__contains__, HINTS)))
    yield from (pin for pins in ROOMS.findall(text) for pin in pins.split(","))
    for shape in SHAPES:
        yield from (secret for _, secret in shape.findall(hinting))


def _of_keys(text: str) -> Iterator[str]:
    """What a dialplan compares keyed digits with."""
    yield from (pin for _, pin in ARGUMENT.findall(text) if pin.isdigit())
    asked = set(READ.findall(text))
    for variable, value in COMPARED.findall(text):
        name = variable.partition("}")[0].removeprefix("${")
        if name in asked or is_secret(name):
            yield value


def _of_tables(tables: Tables) -> Iterator[str]:
    for table in tables:
        rows = tables[table]
        if not rows:
            continue
        first = rows[0]
        hiding = [column for column in first if is_secret(column)]
        key = next((column for column in ("keyword", "variable", "key") if column in first), None)
        value = next((column for column in ("data", "value", "val") if column in first), None)
        if hiding or (key and value):
            for row in rows:
                yield from (row.get(column) or "" for column in hiding)
                if key and value:
                    yield from _of_pair(row, key, value)


def _of_pair(row: Row, key: str, value: str) -> Iterable[str]:
    name, text = row.get(key) or "", row.get(value) or ""
    if is_secret(name):
        return (text,)
    return USER.findall(text) if name == "register" else ()


def _names(system: PhoneSystem) -> Iterator[str]:
    """What the phone system calls its parts: numbers, contexts, sections."""
    for configuration in system.configurations.values():
        yield from (section.name for section in configuration.sections)
    for context in system.dialplan.contexts.values():
        yield context.name
        yield from (extension.pattern for extension in context.extensions)
    for one in (system, *((system.shown,) if system.shown else ())):
        for phone in one.extensions:
            yield from (phone.number, phone.endpoint)
        yield from (trunk.name for trunk in one.trunks)
        yield from (box.number for box in one.mailboxes)
        yield from (room.number for room in one.conferences)
        for queue in one.queues:
            yield from (queue.name, queue.number or "")
        yield from (inbound.number for inbound in one.inbound_numbers)
