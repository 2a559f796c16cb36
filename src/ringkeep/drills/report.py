"""What a drill found: the document that `ringkeep prove --json` prints.

Only values and their JSON shape; who decides them is in `rules`, who words them for people in `pages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SEVERITIES = ("bad", "degraded", "note")


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong, at a place. `code` is stable (documented in docs/defects.md); `what` is one sentence."""

    code: str  # "include-missing", "prompt-missing", "phone-refused", ...
    severity: str  # "bad": calls fail; "degraded": rings, but this is wrong; "note": worth knowing, verdict unchanged
    where: str  # "/etc/asterisk/extensions.conf:41", "trunk CarrierA", "Asterisk log"
    what: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Something the configuration refers to that is not in what was handed over."""

    kind: str  # "prompt" | "include" | "greeting" | "script" | "certificate" | "module" | "database" | "file"
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Count:
    expected: int  # as read from the files
    seen: int  # as the booted Asterisk has it


@dataclass(frozen=True, slots=True)
class Call:
    kind: str  # inbound | menu | queue | ring_group | extension | voicemail | feature | outbound
    caller: str  # "trunk CarrierA" or an extension number ("from" in JSON)
    to: str  # dialled
    keys: str  # DTMF pressed in order, "" none
    expected: str  # "menu ivr-1", "extension 201"
    got: str
    ok: bool
    answer_ms: int | None
    at: str | None = None  # the instant the phone system was told, ISO 8601 local; None: now
    heard: str | None = None  # what audio was checked: "prompt custom/welcome 0.97", "tone both ways"
    trail: tuple[str, ...] = ()  # "file:line Application(arguments)" of the last steps, for an engineer
    road: str | None = None  # "as walked" | "other": whether its steps were those foreseen; None: it never came in


@dataclass(frozen=True, slots=True)
class Step:
    """One timed step of the drill."""

    name: str
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    verdict: str  # good | degraded | bad
    source_path: str
    source_kind: str
    product: str
    source_asterisk: str | None  # "16.28.0" as far as known
    lab_asterisk: str
    timings: Mapping[str, float | None]  # read_s, boot_s, first_answer_s, total_s
    counts: Mapping[str, Count]
    calls: tuple[Call, ...]
    defects: tuple[Defect, ...]
    missing: tuple[Missing, ...]
    steps: tuple[Step, ...]
    log: tuple[str, ...]  # this system's own warnings and errors, stock ones taken out
    upgrade: bool = False  # the lab's Asterisk is newer than the source's

    def as_json(self) -> dict[str, Any]:
        """The one document of `--json`, keys as documented in docs/prove.md."""
        return {
            "verdict": self.verdict,
            "source": {
                "path": self.source_path,
                "kind": self.source_kind,
                "product": self.product,
                "asterisk": self.source_asterisk,
            },
            "lab": {"asterisk": self.lab_asterisk, "upgrade": self.upgrade},
            "timings": {k: None if v is None else round(v, 3) for k, v in self.timings.items()},
            "counts": {k: {"expected": c.expected, "seen": c.seen} for k, c in self.counts.items()},
            "calls": [
                {
                    "kind": c.kind,
                    "from": c.caller,
                    "to": c.to,
                    "keys": c.keys,
                    "expected": c.expected,
                    "got": c.got,
                    "ok": c.ok,
                    "answer_ms": c.answer_ms,
                    "at": c.at,
                    "heard": c.heard,
                    "trail": list(c.trail),
                    "road": c.road,
                }
                for c in self.calls
            ],
            "defects": [
                {"code": d.code, "severity": d.severity, "where": d.where, "what": d.what} for d in self.defects
            ],
            "missing": [{"kind": m.kind, "name": m.name, "where": m.where} for m in self.missing],
            "steps": [{"name": s.name, "seconds": round(s.seconds, 3), "note": s.note} for s in self.steps],
            "log": list(self.log),
        }
