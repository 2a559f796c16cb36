"""Whether the account may do on a phone system what a restore does there: asked before anything is fetched or sent."""

from __future__ import annotations

import shlex

from ringkeep.fleet.models import PhoneSystem
from ringkeep.links import LinkError
from ringkeep.links.ssh import SUDO_LINE, Connection
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.restores.sending import PLACE

NEEDED = ("tar", "flock", "setsid", "sha256sum", "timeout", "chown", "find")  # by swap.sh
LOOK = f"""id -u
for name in {" ".join(NEEDED)}; do command -v "$name" >/dev/null 2>&1 || echo "$name"; done
[ -w "$(d={PLACE}; until [ -d "$d" ]; do d=${{d%/*}}; done; echo "$d")" ] || echo {PLACE}"""


async def lacking(connection: Connection, system: PhoneSystem) -> Sentence | None:
    """What a restore needs and has not there, and what to do; None: it may. Raises `LinkError` when it cannot be asked."""
    try:
        done = await connection.run(shlex.join(["sh", "-c", LOOK]), sudo=system.sudo, timeout_s=30.0)
    except LinkError as error:
        if error.kind != "no-sudo":
            raise
        return _no_rights(system)
    user, *missing = done.out.decode("utf-8", "replace").split() or [""]
    if user != "0":
        return _no_rights(system)
    if PLACE in missing:
        return Sentence(
            "{folder} cannot be written on {name}: a restore works there.", {"folder": PLACE, "name": system.name}
        )
    if missing:
        return Sentence(
            "A restore needs these programs on {name}: {programs}. Install them there first.",
            {"name": system.name, "programs": ", ".join(missing)},
        )
    return None


def _no_rights(system: PhoneSystem) -> Sentence:
    return Sentence(
        "The account {user} may not restore {name}: it is not root there and may not become root by sudo. Put this line into "
        "/etc/sudoers.d/ringkeep there: {line} Then run: ringkeep enrol --again --name {name}",
        {"user": system.user, "name": system.name, "line": SUDO_LINE.format(user=system.user)},
    )
