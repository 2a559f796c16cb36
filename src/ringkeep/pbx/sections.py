"""One shell script, sent on standard input, whose answers come back in marked sections: one round trip.

The answer is hostile: sections are cut to a size, unknown ones are ignored, control characters become blanks.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Iterable

from ringkeep.links import LinkError
from ringkeep.links.ssh import Connection
from ringkeep.phonesystem.sentences import Sentence

MAX_SECTION = 1 << 20  # characters
MAX_ANSWER = 8 << 20  # bytes

# `section NAME` starts a section. `rk_limited` keeps a program from hanging (an Asterisk that does not answer).
# `rk_offer USER PASSWORD HOST` offers a login that a product's file holds: passwords are changed, and files that nothing reads any
# more keep the old one, so the first that the server takes counts; where it takes none, what root needs no login for.
# `rk_db PROGRAM ...` runs a MySQL client with the product's own login, which reaches it neither as an argument nor
# as a file that stays: the process list of the phone system never shows a password.
PRELUDE = r"""
LC_ALL=C; export LC_ALL; PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin"; umask 077
section() { printf '\n%s %s\n' "$RK_MARK" "$1"; }
if timeout 1 true 2>/dev/null; then rk_limited() { timeout "$@"; }; else rk_limited() { shift; "$@"; }; fi
rk_polite=''
if nice -n 19 true 2>/dev/null; then rk_polite='nice -n 19'; fi
if ionice -c 3 true 2>/dev/null; then rk_polite="ionice -c 3 $rk_polite"; fi
rk_quoted() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }
RK_DB=''; for t in mariadb mysql; do command -v $t >/dev/null 2>&1 && RK_DB=$t && break; done
RK_LOGIN=''; RK_TAKEN=''
rk_db() { rk_program=$1; shift; "$rk_program" --defaults-extra-file=/dev/fd/9 "$@" 9<<RKEND
[client]
$RK_LOGIN
RKEND
}
rk_client() { rk_limited 20 "$RK_DB" "$@" --connect-timeout=10; }
rk_ask() { rk_limited 5 "$RK_DB" "$@"; }
rk_taken() {
  [ -n "$RK_DB" ] || return 1
  rk_db rk_ask -N -B -e 'SELECT 1' >/dev/null 2>&1 && RK_TAKEN=yes && return 0
  [ $? != 124 ] || RK_DB=''  # it hangs: nothing more is asked of it
  return 1
}
rk_offer() {
  [ -n "$1" ] && [ -z "$RK_TAKEN" ] || return 0
  rk_first=$RK_LOGIN
  RK_LOGIN="user=\"$(rk_quoted "$1")\"
password=\"$(rk_quoted "$2")\""
  case "$3" in ''|localhost|127.0.0.1|::1) ;; *) RK_LOGIN="$RK_LOGIN
host=\"$(rk_quoted "$3")\"";; esac
  rk_taken || RK_LOGIN=${rk_first:-$RK_LOGIN}
}
rk_login() {
  [ -z "$RK_TAKEN" ] && [ -n "$RK_LOGIN" ] || return 0
  rk_first=$RK_LOGIN; RK_LOGIN=''
  rk_taken || RK_LOGIN=$rk_first
}
"""


async def ask(connection: Connection, script: str, *, timeout_s: float = 60.0) -> dict[str, str]:
    """Run a script there, as root where that is allowed; its sections by name. Raises `LinkError`."""
    mark = f"--ringkeep-{secrets.token_hex(8)}"
    whole = f"RK_MARK={mark}\n{PRELUDE}\n{script}\nsection end\n"
    result = await connection.run("sh -s", sudo=True, stdin=whole.encode(), timeout_s=timeout_s, limit_bytes=MAX_ANSWER)
    sections = parse(result.out, mark)
    if "end" not in sections:
        raise LinkError(
            "failed",
            Sentence("The phone system did not answer as a Unix shell does: {why}", {"why": plain(result.err, 200)}),
        )
    return sections


def parse(answer: bytes, mark: str) -> dict[str, str]:
    """The sections of an answer; of two with one name the first."""
    sections: dict[str, str] = {}
    pieces = re.split(rb"^" + re.escape(mark.encode()) + rb" ([a-z0-9-]{1,60})$", answer, flags=re.M)
    for name, text in zip(pieces[1::2], pieces[2::2], strict=False):
        sections.setdefault(name.decode(), text[:MAX_SECTION].decode("utf-8", "replace").strip("\n"))
    return sections


def plain(text: str, limit: int = 300) -> str:
    """A value of a phone system in one harmless line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 4]).split())[:limit]


def lines(text: str, most: int = 5000) -> list[str]:
    """The harmless lines of a section that are not empty."""
    found = (plain(line, 500) for line in text.split("\n", most)[:most])
    return [line for line in found if line]


def pairs(text: str, separator: str = "\t") -> dict[str, str]:
    """Lines of `name<separator>value`."""
    return {name.strip(): value.strip() for name, found, value in (x.partition(separator) for x in _raw(text)) if found}


def _raw(text: str, most: int = 20_000) -> list[str]:
    return [
        "".join(c if c.isprintable() or c == "\t" else " " for c in x[:1000]) for x in text.split("\n", most)[:most]
    ]


def shell_paths(paths: Iterable[str]) -> str:
    """Paths as words of a shell; a star at the very end stays one."""
    return " ".join(shlex.quote(p[:-1]) + "*" if p.endswith("*") else shlex.quote(p) for p in paths)
