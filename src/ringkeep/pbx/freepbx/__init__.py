"""FreePBX: /etc/freepbx.conf, the databases `asterisk` and `asteriskcdrdb`, its web root and its modules.

Seen on 14 to 17; the names of tables and files are those of FreePBX's own modules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ringkeep.pbx.facts import Facts, Part, Product
from ringkeep.pbx.sections import pairs

SIGNS = r"""
section freepbx-conf; [ -s /etc/freepbx.conf ] && echo yes
section freepbx-framework
sed -n 's/.*<version>\([0-9A-Za-z.]*\)<.*/\1/p' /var/www/html/admin/modules/framework/module.xml 2>/dev/null | head -n 1
section freepbx-distro; head -c 100 /etc/schmooze/pbx-version 2>/dev/null
section freepbx-modules
if [ -s /etc/freepbx.conf ] && [ -n "$RK_DB" ]; then
  rk_db rk_client -N -B -e 'SELECT modulename, version FROM asterisk.modules WHERE enabled = 1' 2>/dev/null
fi
"""

LOGIN = r"""
rk_php() { sed -n "s/^[[:space:]]*\$amp_conf\[.$1.\][[:space:]]*=[[:space:]]*['\"]\(.*\)['\"][[:space:]]*;.*/\1/p" /etc/freepbx.conf 2>/dev/null | head -n 1 | sed "s/\\\\\(['\\\\]\)/\1/g"; }
[ -r /etc/freepbx.conf ] && rk_offer "$(rk_php AMPDBUSER)" "$(rk_php AMPDBPASS)" "$(rk_php AMPDBHOST)"
rk_amportal() { sed -n "s/^$1=//p" /etc/amportal.conf 2>/dev/null | head -n 1 | sed 's/[[:space:]]*$//'; }
[ -r /etc/amportal.conf ] && rk_offer "$(rk_amportal AMPDBUSER)" "$(rk_amportal AMPDBPASS)" "$(rk_amportal AMPDBHOST)"
"""


def recognised(sections: Mapping[str, str]) -> str | None:
    """FreePBX's version, that of its framework module."""
    if sections.get("freepbx-conf") != "yes":
        return None
    version = re.fullmatch(r"[0-9][0-9A-Za-z.]{0,30}", sections.get("freepbx-framework", "").strip())
    return version[0] if version else modules(sections).get("framework", "")


def modules(sections: Mapping[str, str]) -> dict[str, str]:
    """Enabled modules with their versions."""
    return {k: v for k, v in pairs(sections.get("freepbx-modules", "")).items() if re.fullmatch(r"\w{1,60}", k)}


def extra(facts: Facts) -> tuple[Part, ...]:
    """FreePBX's own files: its settings, and its web root, where half of /etc/asterisk's links lead."""
    return (
        Part(
            "product",
            (
                "/etc/freepbx.conf", "/etc/amportal.conf", "/etc/schmooze", "/etc/sangoma", "/etc/wanpipe",
                "/var/www/html", "/var/lib/asterisk/bin", "/var/lib/asterisk/.ssh", "/var/lib/asterisk/.gnupg",
            ),
            excluded=(
                "/var/www/html/admin/modules/_cache", "*/node_modules", "/var/www/html/admin/assets/less/cache",
                "/var/www/html/admin/libraries/Composer/vendor/*/tests",
            ),
            required=False,
        ),
    )  # fmt: skip


PRODUCT = Product(
    name="freepbx",
    signs=SIGNS,
    recognised=recognised,
    login=LOGIN,
    databases=("asterisk", "asteriskcdrdb", "qstats", "endpointman"),
    needed=("asterisk",),
    records=("asteriskcdrdb",),
    modules=modules,
    extra=extra,
    # `admin` holds need_reload; module_xml what the mirror said; tokens, cron and caches follow the clock.
    quiet_tables=(
        "admin", "module\\_xml", "notifications", "cron\\_jobs", "cronmanager", "freepbx\\_log", "api\\_%tokens",
        "api\\_auth\\_codes", "api\\_asynchronous%", "kvblobstore", "kvstore\\_Dashboard", "kvstore\\_OOBE",
        "kvstore\\_FreePBX", "kvstore\\_FreePBX\\_Hooks", "kvstore\\_FreePBX\\_Media", "kvstore\\_FreePBX\\_Realtime",
        "kvstore\\_FreePBX\\_modules\\_Backup", "kvstore\\_FreePBX\\_modules\\_Pm2", "kvstore\\_FreePBX\\_modules\\_Cel",
        "userman\\_password\\_reminder", "userman\\_call\\_activity%", "sessions", "queue\\_log", "cdr", "cel", "%\\_log",
    ),
    # Their states are kept a second time where people set them: CF, DND, AMPUSER, DAYNIGHT.
    quiet_keys=("CustomDevstate", "CALLTRACE", "BLKVM", "RG", "TC/[0-9]+/[A-Z_]*STATE"),
    quiet_lines={"ari_additional.conf": "^ *password"},  # salted anew by every reload
)  # fmt: skip
