"""Lines of a dialplan that Asterisk passes over."""

from __future__ import annotations

import pytest

from tests.phonesystem.checks.reviewed import INBOUND, INTERNAL, reviewed

GENERATED = "exten => 7777,1,NoOp()\nexten => 7777,1,NoOp()\n"


@pytest.mark.parametrize(
    ("lines", "code", "severity"),
    [
        ("extne => 7777,1,NoOp()\n", "unknown-line", "degraded"),
        ("exten => 7777,Answer\n", "bad-priority", "degraded"),
        ("[other]\nsame => n,Answer()\n", "no-extension", "degraded"),
        (GENERATED, "priority-duplicate", "note"),
    ],
)
def test_a_line_that_asterisk_ignores_is_named_where_a_person_wrote_it(lines: str, code: str, severity: str) -> None:
    assert (code, severity) in {(f.code, f.severity) for f in reviewed(INBOUND + INTERNAL + lines)}
