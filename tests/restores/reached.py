"""What a test asks a lab phone system itself, past Ringkeep."""

from __future__ import annotations

import asyncio
import shlex

from ringkeep.links.ssh import connect
from ringkeep.standing.places import Standing
from tests.standing import target

# All of /etc/asterisk with modes, owners and contents, and what a restore may have left behind.
SUMS = "cd /etc/asterisk && find . ! -type d -exec ls -ln --time-style=+ {} + -exec sha256sum {} + | sort; ls -d /*/*/.ringkeep* 2>/dev/null"
TABLES = "mysqldump --skip-dump-date asterisk; mysql -N -e 'show databases'"


def on(there: Standing, script: str) -> str:
    """What a root shell of the phone system says."""

    async def work() -> str:
        async with connect(target(there)) as connection:
            done = await connection.run(shlex.join(["sh", "-c", script]), sudo=True)
            return done.out.decode()

    return asyncio.run(work())
