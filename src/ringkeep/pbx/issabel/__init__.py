"""Issabel, and IssabelPBX by itself: /etc/issabel.conf, amportal.conf, the databases and the web root."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ringkeep.pbx.facts import Facts, Part, Product
from ringkeep.pbx.sections import lines, pairs

SIGNS = r"""
section issabel-conf
for f in /etc/issabel.conf /etc/issabelpbx.conf /etc/elastix.conf; do [ -s "$f" ] && echo "$f"; done
section issabel-sqlite; find /var/www/db -maxdepth 1 -type f -name '*.db' 2>/dev/null | sort | head -n 100
section issabel-release; for p in issabel-framework elastix-framework; do rk_limited 10 rpm -q --qf '%{VERSION}-%{RELEASE}\n' $p 2>/dev/null && break; done || head -c 100 /etc/issabel-release 2>/dev/null
section issabel-pbx
sed -n 's/.*<version>\([0-9A-Za-z.]*\)<.*/\1/p' /var/www/html/admin/modules/framework/module.xml 2>/dev/null | head -n 1
section issabel-modules
if [ -s /etc/issabel.conf ] || [ -s /etc/issabelpbx.conf ] || [ -s /etc/elastix.conf ]; then
  [ -n "$RK_DB" ] && rk_db rk_client -N -B -e 'SELECT modulename, version FROM asterisk.modules WHERE enabled = 1' 2>/dev/null
fi
"""

LOGIN = r"""
for f in /etc/issabel.conf /etc/elastix.conf; do
  [ -r $f ] && rk_offer root "$(sed -n 's/^mysqlrootpwd=//p' $f | head -n 1 | sed 's/[[:space:]]*$//')"
done
rk_amportal2() { sed -n "s/^$1=//p" /etc/amportal.conf 2>/dev/null | head -n 1 | sed 's/[[:space:]]*$//'; }
[ -r /etc/amportal.conf ] && rk_offer "$(rk_amportal2 AMPDBUSER)" "$(rk_amportal2 AMPDBPASS)" "$(rk_amportal2 AMPDBHOST)"
rk_php2() { sed -n "s/^[[:space:]]*\$amp_conf\[.$1.\][[:space:]]*=[[:space:]]*['\"]\(.*\)['\"][[:space:]]*;.*/\1/p" /etc/issabelpbx.conf 2>/dev/null | head -n 1 | sed "s/\\\\\(['\\\\]\)/\1/g"; }
[ -r /etc/issabelpbx.conf ] && rk_offer "$(rk_php2 AMPDBUSER)" "$(rk_php2 AMPDBPASS)" "$(rk_php2 AMPDBHOST)"
"""


def recognised(sections: Mapping[str, str]) -> str | None:
    """Issabel's version; that of IssabelPBX where the distribution is not there."""
    if not sections.get("issabel-conf", "").strip():
        return None
    for name in ("issabel-release", "issabel-pbx"):
        found = re.search(r"[0-9]+(?:[.-][0-9A-Za-z]+)+", sections.get(name, ""))
        if found and "not installed" not in sections[name]:
            return found[0][:40]
    return modules(sections).get("framework", "")


def modules(sections: Mapping[str, str]) -> dict[str, str]:
    """Enabled modules of IssabelPBX with their versions."""
    return {k: v for k, v in pairs(sections.get("issabel-modules", "")).items() if re.fullmatch(r"\w{1,60}", k)}


KNOWN = ("acl", "menu", "settings", "samples", "iptables", "email", "fax", "control_panel_design", "trunk", "rate")


def sqlite(sections: Mapping[str, str]) -> tuple[str, ...]:
    """Its SQLite databases, in /var/www/db."""
    found = lines(sections.get("issabel-sqlite", ""), 100)
    return tuple(path for path in found if re.fullmatch(r"/var/www/db/\w[\w.-]{0,60}\.db", path))


def extra(facts: Facts) -> tuple[Part, ...]:
    """Issabel's own files: its settings, its SQLite databases, its web root."""
    return (
        Part(
            "product",
            (
                "/etc/issabel.conf", "/etc/issabelpbx.conf", "/etc/amportal.conf", "/etc/elastix.conf",
                "/etc/issabel-release", "/var/www/html", "/var/www/db", "/var/lib/asterisk/bin", "/etc/postfix",
                "/usr/share/issabel/privileged",
            ),
            excluded=("/var/www/html/var/cache", "/var/www/html/admin/modules/_cache", "*/node_modules",
                      "*/smarty/templates_c"),
            required=False,
            sqlite=facts.sqlite or tuple(f"/var/www/db/{name}.db" for name in KNOWN),
        ),
    )  # fmt: skip


PRODUCT = Product(
    name="issabel",
    signs=SIGNS,
    recognised=recognised,
    login=LOGIN,
    databases=("asterisk", "asteriskcdrdb", "call_center", "endpointconfig", "endpointman", "meetme", "qstats",
               "roundcubedb", "vtigercrm510", "a2billing"),
    needed=("asterisk",),
    records=("asteriskcdrdb", "qstats"),
    modules=modules,
    sqlite=sqlite,
    extra=extra,
    quiet_tables=("admin", "module\\_xml", "notifications", "cronmanager", "issabelpbx\\_log", "freepbx\\_log",
                  "sessions", "queue\\_log", "cdr", "cel", "%\\_log", "ampusers\\_sessions"),
    quiet_keys=("CustomDevstate", "CALLTRACE", "BLKVM", "RG", "TC/[0-9]+/[A-Z_]*STATE"),
    quiet_lines={"ari_additional.conf": "^ *password"},
)  # fmt: skip
