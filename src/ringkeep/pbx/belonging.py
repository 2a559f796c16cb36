"""What belongs in a backup of any Asterisk, by the folders that its asterisk.conf names."""

from __future__ import annotations

from dataclasses import replace

from ringkeep.pbx.facts import Facts, Part, Product
from ringkeep.pbx.recognising import DIRECTORIES, is_folder_of_its_own

SOUNDS = ("sounds", "moh", "mohmp3", "moh-custom", "agi-bin", "keys", "documentation")


# What a restore of ours leaves on a phone system until it is confirmed.
OURS = ("*/.ringkeep-*", "/etc/cron.d/ringkeep-*")


def parts(facts: Facts, product: Product) -> tuple[Part, ...]:
    """All parts, those first without which nobody can telephone."""
    given = {name: path for name, path in facts.directories.items() if is_folder_of_its_own(path)}
    d = DIRECTORIES | given
    data = _once(d["astdatadir"], d["astvarlibdir"], "/usr/share/asterisk")
    state = f"{d['astdbdir']}/astdb.sqlite3"
    logs, spool = d["astlogdir"], d["astspooldir"]
    records = tuple(name for name in facts.databases if name in product.records)
    music = (one for one in facts.music if not any(f"{each}/".startswith(f"{one}/") for each in (*d.values(), *data)))
    found = [
        Part("configuration", _once(d["astetcdir"], "/etc/asterisk", "/etc/dahdi", "/etc/odbc.ini", "/etc/odbcinst.ini", *facts.outside),
             probed="content"),
        Part("state", (), sqlite=(state,)),
        Part("database", (), databases=tuple(sorted({*product.needed, *facts.databases} - {*records}))),
        Part("sounds", tuple(f"{each}/sounds" for each in data), probed="names"),
        Part("music", _once(*(f"{each}/{name}" for each in data for name in SOUNDS if name.startswith("moh")), *music),
             probed="names"),
        Part("scripts", _once(d["astagidir"], *(f"{each}/agi-bin" for each in data), f"{d['astvarlibdir']}/scripts"), probed="content"),
        Part("certificates", (f"{d['astkeydir']}/keys", "/etc/asterisk/keys", "/etc/letsencrypt", "/etc/pki/tls/private",
                              "/etc/pki/tls/certs", "/etc/ssl/private"), required=False, probed="names"),
        Part("phones", ("/tftpboot", "/var/lib/tftpboot", "/srv/tftp", "/etc/dhcp", "/etc/dnsmasq.conf", "/etc/dnsmasq.d",
                        "/var/www/html/provisioning"), required=False, probed="names"),
        Part("voicemail", (f"{spool}/voicemail",)),
        Part("recordings", (f"{spool}/monitor",)),
        Part("records", (f"{logs}/cdr-csv", f"{logs}/cdr-custom", f"{logs}/cel-custom", f"{logs}/queue_log*"),
             databases=records, sqlite=(f"{logs}/master.db", f"{logs}/cel.db")),
        *product.extra(facts),
        Part("system", (
            "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/etc/timezone", "/etc/localtime", "/etc/fstab",
            "/etc/network", "/etc/netplan", "/etc/NetworkManager/system-connections", "/etc/sysconfig",
            "/etc/systemd/network", "/etc/systemd/system", "/etc/ntp.conf", "/etc/ntpsec", "/etc/chrony.conf", "/etc/chrony",
            "/etc/systemd/timesyncd.conf", "/etc/crontab", "/etc/cron.d", "/etc/cron.daily", "/etc/cron.hourly",
            "/etc/cron.weekly", "/etc/cron.monthly", "/var/spool/cron", "/etc/iptables", "/etc/nftables.conf",
            "/etc/nftables", "/etc/firewalld", "/etc/ufw", "/etc/fail2ban", "/etc/default", "/etc/logrotate.d",
            "/etc/sudoers.d", "/etc/modprobe.d", "/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/yum.repos.d",
            "/etc/my.cnf", "/etc/my.cnf.d", "/etc/mysql", "/etc/httpd/conf", "/etc/httpd/conf.d", "/etc/apache2/sites-enabled",
            "/etc/apache2/sites-available", "/etc/php.ini", "/etc/php.d", "/etc/postfix", "/etc/os-release", "/etc/issue",
        ), excluded=("/etc/mysql/debian.cnf", "/var/spool/cron/atspool"), required=False),
    ]  # fmt: skip
    return tuple(
        replace(part, excluded=(*part.excluded, *OURS)) for part in found if part.paths or part.databases or part.sqlite
    )


def _once(*paths: str) -> tuple[str, ...]:
    """Each path once, and none that lies in another of them."""
    return tuple(
        path
        for path in dict.fromkeys(paths)
        if not any(path.startswith(other.rstrip("/") + "/") for other in paths if other != path)
    )
