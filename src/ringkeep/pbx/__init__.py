"""One folder per product: how it is recognised, what belongs in a backup of it, how that is frozen, what it is.

The rest of Ringkeep knows only these functions, not the products.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ringkeep.links.ssh import Connection


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

    def as_document(self) -> dict[str, Any]:
        """For `PhoneSystem.facts`."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Facts:
        """From `PhoneSystem.facts`."""
        known = {name: value for name, value in document.items() if name in cls.__dataclass_fields__}
        for name in ("databases", "disks", "not_readable"):
            if name in known:
                known[name] = tuple(known[name])
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a backup: "configuration", "voicemail", "recordings", "database", "records", "system" ..."""

    name: str
    paths: tuple[str, ...]  # absolute, on the phone system
    excluded: tuple[str, ...] = ()
    required: bool = True  # without it the backup is partial


async def recognise(connection: Connection) -> Facts:
    """What product this is, and what it says of itself. Raises `LinkError("failed")` when there is no Asterisk."""
    raise NotImplementedError


def parts(facts: Facts) -> tuple[Part, ...]:
    """What belongs in a backup of this phone system."""
    raise NotImplementedError


async def probe(connection: Connection, facts: Facts) -> str:
    """A fingerprint (hex) of all that people configure: changes when, and only when, something was changed.

    Costs the phone system under 0.5 s of CPU and the network a few KB.
    """
    raise NotImplementedError
