"""What a phone system says of itself, what belongs in its backup, and what a product's folder hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

TUPLES = ("databases", "disks", "not_readable", "outside", "music", "sqlite", "others")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a phone system says of itself. Unknown is None."""

    product: str  # asterisk, freepbx, issabel
    product_version: str | None = None
    asterisk: str | None = None  # "16.28.0"
    asterisk_major: int | None = None
    system: str | None = None  # "Debian GNU/Linux 12 (bookworm)"
    hostname: str | None = None
    time_zone: str | None = None
    clock_off_s: float | None = None  # its clock minus ours
    directories: dict[str, str] = field(
        default_factory=dict
    )  # asterisk.conf's [directories]: astetcdir, astvarlibdir...
    databases: tuple[str, ...] = ()  # names of MySQL databases that belong to it
    modules: dict[str, str] = field(default_factory=dict)  # product's modules -> version
    packages: dict[str, str] = field(default_factory=dict)  # of the system, those that matter to rebuild
    disks: tuple[dict[str, Any], ...] = ()  # {"mount", "size_bytes", "free_bytes"}
    network: dict[str, Any] = field(default_factory=dict)
    hardware: dict[str, Any] = field(default_factory=dict)
    has_rsync: bool = False
    has_sqlite3: bool = False
    not_readable: tuple[str, ...] = ()  # what our account may not read
    has_mysqldump: bool = False
    has_python3: bool = False
    root: bool = False  # whether our commands run there as root, by sudo or by the account itself
    database_bytes: dict[str, int] = field(default_factory=dict)  # database -> data and indexes
    outside: tuple[str, ...] = ()  # files elsewhere that the configuration includes or links to
    music: tuple[str, ...] = ()  # folders that classes of music on hold name
    sqlite: tuple[str, ...] = ()  # SQLite files of the product
    others: tuple[str, ...] = ()  # asterisk.conf of other Asterisks that run there; they are not looked after

    def as_document(self) -> dict[str, Any]:
        """For `PhoneSystem.facts`."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Facts:
        """From `PhoneSystem.facts`."""
        names = {each.name for each in fields(cls)}
        known = {name: value for name, value in document.items() if name in names}
        for name in TUPLES:
            if name in known:
                known[name] = tuple(known[name])
        return cls(**known)

    def to_rebuild(self) -> dict[str, Any]:
        """What somebody needs who sets the machine up again; without what differs every minute."""
        document = self.as_document()
        for passing in ("clock_off_s", "database_bytes", "others"):
            document.pop(passing)
        document["disks"] = [{"mount": d.get("mount"), "size_bytes": d.get("size_bytes")} for d in self.disks]
        return document


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a backup: "configuration", "voicemail", "recordings", "database", "records", "system" ..."""

    name: str
    paths: tuple[str, ...]  # absolute, on the phone system
    excluded: tuple[str, ...] = ()  # absolute; `*` as in `find -path`
    required: bool = True  # without it the backup is partial
    databases: tuple[str, ...] = ()  # MySQL databases, dumped
    sqlite: tuple[str, ...] = ()  # SQLite files, copied as one consistent state; absolute
    probed: str = ""  # how a change is noticed: "content", "names" (and sizes and times), or not at all


@dataclass(frozen=True, slots=True)
class Product:
    """What a product's folder hands over. Its scripts are constants of ours; no word of the phone system is in them."""

    name: str
    signs: str  # shell that prints what tells the product and its version, in sections of its own
    recognised: Callable[[Mapping[str, str]], str | None]  # those sections -> version, "" when unknown; None: another
    login: str = ""  # shell that offers (`rk_offer`) what the product's own files hold
    databases: tuple[str, ...] = ()  # names that belong to it when they are there
    needed: tuple[str, ...] = ()  # those without which it is none: not to be seen there is a fault, not an absence
    records: tuple[str, ...] = ()  # those of them that hold call records only
    modules: Callable[[Mapping[str, str]], dict[str, str]] = lambda _: {}
    sqlite: Callable[[Mapping[str, str]], tuple[str, ...]] = lambda _: ()  # those sections -> its SQLite files
    extra: Callable[[Facts], tuple[Part, ...]] = lambda _: ()
    quiet_tables: tuple[str, ...] = ()  # LIKE patterns of tables that change without anybody having configured anything
    quiet_keys: tuple[str, ...] = ()  # families of astdb likewise
    quiet_lines: Mapping[str, str] = field(default_factory=dict)  # file name -> `grep -v` pattern of its noise
