"""Asks a phone system what it is: one script, one round trip, hostile answers."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from ringkeep.links import LinkError
from ringkeep.links.ssh import Connection
from ringkeep.pbx.facts import Facts, Product
from ringkeep.pbx.sections import ask, lines, pairs, plain
from ringkeep.phonesystem.sentences import Sentence

# Where Asterisk keeps things when asterisk.conf does not say (Asterisk's Makefile; Debian differs in astdatadir).
DIRECTORIES = {
    "astetcdir": "/etc/asterisk", "astmoddir": "/usr/lib/asterisk/modules", "astvarlibdir": "/var/lib/asterisk",
    "astdbdir": "/var/lib/asterisk", "astkeydir": "/var/lib/asterisk", "astdatadir": "/var/lib/asterisk",
    "astagidir": "/var/lib/asterisk/agi-bin", "astspooldir": "/var/spool/asterisk", "astrundir": "/var/run/asterisk",
    "astlogdir": "/var/log/asterisk",
}  # fmt: skip
# Nothing that a phone system calls its folder may be one of these, or above one: everything else would come along.
NEVER = ("/etc", "/usr/lib", "/usr/bin", "/usr/sbin", "/usr/share", "/usr/local", "/var/lib", "/var/spool", "/var/log",
         "/var/www", "/home", "/root", "/proc", "/sys", "/dev", "/run", "/tmp", "/boot", "/mnt", "/srv", "/opt")  # fmt: skip
NEVER_BELOW = ("/proc", "/sys", "/dev", "/boot", "/root")
MATTERING = (
    r"asterisk|dahdi|libpri|freepbx|issabel|mariadb|mysql|php|httpd|apache|nginx|node|odbc|iptables|nftables|firewalld|"
    r"fail2ban|cron|chrony|ntp|openssh|rsync|sudo|postfix|exim|tftp|dhcp|dnsmasq|sox|lame|mpg123|ffmpeg|hylafax|"
    r"iaxmodem|openvpn|wireguard|linux-image|kernel|sqlite|python3|perl"
)

# Which Asterisk: the one that runs, if it is not in a container, and if several run the one with the usual configuration.
# `read` starts no program, and there may be hundreds of processes.
PLACE = r"""
RK_CONF=''; RK_RUNNING=''
case "$(cat /proc/self/cgroup 2>/dev/null)" in *docker*|*lxc*|*libpod*|*kubepods*|*containerd*) rk_inside=yes;; *) rk_inside='';; esac
for p in /proc/[0-9]*; do
  rk_comm=''; read -r rk_comm < "$p/comm" || continue
  [ "$rk_comm" = asterisk ] || continue
  rk_conf=$(tr '\0' '\n' < "$p/cmdline" | sed -n '/^-[a-zA-Z]*C$/ { n; p; q; }' | head -c 300)
  rk_where=here
  [ -n "$rk_inside" ] || case "$(cat "$p/cgroup" 2>/dev/null)" in *docker*|*lxc*|*libpod*|*kubepods*|*containerd*) rk_where=container;; esac
  rk_conf=${rk_conf:-/etc/asterisk/asterisk.conf}
  [ -f "$rk_conf" ] || [ "$(readlink "$p/ns/mnt")" = "$(readlink /proc/self/ns/mnt || echo unknown)" ] || rk_where=container
  RK_RUNNING="$RK_RUNNING$rk_where	$rk_conf
"
done 2>/dev/null
for f in /etc/asterisk/asterisk.conf $(echo "$RK_RUNNING" | sed -n 's/^here	//p') /usr/local/etc/asterisk/asterisk.conf /opt/asterisk/etc/asterisk/asterisk.conf; do
  [ -f "$f" ] && RK_CONF=$f && break
done
RK_CONF=${RK_CONF:-/etc/asterisk/asterisk.conf}; RK_ETC=${RK_CONF%/*}
"""

SCRIPT = (
    PLACE
    + r"""
section clock-first; date +%s.%N
section account; id -u; id -un
section asterisk-version
if command -v asterisk >/dev/null 2>&1; then
  rk_limited 5 asterisk -C "$RK_CONF" -rx 'core show version' 2>/dev/null | head -n 2; rk_limited 5 asterisk -V 2>/dev/null | head -n 1
fi
section asterisk-there
[ -d "$RK_ETC" ] && echo folder; command -v asterisk
section asterisk-conf; head -c 20000 "$RK_CONF" 2>/dev/null
section asterisk-place; echo "$RK_CONF"
section asterisk-running; echo "$RK_RUNNING"
section asterisk-settings
command -v asterisk >/dev/null 2>&1 && rk_limited 5 asterisk -C "$RK_CONF" -rx 'core show settings' 2>/dev/null | grep -E '(directory|Configuration file|ASTDB): ' | head -n 40
section os-release; head -c 5000 /etc/os-release 2>/dev/null; head -n 1 /etc/redhat-release 2>/dev/null | sed 's/^/REDHAT=/'
section hostname; hostname 2>/dev/null || cat /proc/sys/kernel/hostname
section time-zone; readlink /etc/localtime; head -n 1 /etc/timezone 2>/dev/null; sed -n 's/^ZONE=//p' /etc/sysconfig/clock 2>/dev/null
section tools; for t in rsync sqlite3 mysqldump mariadb-dump mysql mariadb python3 tar gzip md5sum find; do command -v $t >/dev/null 2>&1 && echo $t; done
section packages
if command -v dpkg-query >/dev/null 2>&1; then dpkg-query -W -f '${Package}\t${Version}\t${db:Status-Abbrev}\n' 2>/dev/null | sed -n 's/\tii *$//p'
elif command -v rpm >/dev/null 2>&1; then rk_limited 20 rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\n' 2>/dev/null; fi | grep -E '"""
    + MATTERING
    + r"""' | sort | head -n 2000
section disks; { rk_limited 5 df -Pk || rk_limited 5 df -Pkl; } 2>/dev/null | awk '!seen[$6]++' | awk 'NR > 1 && $1 !~ /^(tmpfs|devtmpfs|udev|overlay-none|none)$/ { print $2 "\t" $4 "\t" $6 }' | head -n 100
section addresses; ip -o addr show 2>/dev/null | awk '$3 ~ /inet/ { print $2 "\t" $4 }' | head -n 200
section routes; ip route show 2>/dev/null | head -n 100
section links; ip -o link show 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\)[:@].*link\/ether \([0-9a-f:]*\).*/\1\t\2/p' | head -n 100
section names; sed -n 's/^nameserver[[:space:]]*//p' /etc/resolv.conf 2>/dev/null | head -n 10
section ntp; sed -n 's/^\(server\|pool\)[[:space:]]*\([^[:space:]]*\).*/\2/p' /etc/ntp.conf /etc/ntpsec/ntp.conf /etc/chrony.conf /etc/chrony/chrony.conf 2>/dev/null; sed -n 's/^NTP=//p' /etc/systemd/timesyncd.conf 2>/dev/null
section synchronised; rk_limited 3 timedatectl show -p NTPSynchronized 2>/dev/null
section processors; grep -c ^processor /proc/cpuinfo; sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1
section memory; sed -n 's/^MemTotal:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/meminfo; uname -m; uname -r
section machine; for f in sys_vendor product_name product_serial; do printf '%s\t' $f; head -c 200 /sys/class/dmi/id/$f 2>/dev/null || echo; done
section cards; lspci 2>/dev/null | grep -iE 'digium|sangoma|wildcard|openvox|tiger|communication' | head -n 20
section unreadable
for f in "$RK_ETC" "$RK_ETC"/* /var/lib/asterisk /var/spool/asterisk/voicemail /var/spool/asterisk/monitor /var/log/asterisk /etc/freepbx.conf /etc/issabel.conf /etc/amportal.conf; do
  [ -e "$f" ] && ! [ -r "$f" ] && echo "$f"
done | head -n 200
section outside
{ find "$RK_ETC" -type l -exec readlink -f '{}' + 2>/dev/null
  grep -rhsE '^[[:space:]]*#(try)?include[[:space:]]+"?/' "$RK_ETC" 2>/dev/null | sed 's/^[^/]*//; s/[">;[:space:]].*//'; } | grep -vF "$RK_ETC/" | sort -u | head -n 500
section music; sed -n 's/^[[:space:]]*directory[[:space:]]*=>*[[:space:]]*\(\/[^;]*\).*/\1/p' "$RK_ETC"/musiconhold*.conf 2>/dev/null | sed 's/[/[:space:]]*$//' | sort -u | head -n 100
"""
)

DATABASES = r"""
section databases
if [ -n "$RK_DB" ]; then
  rk_db rk_client -N -B -e 'SELECT s.schema_name, COALESCE(SUM(t.data_length + t.index_length), 0) FROM information_schema.schemata s LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name GROUP BY s.schema_name' 2>/dev/null
fi
section odbc; sed -n 's/^[[:space:]]*[Dd]atabase[[:space:]]*=[[:space:]]*//p' /etc/odbc.ini 2>/dev/null | head -n 20
"""


async def recognise(connection: Connection, products: tuple[Product, ...]) -> Facts:
    """What it is; `products` are tried in their order, the last one takes what is left. Raises `LinkError`."""
    login = "\n".join(product.login for product in products)
    signs = "\n".join(product.signs for product in products)
    script = f"{SCRIPT}\n{login}\nrk_login\n{signs}\n{DATABASES}\nsection clock-last; date +%s.%N"
    before = time.time()
    sections = await ask(connection, script)
    after = time.time()
    return read(sections, products, before, after)


def read(sections: Mapping[str, str], products: tuple[Product, ...], before: float, after: float) -> Facts:
    """The facts in the answer; `before` and `after` is when we asked and had it, by our clock."""
    if not sections.get("asterisk-there", "").strip() and "container" in _others(sections):
        raise LinkError(
            "failed",
            Sentence(
                "Asterisk runs in a container on this machine, not on the machine itself. Enrol the container: give it an SSH "
                "server of its own."
            ),
            permanent=True,
        )
    if not sections.get("asterisk-there", "").strip():
        raise LinkError(
            "failed",
            Sentence(
                "There is no Asterisk on this machine: neither /etc/asterisk nor the program. Is it the right one?"
            ),
            permanent=True,
        )
    product, version = next((p, v) for p in products if (v := p.recognised(sections)) is not None)
    asterisk = _asterisk(sections.get("asterisk-version", ""))
    tools = set(lines(sections.get("tools", "")))
    sizes = {k: int(v) for k, v in pairs(sections.get("databases", "")).items() if v.isdigit() and len(v) < 18}
    mine = {*product.databases, *(lines(sections.get("odbc", "")))}
    databases = tuple(sorted(name for name in sizes if name in mine and re.fullmatch(r"\w{1,64}", name)))
    return Facts(
        product=product.name,
        product_version=version or None,
        asterisk=asterisk,
        asterisk_major=int(asterisk.split(".")[0]) if asterisk else None,
        system=_system(sections.get("os-release", "")),
        hostname=next(iter(lines(sections.get("hostname", ""))), None),
        time_zone=_time_zone(sections.get("time-zone", "")),
        clock_off_s=_clock_off(sections, before, after),
        directories=_directories(sections),
        databases=databases,
        modules=product.modules(sections),
        packages=pairs(sections.get("packages", "")),
        disks=tuple(_disks(sections.get("disks", ""))),
        network=_network(sections),
        hardware=_hardware(sections),
        has_rsync="rsync" in tools,
        has_sqlite3="sqlite3" in tools,
        not_readable=tuple(lines(sections.get("unreadable", ""))),
        has_mysqldump=bool(tools & {"mysqldump", "mariadb-dump"}),
        has_python3="python3" in tools,
        root=sections.get("account", "").split("\n")[0].strip() == "0",
        database_bytes={name: sizes[name] for name in databases},
        outside=tuple(p for p in lines(sections.get("outside", "")) if _belongs(p)),
        music=tuple(p for p in lines(sections.get("music", "")) if is_folder_of_its_own(p)),
        sqlite=product.sqlite(sections),
        others=_others(sections),
    )


def _asterisk(text: str) -> str | None:
    """From "Asterisk 16.28.0~dfsg-0+deb11u4 built by ..." or "Asterisk 22.10.1"."""
    found = re.search(r"Asterisk (?:certified/)?(?:[a-z-]*)(\d{1,3}(?:\.\d{1,4}){0,3})", text)
    return found[1] if found else None


def _system(text: str) -> str | None:
    values = pairs(text, "=")
    name = values.get("PRETTY_NAME", "").strip("\"'") or values.get("REDHAT", "")
    return plain(name, 120) or None


def _time_zone(text: str) -> str | None:
    for line in lines(text):
        zone = line.rpartition("zoneinfo/")[2].strip("\"' ")
        if re.fullmatch(r"[A-Za-z_]{1,30}(/[A-Za-z0-9_+-]{1,40}){0,2}", zone):
            return zone
    return None


def _clock_off(sections: Mapping[str, str], before: float, after: float) -> float | None:
    """As NTP does (RFC 5905, 8): the way there and the way back are taken to last equally long."""
    try:
        first, last = (float(sections[name].strip()) for name in ("clock-first", "clock-last"))
    except (KeyError, ValueError):
        return None
    off = ((first - before) + (last - after)) / 2
    return round(off, 3) if abs(off) < 1e10 else None


SETTINGS = {  # main/asterisk.c, "core show settings"
    "Configuration directory": "astetcdir", "Module directory": "astmoddir", "Spool directory": "astspooldir",
    "Log directory": "astlogdir", "Run/Sockets directory": "astrundir", "VarLib directory": "astvarlibdir",
    "Data directory": "astdatadir", "AGI Scripts directory": "astagidir",
}  # fmt: skip


def _directories(sections: Mapping[str, str]) -> dict[str, str]:
    """What the running Asterisk says, over [directories] of asterisk.conf, over the usual ones; folders of everybody are
    not believed."""
    text = sections.get("asterisk-conf", "")
    found = dict(DIRECTORIES)
    place = sections.get("asterisk-place", "").strip().rpartition("/")[0]
    if is_folder_of_its_own(place):
        found["astetcdir"] = place
    inside = False
    for line in text.split("\n"):
        line = line.split(";")[0].strip()
        if line.startswith("["):
            inside = line.startswith("[directories]") and "(!" not in line  # a template counts for nothing
        name, arrow, value = (x.strip() for x in line.partition("="))
        if inside and arrow and name in DIRECTORIES:
            path = value.removeprefix(">").strip().rstrip("/")
            if is_folder_of_its_own(path):
                found[name] = path
    if "astdatadir" not in text and "/usr/share/asterisk" not in found.values():
        found["astdatadir"] = found["astvarlibdir"]
    said = pairs(sections.get("asterisk-settings", ""), ": ")
    believed = {SETTINGS[name]: path for name, path in said.items() if name in SETTINGS and is_folder_of_its_own(path)}
    if "astvarlibdir" in believed and "astdbdir" not in text:
        believed["astdbdir"] = believed["astkeydir"] = believed["astvarlibdir"]
    for name, key in (("ASTDB", "astdbdir"), ("IAX2 Keys directory", "astkeydir")):
        above = said.get(name, "").rpartition("/")[0]
        if is_folder_of_its_own(above):
            believed[key] = above
    return found | believed


def _others(sections: Mapping[str, str]) -> tuple[str, ...]:
    """asterisk.conf of every other Asterisk that runs there, and "container" for one in a container."""
    mine = sections.get("asterisk-place", "").strip()
    running = [line.split("\t") for line in sections.get("asterisk-running", "").split("\n")[:50] if "\t" in line]
    found = {plain(conf, 200) if where == "here" else "container" for where, conf, *_ in running}
    return tuple(sorted(found - {mine}))


def is_folder_of_its_own(path: str) -> bool:
    """Whether a path may be taken for a folder of Asterisk: absolute, plain, and nobody else's."""
    return (
        bool(re.fullmatch(r"(/[\w.+@ -]{1,100}){2,12}", path))
        and not {"..", "."} & set(path.split("/"))
        and not any(each == path or each.startswith(path + "/") for each in NEVER)
        and not path.startswith(tuple(each + "/" for each in NEVER_BELOW))
    )


def _belongs(path: str) -> bool:
    """Whether a file outside /etc/asterisk that the configuration names may come along: no file of the machine's own."""
    return (
        path.startswith("/")
        and ".." not in path.split("/")
        and len(path) < 1000
        and not re.search(r"[*?\[\]\\\s]", path)
        and not path.startswith(("/proc/", "/sys/", "/dev/", "/root/", "/boot/", "/run/", "/etc/shadow", "/etc/ssh/"))
    )


def _disks(text: str) -> list[dict[str, Any]]:
    found = []
    for line in text.split("\n")[:100]:
        size, _, rest = line.partition("\t")
        free, _, mount = rest.partition("\t")
        if size.isdigit() and free.isdigit() and mount.startswith("/") and len(size) < 16:
            found.append({"mount": plain(mount), "size_bytes": int(size) << 10, "free_bytes": int(free) << 10})
    return found


def _network(sections: Mapping[str, str]) -> dict[str, Any]:
    split = [line.split("\t") for line in sections.get("addresses", "").split("\n") if "\t" in line]
    return {
        "addresses": [{"interface": plain(x[0], 40), "address": plain(x[1], 60)} for x in split],
        "macs": pairs(sections.get("links", "")),
        "routes": lines(sections.get("routes", "")),
        "name_servers": lines(sections.get("names", "")),
        "time_servers": sorted(set(lines(sections.get("ntp", "")))),
        "clock_synchronised": {"yes": True, "no": False}.get(sections.get("synchronised", "").strip()[-3:].strip("=")),
    }


def _hardware(sections: Mapping[str, str]) -> dict[str, Any]:
    count, _, model = sections.get("processors", "").partition("\n")
    memory = sections.get("memory", "").split("\n")
    machine = pairs(sections.get("machine", ""))
    return {
        "processors": int(count) if count.strip().isdigit() and len(count) < 6 else None,
        "processor": plain(model, 100) or None,
        "memory_bytes": int(memory[0]) << 10 if memory[0].isdigit() and len(memory[0]) < 14 else None,
        "architecture": plain(memory[1], 20) if len(memory) > 1 else None,
        "kernel": plain(memory[2], 60) if len(memory) > 2 else None,
        "vendor": machine.get("sys_vendor") or None,
        "model": machine.get("product_name") or None,
        "serial": machine.get("product_serial") or None,
        "cards": lines(sections.get("cards", "")),
    }
