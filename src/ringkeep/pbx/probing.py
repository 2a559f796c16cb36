"""Has anybody configured anything? One script whose answer is a few digests.

Files are compared by content (a reload writes the same anew), owner and rights (without them Asterisk may not read them), prompts and music by name, size and time; from astdb
what people set (forwarding, do not disturb, night mode), from the databases a checksum of each table that people
fill. Left out: registrations, calls, voicemail, agents who log in, counters, and what a reload alone changes.
"""

from __future__ import annotations

import hashlib
import re
import shlex

from ringkeep.links.ssh import Connection
from ringkeep.pbx.facts import Facts, Part, Product
from ringkeep.pbx.sections import ask, shell_paths

# Families of astdb that Asterisk itself writes: registrations (pjsip, sip, iax), DUNDi, presence subscriptions,
# agents in queues. `pbx/UUID` is the system's own name.
QUIET_KEYS = (
    "registrar", "SIP", "IAX", "dundi", "subscription_persistence", "Queue", "mwi_external", "pbx",
    "LASTCALLER", "astdb_version",
)  # fmt: skip
MAX_CONTENT_KIB = 4096  # a larger file is compared by size and time
MAX_TABLE_BYTES = 32 << 20  # of a larger table the time of its last change is taken

FILES = r"""
rk_content() {
  find -L "$@" -type f -size -"$RK_MOST"k ! -name '*.sw?' ! -name '*~' ! -name '.#*' -print0 2>/dev/null |
    LC_ALL=C sort -z | xargs -0 -r md5sum 2>/dev/null
  find -L "$@" -type f -size +"$RK_MOST"k -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort
  find -L "$@" \( -type f -o -type d \) ! -name '*.sw?' ! -name '*~' ! -name '.#*' ! -path '*/.ringkeep-*' \
    -printf '%m %U:%G %p\n' 2>/dev/null | LC_ALL=C sort
}
rk_names() { find -H "$@" ! -type d -printf '%p %y %s %T@ %l\n' 2>/dev/null | LC_ALL=C sort; }
rk_sum() { sha256sum | cut -c 1-64; }
"""


async def probe(connection: Connection, facts: Facts, product: Product, belonging: tuple[Part, ...]) -> str:
    """The fingerprint, 64 hexadecimal digits. Raises `LinkError`."""
    sections = await ask(connection, script(facts, product, belonging), timeout_s=60)
    digest = hashlib.sha256()
    for name in sorted(sections):
        if name.startswith("p-"):
            value = sections[name].strip()
            digest.update(f"{name}={value if re.fullmatch(r'[0-9a-f]{64}', value) else '?'}\n".encode())
    return digest.hexdigest()


def script(facts: Facts, product: Product, belonging: tuple[Part, ...]) -> str:
    """The shell of one probe."""
    content = [path for part in belonging if part.probed == "content" for path in part.paths]
    names = [path for part in belonging if part.probed == "names" for path in part.paths]
    quiet = "".join(f" | grep -v '[ /]{name}$'" for name in product.quiet_lines)
    noisy = "\n".join(
        f"for f in {' '.join(shlex.quote(p) for p in content)}; do "
        f'[ -f "$f/{name}" ] && grep -v {shlex.quote(pattern)} "$f/{name}"; done 2>/dev/null'
        for name, pattern in product.quiet_lines.items()
    )
    spool = next((part.paths[0] for part in belonging if part.name == "voicemail"), "/var/spool/asterisk/voicemail")
    state = next((part.sqlite[0] for part in belonging if part.name == "state"), "")
    return "\n".join(
        [
            f"RK_MOST={MAX_CONTENT_KIB}",
            FILES,
            f"section p-files; {{ rk_content {shell_paths(content)}{quiet}\n{noisy}\n}} | rk_sum",
            f"section p-names; rk_names {shell_paths(names)} | rk_sum",
            f"section p-greetings; find {shlex.quote(spool)} -mindepth 3 -maxdepth 3 -type f \\( -name 'unavail.*' "
            "-o -name 'busy.*' -o -name 'greet.*' -o -name 'temp.*' \\) -printf '%p %s %T@\\n' 2>/dev/null "
            "| LC_ALL=C sort | rk_sum",
            _state(state, product),
            _tables(facts, product),
        ]
    )


def _state(path: str, product: Product) -> str:
    quiet = "|".join((*QUIET_KEYS, *product.quiet_keys))
    file = shlex.quote(path)
    query = "select key || ' ' || value from astdb"
    python = (
        "import sqlite3,sys;"
        '[sys.stdout.buffer.write((str(k)+" "+str(v)).encode("utf-8","replace")+b"\\n") for k,v in sqlite3.connect('
        '"file:"+sys.argv[1]+"?mode=ro",uri=True).execute("select key,value from astdb")]'
    )
    return f"""section p-state
{{ if [ -r {file} ] && command -v sqlite3 >/dev/null 2>&1; then
  sqlite3 -readonly -cmd '.timeout 3000' {file} {shlex.quote(query)} ||  # neither option is as old as CentOS 7
  printf '.timeout 3000\n%s;\n' {shlex.quote(query)} | sqlite3 {file}
elif [ -r {file} ] && command -v python3 >/dev/null 2>&1; then python3 -c {shlex.quote(python)} {file}
else rk_limited 10 asterisk -rx 'database show' | sed 's/ *: /: /; s/ *$//' | grep '^/'; fi; }} 2>/dev/null |
  grep -aEv '^/({quiet})(/| |:)' | LC_ALL=C sort | rk_sum"""


def _tables(facts: Facts, product: Product) -> str:
    wanted = [name for name in facts.databases if name not in product.records and re.fullmatch(r"\w+", name)]
    if not wanted:
        return ""
    schemas = ",".join(f"'{name}'" for name in wanted)
    quiet = " ".join(f"AND table_name NOT LIKE '{pattern}'" for pattern in product.quiet_tables)
    where = f"table_schema IN ({schemas}) AND table_type = 'BASE TABLE' {quiet}"
    small = f"SELECT CONCAT('`', table_schema, '`.`', table_name, '`') FROM information_schema.tables WHERE {where} AND data_length < {MAX_TABLE_BYTES}"
    large = f"SELECT table_name, data_length, update_time FROM information_schema.tables WHERE {where} AND data_length >= {MAX_TABLE_BYTES}"
    return f"""{product.login}
rk_login
section p-tables
if [ -n "$RK_DB" ]; then
RK_TABLES=$(rk_db rk_client -N -B -e {shlex.quote(small)} 2>/dev/null | paste -s -d , -)
{{ [ -n "$RK_TABLES" ] && rk_db rk_client -N -B -e "CHECKSUM TABLE $RK_TABLES"; rk_db rk_client -N -B -e {shlex.quote(large)}; }} 2>/dev/null | LC_ALL=C sort | rk_sum
fi"""
