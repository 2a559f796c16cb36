"""What a review of a small phone system finds."""

from __future__ import annotations

from typing import Any

from ringkeep.phonesystem.checks import Beside, Finding, review
from tests.phonesystem.systems import TUESDAY, system

STRONG = "k3Tq9vXw2LmZ"  # no test's subject, and no weak password
PJSIP = f"""\
[udp]
type=transport
protocol=udp
bind=0.0.0.0
[201]
type=endpoint
context=internal
auth=201
aors=201
[201]
type=auth
username=201
password={STRONG}a
[201]
type=aor
max_contacts=1
[202]
type=endpoint
context=internal
auth=202
aors=202
[202]
type=auth
username=202
password={STRONG}b
[202]
type=aor
max_contacts=1
[carrier]
type=endpoint
context=from-carrier
aors=carrier
[carrier]
type=aor
contact=sip:203.0.113.1
[carrier]
type=identify
endpoint=carrier
match=203.0.113.1
[second]
type=endpoint
context=from-carrier
aors=second
[second]
type=aor
contact=sip:203.0.113.2
[second]
type=identify
endpoint=second
match=203.0.113.2
"""
INBOUND = "[from-carrier]\nexten => 5550100,1,Dial(PJSIP/201,20)\n"
INTERNAL = """\
[internal]
exten => 201,1,Dial(PJSIP/201,20)
exten => 202,1,Dial(PJSIP/202,20)
exten => _9X.,1,Set(GROUP()=out)
 same => n,Dial(PJSIP/${FILTER(0-9,${EXTEN:1})}@carrier)
"""
QUEUES = "[sales]\nmember => PJSIP/201\n"
BOXES = "[default]\n201 => 7391,Ana\n"
OTHERS = {"queues.conf": QUEUES, "voicemail.conf": BOXES}


def reviewed(
    extensions: str = INBOUND + INTERNAL,
    *,
    pjsip: str = PJSIP,
    others: dict[str, str] | None = None,
    beside: Beside | None = None,
    **more: Any,
) -> tuple[Finding, ...]:
    """Two phones and two carriers, with another dialplan or other files."""
    made = system(extensions, pjsip=pjsip, others=OTHERS | (others or {}), **more)
    return review(made, beside or Beside(at=TUESDAY))


def codes(*given: Any, **more: Any) -> set[str]:
    """The codes of what is found."""
    return {finding.code for finding in reviewed(*given, **more)}
