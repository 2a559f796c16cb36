"""Small phone systems for tests, written as the files they are."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime

from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers import read_phone_system

TUESDAY = datetime(2026, 1, 6, 10, 30)

MODULES = "[modules]\nautoload=yes\n"
PJSIP = """\
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
auth_type=userpass
username=201
password=secret201
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
password=secret202
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
"""
EXTENSIONS = """\
[from-carrier]
exten => 5550100,1,Dial(PJSIP/201,20)
[internal]
exten => 201,1,Dial(PJSIP/201,20)
exten => 202,1,Dial(PJSIP/202,20)
exten => _9X.,1,Dial(PJSIP/${EXTEN:1}@carrier)
"""


def files_of(files: Mapping[str, str]) -> dict[str, bytes]:
    """Names under /etc/asterisk -> files as they are handed over."""
    return {f"/etc/asterisk/{name}": text.encode() for name, text in files.items()}


def system(
    extensions: str = EXTENSIONS,
    *,
    pjsip: str = PJSIP,
    modules: str = MODULES,
    others: Mapping[str, str] | None = None,
    product: str = "asterisk",
    database: Mapping[str, str] | None = None,
    paths: Set[str] | None = None,
) -> PhoneSystem:
    """Two phones and a carrier, with another dialplan or other files; an empty text leaves its file out."""
    files = {"extensions.conf": extensions, "pjsip.conf": pjsip, "modules.conf": modules, **(others or {})}
    given = files_of({name: text for name, text in files.items() if text})
    return read_phone_system(given, product=product, database=database, paths=paths)
