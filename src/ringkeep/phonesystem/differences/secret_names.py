"""Which settings hold secrets, and texts with the secrets in them covered: differences say that one changed, not what it is."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import lru_cache

from ringkeep.phonesystem.secrecy import known_covered

COVERED = "***"
# A name (without case, "_", "-", digits at its end) holds a secret when it ends in one of these.
ENDINGS = (
    "secret", "password", "passwd", "pass", "pin", "mdcred", "passphrase", "passcode", "pwd", "token", "privatekey", "apikey",
    "cryptkey", "authkey", "salt", "hash", "credential", "credentials", "accesskey", "secretkey", "pins", "community", "register", "dsn",
)  # fmt: skip
NOT_SECRET = {"bypass", "matchpatternpass", "novmpw", "pbxpin"}
SHORTEST = 4  # a shorter value is found in every text
ASSIGNED = re.compile(
    r"((?:secret|passw(?:or)?d|passwd|passphrase|md5_?cred|api_?key|token|private_?key|pins?|pass|pwd)\w{0,9}\"?\s{0,9}(?:=>?|:|,)\s{0,9})"
    r"(\"[^\"]*\"|[^\s,;&|)\"]+)",
    re.IGNORECASE,
)
REGISTERING = re.compile(r"(?<!sip)(?<!sips)(?<!tel):[^@/\s:{}]+@", re.IGNORECASE)  # register => user:secret@host
ARGUMENT = re.compile(r"\b((?:Authenticate|DISA)\s{0,9}\(\s{0,9})([0-9A-Fa-f*#]{2,}|/[\w./-]+)", re.IGNORECASE)
COMPARED = re.compile(
    r"(\$\{\w{0,40}(?:pin|pass|code|pwd)\w{0,40}\}\"?\s{0,9}[!=<>]{1,2}\s{0,9}\"?)([^\"\]?)\s]+)", re.I
)
ROOM = re.compile(r"\b((?:MeetMe|ConfBridge)\([^,)]*,[^,)]*,)([^,)]+)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a setting of that name holds a secret: `secret`, `AMPDBPASS`, `userpin`, `fcc_password`."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    return plain not in NOT_SECRET and plain.endswith(ENDINGS)


def covered(text: str, known: Set[str] = frozenset()) -> str:
    """The text with every secret in it covered: those that are `known`, and what stands where a secret stands."""
    text = known_covered(text, known)
    text = ASSIGNED.sub(rf"\g<1>{COVERED}", text)
    text = REGISTERING.sub(f":{COVERED}@", text)
    text = COMPARED.sub(rf"\g<1>{COVERED}", text)
    text = ROOM.sub(rf"\g<1>{COVERED}", text)
    return ARGUMENT.sub(rf"\g<1>{COVERED}", text)
