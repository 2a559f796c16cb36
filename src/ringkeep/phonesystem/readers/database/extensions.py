"""Tables users, devices and the keyword tables of each technology -> extensions; mailboxes where a backup has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.model import Extension, Mailbox, Row, Tables
from ringkeep.phonesystem.readers.database.rows import keywords, number, rows_of, settings_of, text

KEYWORD_TABLES = {
    "pjsip": "sip",  # FreePBX and IssabelPBX keep both in one table
    "sip": "sip", "iax2": "iax", "iax": "iax", "dahdi": "dahdi", "zap": "zap",
}  # fmt: skip
# What the model has places for, and what only repeats the number.
KNOWN = frozenset({
    "secret", "context", "transport", "allow", "permit", "account", "callerid", "dial", "mailbox", "media_encryption", "username",
    "record_in", "record_out", "record",
})  # fmt: skip
KNOWN_COLUMNS = frozenset({"extension", "name", "voicemail", "ringtimer", "outboundcid"})
SLASHED = re.compile(r"\\(.)")  # IssabelPBX keeps `O\'Brien` for O'Brien


def read_extensions(tables: Tables, database: Mapping[str, str]) -> Iterator[Extension]:
    """One for every user with their first device; `database` is astdb. A user without one has technology "virtual"."""
    devices: dict[str, Row] = {}
    for row, _ in rows_of(tables, "devices"):
        owner = text(row, "user") or text(row, "id")
        if owner:
            devices.setdefault(owner, row)
    options = {table: keywords(tables, table) for table in set(KEYWORD_TABLES.values()) if table in tables}
    for row, place in rows_of(tables, "users"):
        extension = text(row, "extension")
        if extension:
            device = devices.get(extension, {})
            technology = (text(device, "tech") or "virtual").lower()
            own = options.get(KEYWORD_TABLES.get(technology, ""), {}).get(text(device, "id") or "", {})
            yield _extension(row, place, device, own, database)


def _extension(
    row: Row, place: Place, device: Row, options: Mapping[str, str], database: Mapping[str, str]
) -> Extension:
    extension = text(row, "extension") or ""
    technology = (text(device, "tech") or "virtual").lower()
    endpoint = text(device, "id") or ""
    context = text(row, "voicemail")
    columns = {**row, "emergency_cid": device.get("emergency_cid"), "devicetype": device.get("devicetype")}
    return Extension(
        number=extension,
        name=SLASHED.sub(r"\1", text(row, "name") or text(device, "description") or "") or None,
        technology="iax2" if technology == "iax" else technology,
        endpoint=endpoint,
        aor=endpoint if technology in ("pjsip", "sip") else None,
        username=(options.get("username") or endpoint) if technology in ("pjsip", "sip", "iax2", "iax") else None,
        secret=options.get("secret") or None,
        context=options.get("context") or None,
        mailbox=f"{extension}@{context}" if context and context not in ("novm", "disabled") else None,
        transport=(options.get("transport") or None) if technology == "pjsip" else None,
        permit=_words(options.get("permit", "")),
        codecs=_words(options.get("allow", "")),
        place=place,
        media_encryption=_encryption(options),
        language=database.get(f"/AMPUSER/{extension}/language") or None,
        outbound_caller=text(row, "outboundcid"),
        ring_s=number(row, "ringtimer"),
        settings=settings_of(columns, KNOWN_COLUMNS) | settings_of(options, KNOWN),
    )


def _words(written: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in re.split(r"[&,]", written) if word.strip())


def _encryption(options: Mapping[str, str]) -> str | None:
    """A technology that calls must be encrypted with; IssabelPBX writes encryption=yes."""
    if options.get("media_encryption_optimistic") == "yes":
        return None
    word = options.get("media_encryption", "")
    if word in ("sdes", "dtls"):
        return word
    return "sdes" if options.get("encryption") == "yes" else None


def read_mailboxes(tables: Tables) -> Iterator[Mailbox]:
    """The products keep mailboxes in voicemail.conf; only a FreePBX 15+ backup repeats them among its rows."""
    for row, place in rows_of(tables, "voicemail_mailboxes"):
        options = (word.partition("=") for word in (row.get("options") or "").split("|"))
        settings = {name: value for name, _, value in options if name and value}
        box = text(row, "mailbox")
        if box:
            context = text(row, "context") or "default"
            yield Mailbox(
                box, context, text(row, "name"), text(row, "pwd"), text(row, "email"), place, settings_of(settings, ())
            )
