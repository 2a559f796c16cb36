"""What the booted system's own log says, once everything a stock boot says too is taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from ringkeep.drills.report import Defect
from ringkeep.lab.server import LogLine

# Things the lab itself brings about: no database server, no internet, no telephony cards, our own ears.
OF_THE_LAB = re.compile(
    r"odbc|mysql|pgsql|SQL|database server|res_timing|stun|getaddrinfo|Name or service not known|Could not resolve|"
    r"dahdi|/dev/|Unable to open pseudo|No response received from|RTCP|taskprocessor|res_config_|manager\.conf|"
    r"setpriority|Unable to set|ODBC|cdr_adaptive|snmp|xmpp|ldap|corosync|radius|fwconsole",
    re.I,
)  # fmt: skip

# Normal in any generated dialplan: empty hooks for the owner's own additions, and catch-all patterns.
HARMLESS = re.compile(
    r"tries to include nonexistent context '.*-custom'|strongly discouraged|No provider found for label"
)


RULES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (code, severity, re.compile(pattern))
    for code, severity, pattern in (
        ("config-refused", "bad", r"parse error|was listed as a #include but it does not exist|Category addition requested|Inheritance requested"),
        ("object-refused", "bad", r"Could not create an object of type '(endpoint|aor|auth|transport|identify|registration)' with id"),
        # Named in modules.conf, and in no Debian package: what it did is missing in the lab, not in the backup.
        ("module-absent", "note", r"Error loading module '.*cannot open shared object file: No such"),
        ("module-not-loaded", "degraded", r"[Ee]rror loading module '|declined to load|could not be loaded|failed to load"),
        ("application-missing", "bad", r"No application '|No such application '"),
        ("prompt-missing", "degraded", r"does not exist in any format|Unable to open [\w/.-]+ \(format"),
        ("script-missing", "degraded", r"Failed to execute '|Could not exec|AGI script .* not found|Unable to connect to AGI|failed for url 'agi:"),
        ("dialplan-line", "degraded", r"(?:pbx_config.*|.*)(?:at line \d+ of|line \d+ of).*\.conf"),
    )
)  # fmt: skip


def normal_form(line: LogLine) -> str:
    """The line without what differs from boot to boot: numbers, addresses, quoted names stay."""
    text = re.sub(r"0x[0-9a-f]+|\d+", "#", line.text)
    return f"{line.level} {line.source.rpartition('/')[2]} {text}"


def own_lines(lines: Iterable[LogLine], stock: frozenset[str]) -> list[LogLine]:
    """Warnings and errors that a stock boot of the same image does not print, each once."""
    seen: set[str] = set()
    kept = []
    for line in lines:
        form = normal_form(line)
        if line.level in ("WARNING", "ERROR") and form not in stock and form not in seen and not _expected(line):
            seen.add(form)
            kept.append(line)
    return kept


def _expected(line: LogLine) -> bool:
    return bool(OF_THE_LAB.search(f"{line.source} {line.text}") or HARMLESS.search(line.text))


def defects(lines: Iterable[LogLine], known: Iterable[str], wanted: Set[str] = frozenset()) -> list[Defect]:
    """Defects that the log names, leaving out what `known` texts about the files tell already.

    `wanted` are the modules that modules.conf names: one that Asterisk tried by itself and left out is worth a note.
    """
    told = " ".join(known)
    found: dict[tuple[str, str], Defect] = {}
    for line in lines:
        for code, severity, pattern in RULES:
            if pattern.search(line.text):
                subject = _subject(line.text)
                if subject and subject in told:
                    break
                if code == "module-not-loaded" and "undefined symbol" in line.text and subject not in wanted:
                    severity = "note"
                found.setdefault(
                    (code, subject or line.text), Defect(code, severity, _where(line), _sentence(line.text))
                )
                break
    return list(found.values())


def _subject(text: str) -> str:
    """What the line is about: the object it names, else the first quoted name."""
    if match := re.search(r"of type '(\w+)' with id '([^']+)'", text):
        return f"{match[1]} {match[2]}"
    match = re.search(r"'([^']+)'", text) or re.search(r"(?:File|open) (\S+)", text)
    return match[1] if match else ""


def _where(line: LogLine) -> str:
    match = re.search(r"line (\d+) of (?:file )?'?([\w./-]+)'?", line.text)
    return f"{match[2]}:{match[1]}" if match else "Asterisk log"


def _sentence(text: str) -> str:
    return text.strip()[:300]
