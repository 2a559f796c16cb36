"""The login by which a restore reaches the database server of a phone system, and whether it may do there what it must.

A restore makes two databases beside each that it brings back, and renames tables between the three. What a product's own
login may do varies, so every login that is found there is tried: root's own first, then those of the product's files.
No password leaves the phone system, stands in an argument of a process, or is kept longer than the restore.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from ringkeep import pbx
from ringkeep.links.ssh import Connection
from ringkeep.pbx.sections import PRELUDE, plain
from ringkeep.phonesystem.sentences import Sentence

NAME = re.compile(r"\w{1,51}\Z", re.ASCII)  # MySQL's 64 characters, without what stands behind ours
BESIDE = ("", "_ringkeep_new", "_ringkeep_old")  # as swap.sh calls them
SAID = re.compile(
    r"^ringkeep: (rights|login|absent)(?: (?P<account>\S.*)\t(?P<lacking>[0-9 ]{1,2000}))?$", re.MULTILINE
)

# `rk_taken` takes a login only when it has all the rights. Whether it has them is seen from what the server says to renaming
# a table that is not there: "denied" before "no such table". So nothing is made or changed by asking.
PROGRAM = r"""
#!/bin/sh
# The login of the database server for one restore: sh login.sh DATABASE... prints what stands in an option file.
RK_WHO=''; RK_LACKS=''
rk_taken() {
  [ -n "$RK_DB" ] || return 1
  rk_said=$(for rk_name in $RK_NAMES; do
    echo "RENAME TABLE \`$rk_name\`.\`ringkeep_none\` TO \`$rk_name\`.\`ringkeep_nowhere\`; LOCK TABLES \`$rk_name\`.\`ringkeep_none\` WRITE;"
  done | { echo "SELECT CONCAT('rk-account ', CURRENT_USER());"; cat; } | rk_db rk_client -N -B --force 2>&1)
  [ $? != 124 ] || RK_DB=''
  rk_account=$(printf '%s\n' "$rk_said" | sed -n 's/^rk-account //p' | head -n 1)
  [ -n "$rk_account" ] || return 1
  rk_lacks=$(printf '%s\n' "$rk_said" | sed -n 's/^ERROR 1\(044\|142\|227\|290\) .* at line \([0-9]*\):.*/\2/p' | sort -nu | tr '\n' ' ')
  [ -z "$rk_lacks" ] && RK_TAKEN=yes && return 0
  [ -n "$RK_WHO" ] || { RK_WHO=$rk_account; RK_LACKS=$rk_lacks; }
  return 1
}
RK_NAMES=''
for rk_name; do RK_NAMES="$RK_NAMES $rk_name ${rk_name}_ringkeep_new ${rk_name}_ringkeep_old"; done
rk_taken
"""
FROM_DEBIAN = r"""
[ -r /etc/mysql/debian.cnf ] && rk_offer "$(sed -n 's/^user *= *//p' /etc/mysql/debian.cnf | head -n 1)" "$(sed -n 's/^password *= *//p' /etc/mysql/debian.cnf | head -n 1)"
"""
END = r"""
if [ -n "$RK_TAKEN" ]; then printf '[client]\n%s\n' "$RK_LOGIN"; exit 0; fi
if [ -n "$RK_WHO" ]; then printf 'ringkeep: rights %s\t%s\n' "$RK_WHO" "$RK_LACKS" >&2
elif command -v mysql >/dev/null 2>&1 || command -v mariadb >/dev/null 2>&1; then echo 'ringkeep: login' >&2
else echo 'ringkeep: absent' >&2; fi
exit 3
"""


def program() -> bytes:
    """What swap.sh calls as login.sh."""
    offers = "\n".join(product.login for product in pbx.PRODUCTS)
    return f"#!/bin/sh\n{PRELUDE}{PROGRAM.lstrip().partition(chr(10))[2]}{offers}{FROM_DEBIAN}{END}".encode()


async def lacking(connection: Connection, system: str, databases: Iterable[str], *, sudo: bool) -> Sentence | None:
    """Why these databases cannot be restored on this phone system, and what to do; None: they can.

    `system` is its name. Nothing is changed there. Raises `LinkError`.
    """
    names = sorted(databases)
    odd = next((name for name in names if not NAME.match(name)), None)
    if odd is not None:
        return Sentence("The database {name} has an odd name: it cannot be restored.", {"name": plain(odd, 80)})
    if not names:
        return None
    command = shlex.join(["sh", "-c", 'exec sh -s -- "$@" >/dev/null', "sh", *names])
    done = await connection.run(command, sudo=sudo, stdin=program(), timeout_s=120.0)
    if done.code == 0:
        return None
    said = SAID.search(done.err)
    values = {"name": system, "databases": ", ".join(names)}
    if said and said[1] == "absent":
        return Sentence(
            "There is no MariaDB or MySQL on {name}, and the backup has databases ({databases}): install it there first.",
            values,
        )
    if not said or said["account"] is None:
        return Sentence(
            "The database server of {name} does not answer, or takes neither root's own login nor those in the files of the "
            "phone system. Start it, or write a login that may restore {databases} into /root/.my.cnf there.",
            values,
        )
    beside = [name + end for name in names for end in BESIDE]
    lines = [int(number) for number in said["lacking"].split() if len(number) < 5]
    grants = [f"GRANT ALL ON `{_pattern(beside[n - 2])}`.* TO {_account(said['account'])};" for n in lines if 2 <= n <= len(beside) + 1]  # fmt: skip
    return Sentence(
        "The database server of {name} does not let {account} make and rename tables as a restore must. As the administrator "
        "of that server say: {grants} Or write a login that may into /root/.my.cnf there.",
        {**values, "account": plain(said["account"], 100), "grants": " ".join(grants)},
    )


def _pattern(name: str) -> str:
    """A database's name in GRANT, where `_` and `%` stand for others (MariaDB's reference manual, "GRANT")."""
    return name.replace("_", "\\_")


def _account(said: str) -> str:
    """`root@localhost` as GRANT wants it."""
    user, _, host = plain(said, 100).rpartition("@")
    return "@".join("'" + part.replace("\\", "\\\\").replace("'", "''") + "'" for part in (user, host))
