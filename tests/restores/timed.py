"""How long a restore takes until a call is answered, for `make bench`: on an enrolled phone system that somebody broke."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from ringkeep.sources.astdb import read_show, write_astdb

LOGIN = """<?php
$amp_conf['AMPDBUSER'] = 'freepbxuser';
$amp_conf['AMPDBPASS'] = 'only-in-the-lab-db';
$amp_conf['AMPDBHOST'] = 'localhost';
$amp_conf['AMPDBNAME'] = 'asterisk';
"""


def freepbx_tree(system: Path, into: Path) -> Path:
    """A tree for `ringkeep lab up` with its databases, from a FreePBX kept as etc-asterisk, db/*.sql, astdb.txt."""
    shutil.copytree(system / "etc-asterisk", into / "etc/asterisk")
    databases, library = into / "ringkeep/databases", into / "var/lib/asterisk"
    databases.mkdir(parents=True)
    library.mkdir(parents=True)
    tables = (file.read_bytes() for file in sorted((system / "db").glob("*.sql")))
    (databases / "asterisk.sql").write_bytes(b"".join(tables))
    shutil.copyfile(system / "schema-asteriskcdrdb.sql", databases / "asteriskcdrdb.sql")
    write_astdb(library / "astdb.sqlite3", read_show((system / "astdb.txt").read_text()))
    (into / "etc/freepbx.conf").write_text(LOGIN)
    return into


def restored(home: Path, system: str, backup: str, *only: str) -> dict[str, float]:
    """Restore for real. Seconds: `first_answer_s` from the swap to the first answered call, `whole_s` of the command."""
    words = [str(Path(sys.executable).with_name("ringkeep")), "restore", system, "--backup", backup, "--yes", "--json"]
    for part in only:
        words += ["--only", part]
    began = time.monotonic()
    done = subprocess.run(
        words, env={**os.environ, "RINGKEEP_HOME": str(home)}, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    return {"first_answer_s": found["first_answer_s"], "whole_s": round(time.monotonic() - began, 2)}
