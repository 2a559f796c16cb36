"""Freezes what changes while it is read: dumps of databases and copies of SQLite files, in a folder of the moment there.

The folder is /var/tmp/ringkeep-freeze.WHOSE-XXXXXX, for its owner alone; it is removed at the end, and what an earlier run of
ours left behind (its connection was cut) at the next start: a second Ringkeep may be at work on the same phone system,
and its folder is left to it for a day. What is the same as last time is removed at once and not sent.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringkeep.links import LinkError
from ringkeep.links.ssh import Connection
from ringkeep.pbx import Facts, Part, product
from ringkeep.pbx.sections import ask, lines, pairs, plain, shell_paths
from ringkeep.phonesystem.sentences import Sentence, verbatim
from ringkeep.sources.astdb import damage_of

STAGES = "/var/tmp"
STAGE = re.compile(r"/var/tmp/ringkeep-freeze\.[0-9a-f]{8}-[A-Za-z0-9]{6,20}\Z")
MAX_TIME_S = 6 * 3600.0
LOOK_S, LOOKS = 15, 40  # how often a dump is looked at, and after how many looks without a byte more it is ended
FORM = r"%y %m %U %G %s %T@\0%p\0%l\0"  # what `fetch_listing` reads
SYSTEM = "ringkeep/system.txt"  # what is installed and switched on, for somebody who builds the machine again

START = r"""
section find; find / -maxdepth 0 -printf yes 2>/dev/null || { section end; exit 0; }
find /var/tmp -maxdepth 1 -type d \( -name "ringkeep-freeze.$RK_WHOSE-*" -o -name 'ringkeep-freeze.*' -mmin +1440 \) \
  -user "$(id -u)" -exec rm -rf '{}' + 2>/dev/null
RK_STAGE=$(mktemp -d "/var/tmp/ringkeep-freeze.$RK_WHOSE-XXXXXXXXXX" 2>/dev/null)
section stage; echo "$RK_STAGE"
section free; df -Pk /var/tmp 2>/dev/null | awk 'NR == 2 { print $4 }'
[ -n "$RK_STAGE" ] || { section end; exit 0; }
section users; awk -F: '{ print $3 "\t" $1 }' /etc/passwd 2>/dev/null | head -n 3000
section groups; awk -F: '{ print $3 "\t" $1 }' /etc/group 2>/dev/null | head -n 3000
RK_DUMP=''; for t in mariadb-dump mysqldump; do command -v $t >/dev/null 2>&1 && RK_DUMP=$t && break; done
rk_place() { mkdir -p "$RK_STAGE/m/$(dirname "$1")"; RK_FILE="$RK_STAGE/m/$1"; }
# rk_done PATH KNOWN: digest and size; the same as last time is not kept.
rk_done() {
  rk_got=$(sha256sum < "$RK_FILE" | cut -c 1-64); rk_size=$(wc -c < "$RK_FILE" | tr -d ' ')
  if [ "$rk_got" = "$2" ]; then rm -f "$RK_FILE"; echo "same $rk_got $rk_size"; else echo "new $rk_got $rk_size"; fi
}
rk_failed() { rm -f "$RK_FILE"; echo "failed"; head -c 600 "$RK_STAGE/err"; }
rk_dump() {
  rk_place "ringkeep/databases/$1.sql"
  if [ -z "$RK_DUMP" ]; then echo 'failed'; echo 'mysqldump is not installed there'; return; fi
  rk_need=$3; rk_free=$(df -Pk /var/tmp | awk 'NR == 2 { print $4 }')
  if [ "${rk_free:-0}" -lt "$rk_need" ]; then echo full; return; fi
  rk_ways='--no-tablespaces --default-character-set=utf8mb4'
  rk_watched "$1"
  if grep -qi "unknown option\|character set 'utf8mb4'" "$RK_STAGE/err"; then  # MySQL 5.1 and older
    rk_ways='--default-character-set=utf8'
    rk_watched "$1"
  fi
  if [ -e "$RK_STAGE/stuck" ]; then rm -f "$RK_FILE" "$RK_STAGE/stuck"; echo stuck
  elif [ $rk_code = 0 ] && tail -n 3 "$RK_FILE" | grep -q '^-- Dump completed'; then rk_done "$1" "$2"
  elif grep -qi 'no space left\|errcode: 28' "$RK_STAGE/err"; then rm -f "$RK_FILE"; echo full
  else rk_failed; fi
}
# One dump, ended when nothing more comes: a session that holds its tables locked would hold us for a day and longer.
rk_watched() {
  rm -f "$RK_STAGE/stuck"
  rk_db rk_words --single-transaction --quick --skip-lock-tables --comments --skip-dump-date --routines --triggers --hex-blob \
    $rk_ways "$1" > "$RK_FILE" 2> "$RK_STAGE/err" &
  rk_pid=$!
  ( rk_last=x; rk_same=0
    while sleep "$RK_LOOK_S"; do
      rk_now=$(wc -c < "$RK_FILE")
      if [ "$rk_now" = "$rk_last" ]; then rk_same=$((rk_same + 1)); else rk_same=0; fi
      rk_last=$rk_now
      [ $rk_same -lt "$RK_LOOKS" ] || { : > "$RK_STAGE/stuck"; kill -9 $rk_pid; exit; }
    done ) > /dev/null 2>&1 &
  rk_watch=$!
  wait $rk_pid; rk_code=$?
  kill $rk_watch 2>/dev/null; wait $rk_watch 2>/dev/null
}
rk_words() { exec $rk_polite $RK_DUMP "$@"; }
rk_sqlite() {
  [ -e "/$1" ] || { echo absent; return; }
  rk_place "$1"; : > "$RK_STAGE/err"
  [ -s "/$1" ] || { : > "$RK_FILE"; rk_done "$1" "$2"; return; }  # emptied by a full disk, say: that is what is there
  if command -v sqlite3 >/dev/null 2>&1 && $rk_polite sqlite3 -readonly -cmd '.timeout 5000' "/$1" ".backup '$RK_FILE'" 2> "$RK_STAGE/err"; then :
  elif grep -q 'unknown option' "$RK_STAGE/err" && # as old as CentOS 7
    printf '.timeout 5000\n.backup %s\n' "'$RK_FILE'" | $rk_polite sqlite3 "/$1" 2> "$RK_STAGE/err" && [ -s "$RK_FILE" ] && ! [ -s "$RK_STAGE/err" ]; then :
  elif command -v python3 >/dev/null 2>&1 && $rk_polite python3 -c 'import sqlite3,sys
a=sqlite3.connect("file:"+sys.argv[1]+"?mode=ro",uri=True,timeout=5); b=sqlite3.connect(sys.argv[2]); a.backup(b); b.close()' "/$1" "$RK_FILE" 2>> "$RK_STAGE/err"; then :
  else
    # Neither is there: a copy taken while nobody wrote, seen by its being the same twice, without a journal. Or it is damaged: then as it is.
    rk_copied=; rk_damaged=; head -c 15 "/$1" | grep -q 'SQLite format 3' && ! grep -qi 'not a database\|malformed' "$RK_STAGE/err" || rk_damaged=yes
    for rk_try in 1 2 3 4 5; do
      cp "/$1" "$RK_FILE" 2> "$RK_STAGE/err" || { rk_failed; return; }
      { [ -z "$rk_damaged" ] && { [ -e "/$1-journal" ] || ! cmp -s "/$1" "$RK_FILE"; }; } || { rk_copied=yes; break; }
      sleep 1
    done
    [ "$rk_copied" = yes ] || { echo 'it changed while it was copied' > "$RK_STAGE/err"; rk_failed; return; }
  fi
  if [ -s "$RK_FILE" ]; then rk_done "$1" "$2"; else rk_failed; fi
}
# rk_list NUMBER PATH... -- EXPRESSION...: a path that is a link to a folder is entered, one that leads to a file stays a link.
rk_list() {
  rk_name=$1; rk_kept=0; shift; : > "$RK_STAGE/list-$rk_name"
  while [ "$1" != -- ]; do
    rk_p=$1; shift
    if [ -L "$rk_p" ] && ! [ -d "$rk_p" ]; then find "$rk_p" -maxdepth 0 -printf "$RK_FORM" >> "$RK_STAGE/list-$rk_name"
    else set -- "$@" "$rk_p"; rk_kept=$((rk_kept + 1)); fi
  done
  shift; rk_left=$(($# - rk_kept))
  while [ $rk_left -gt 0 ]; do rk_p=$1; shift; set -- "$@" "$rk_p"; rk_left=$((rk_left - 1)); done
  [ $rk_kept = 0 ] || $rk_polite find -H "$@" 2> "$RK_STAGE/list-$rk_name.err" >> "$RK_STAGE/list-$rk_name"
  sha256sum < "$RK_STAGE/list-$rk_name" | cut -c 1-64
  grep -v 'No such file or directory' "$RK_STAGE/list-$rk_name.err" 2>/dev/null | head -n 20 | head -c 3000
}
"""

STATE = r"""
section system
rk_place ringkeep/system.txt
{ echo '== packages'; dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' 2>/dev/null || rk_limited 20 rpm -qa 2>/dev/null | sort
  echo '== services'; find /etc/systemd/system -path '*.wants/*' -printf '%P\n' 2>/dev/null | sort; ls /etc/rc3.d 2>/dev/null  # systemctl would read every unit: 2 s of its time
  echo '== firewall'; iptables-save 2>/dev/null | sed '/^#/d; s/\[[0-9]*:[0-9]*\]/[0:0]/'; nft list ruleset 2>/dev/null | sed 's/packets [0-9]* bytes [0-9]*//'
  echo '== addresses'; ip -o addr show 2>/dev/null | sed 's/valid_lft.*//'; ip route show 2>/dev/null
  echo '== disks'; rk_limited 20 lsblk -o NAME,SIZE,TYPE,FSTYPE,MOUNTPOINT 2>/dev/null
  echo '== users'; cut -d : -f 1,3,4,6,7 /etc/passwd 2>/dev/null
  echo '== kernel modules'; lsmod 2>/dev/null | awk '{ print $1 }' | sort
} > "$RK_FILE" 2>/dev/null
"""


@dataclass(frozen=True, slots=True)
class Frozen:
    """One dump or copy. `state`: same (as last time), new, absent, full (no room there), stuck (nothing came), failed."""

    path: str  # in the mirror
    state: str
    digest: str = ""
    size: int = 0
    why: str = ""


@dataclass
class Freeze:
    """What a freeze gave: the folder there, dumps and copies by part, listings by part."""

    stage: str
    frozen: dict[str, list[Frozen]] = field(default_factory=dict)
    listings: dict[str, str] = field(default_factory=dict)  # part -> SHA-256
    faults: dict[str, list[Sentence]] = field(default_factory=dict)  # part -> what find could not enter
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)


async def freeze(
    connection: Connection, facts: Facts, parts: tuple[Part, ...], known: Mapping[str, str], whose: str
) -> Freeze:
    """Freeze and list `parts`; `known` are the digests of last time, `whose` eight hexadecimal digits of our own.

    Raises `LinkError` ("no-room" included).
    """
    sections = await ask(connection, f"RK_WHOSE={whose}\n{script(facts, parts, known)}", timeout_s=MAX_TIME_S)
    if sections.get("find", "").strip() != "yes":
        raise LinkError(
            "failed",
            Sentence(
                "The phone system's find does not know -printf: it seems to have BusyBox only. Install the GNU programs there "
                "(Alpine: apk add findutils tar rsync), then try again."
            ),
            permanent=True,
        )
    stage = sections.get("stage", "").strip()
    if not STAGE.match(stage):
        raise LinkError(
            "no-room",
            Sentence(
                "The phone system cannot make a folder in {folder} for its database dumps: its disk is "
                "full or read-only. Free some room there (old logs, old backups), then try again.",
                {"folder": STAGES},
            ),
        )
    made = Freeze(stage, users=pairs(sections.get("users", "")), groups=pairs(sections.get("groups", "")))
    for at, part in enumerate(parts):
        made.frozen[part.name] = [
            *(_read(sections, f"dump-{at}-{n}", f"ringkeep/databases/{x}.sql") for n, x in enumerate(part.databases)),
            *(_read(sections, f"copy-{at}-{n}", x.lstrip("/")) for n, x in enumerate(part.sqlite)),
            *([_read(sections, "system", SYSTEM)] if part.name == "system" else []),
        ]
        if part.paths:
            digest, *said = lines(sections.get(f"list-{at}", "")) or [""]
            faults = [verbatim(one) for one in said]
            if not re.fullmatch(r"[0-9a-f]{64}", digest):
                faults.insert(0, Sentence("its files could not be listed"))
            made.listings[part.name] = digest
            made.faults[part.name] = faults
    return made


def script(facts: Facts, parts: tuple[Part, ...], known: Mapping[str, str]) -> str:
    """The shell of one freeze."""
    said = [
        f"RK_FORM={shlex.quote(FORM)}; RK_LOOK_S={LOOK_S}; RK_LOOKS={LOOKS}",
        START,
        product(facts).login,
        "rk_login",
    ]
    for at, part in enumerate(parts):
        for n, name in enumerate(part.databases):
            digest = shlex.quote(known.get(f"ringkeep/databases/{name}.sql", "-"))
            need_kib = facts.database_bytes.get(name, 0) // 1024 + 1024
            said.append(f"section dump-{at}-{n}; rk_dump {shlex.quote(name)} {digest} {need_kib}")
        for n, path in enumerate(part.sqlite):
            place = path.lstrip("/")
            said.append(f"section copy-{at}-{n}; rk_sqlite {shlex.quote(place)} {shlex.quote(known.get(place, '-'))}")
        if part.name == "system":
            said.append(f"{STATE}\nrk_done system {shlex.quote(known.get(SYSTEM, '-'))}")
    frozen = [
        each
        for part in parts
        for path in part.sqlite
        for each in (path, path + "-journal", path + "-wal", path + "-shm")
    ]
    for at, part in enumerate(parts):
        if part.paths:
            said.append(f"section list-{at}; rk_list {at} {_find(part, frozen)}")
    return "\n".join(said)


def _find(part: Part, frozen: list[str]) -> str:
    """`find`'s paths and expression: what is left out is not entered; kernel file systems neither."""
    out = " -o ".join(f"-path {shlex.quote(path)}" for path in (*part.excluded, *frozen))
    never = "-fstype proc -o -fstype sysfs -o -fstype devtmpfs" + (f" -o {out}" if out else "")
    return (
        f"{shell_paths(part.paths)} -- \\( {never} \\) -prune -o "
        f'\\( ! -type l ! -readable -printf u -o -true \\) -printf "$RK_FORM"'
    )


def _read(sections: Mapping[str, str], name: str, path: str) -> Frozen:
    first, *rest = lines(sections.get(name, "")) or ["failed", "the phone system gave no answer"]
    match = re.fullmatch(r"(same|new) ([0-9a-f]{64}) (\d{1,18})", first)
    if match:
        return Frozen(path, match[1], match[2], int(match[3]))
    state = first if first in ("absent", "full", "stuck") else "failed"
    return Frozen(path, state, why=plain(" ".join(rest), 300))


def damage(copy: Path) -> list[Sentence]:
    """Why Asterisk cannot start with what was fetched, should it be its own database: kept as it is, for what can still be read in it."""
    why = damage_of(copy) if copy.name == "astdb.sqlite3" else None
    if why is None:
        return []
    return [
        Sentence(
            "{name} is damaged on the phone system ({why}): it is in the backup as it is",
            {"name": copy.name, "why": why},
        )
    ]


async def thaw(connection: Connection, stage: str) -> None:
    """Remove the folder there."""
    if STAGE.match(stage):
        await connection.run(f"rm -rf {shlex.quote(stage)}", sudo=True, timeout_s=120)
