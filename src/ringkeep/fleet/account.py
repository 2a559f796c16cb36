"""What an administrator does once on a phone system: an account for Ringkeep, its key, and leave to read. Texts only.

Everything that is put into a command is quoted or was checked to be harmless (`ringkeep.fleet.actions.address`).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ringkeep.links.ssh import SUDO_LINE

ACCOUNT = "ringkeep"
TUNNEL_PLACE = "/etc/ringkeep-tunnel"


# What `restrict` means: OpenSSH below 7.2 does not know the word, and then refuses the whole key.
OLD_RESTRICT = "no-port-forwarding,no-agent-forwarding,no-X11-forwarding,no-pty,no-user-rc"


def commands(
    public_key: str,
    user: str = ACCOUNT,
    *,
    sudo: bool = True,
    from_address: str | None = None,
    old_ssh: bool = False,
) -> str:
    """Shell commands for root on the phone system. The key may run commands, but forward nothing and get no terminal.

    Without sudo the account is one of the group `asterisk`: it reads what that group may, and can restore nothing.
    """
    own = ACCOUNT if user == ACCOUNT else f"{ACCOUNT}-{user.replace('.', '_')}"  # sudo passes over names with a dot
    sudoers = f"/etc/sudoers.d/{own}"
    options = (OLD_RESTRICT if old_ssh else "restrict") + (f',from="{from_address}"' if from_address else "")
    lines = [
        f"id -u {user} >/dev/null 2>&1 || useradd --create-home --password '*' --shell /bin/sh {user}",
        f"home=$(getent passwd {user} | cut -d: -f6)",
        f'install -d -m 700 -o {user} -g {user} "$home/.ssh"',
        f"printf '%s\\n' {shlex.quote(f'{options} {public_key}')} > \"$home/.ssh/authorized_keys\"",
        f'chown {user}: "$home/.ssh/authorized_keys" && chmod 600 "$home/.ssh/authorized_keys"',
    ]
    if sudo:
        lines += [
            f"printf '%s\\n' {shlex.quote(SUDO_LINE.format(user=user))} > {sudoers}",
            f"chmod 440 {sudoers} && visudo -cf {sudoers}",
        ]
    else:
        lines.append(f"usermod --append --groups asterisk {user}")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Dialling:
    """How a phone system dials out to us."""

    name: str
    server: str  # our name or address, as the phone system reaches it
    server_port: int
    server_key: str  # our public host key
    port: int  # of our loopback, for this phone system alone
    ssh_port: int = 22  # of the phone system's own SSH server


def tunnel_commands(of: Dialling) -> str:
    """One script for root on the phone system: makes a key there, dials out for good, prints the key's public half."""
    known = f"[{of.server}]:{of.server_port}" if of.server_port != 22 else of.server
    ssh = (
        f"/usr/bin/ssh -N -T -F /dev/null -i {TUNNEL_PLACE}/key -o IdentitiesOnly=yes -o BatchMode=yes "
        f"-o UserKnownHostsFile={TUNNEL_PLACE}/known_hosts -o StrictHostKeyChecking=yes -o ExitOnForwardFailure=yes "
        f"-o ServerAliveInterval=20 -o ServerAliveCountMax=3 "
        f"-R 127.0.0.1:{of.port}:127.0.0.1:{of.ssh_port} -p {of.server_port} tunnel@{of.server}"
    )
    return f"""\
install -d -m 700 {TUNNEL_PLACE}
test -f {TUNNEL_PLACE}/key || ssh-keygen -q -t ed25519 -N '' -C ringkeep-{of.name} -f {TUNNEL_PLACE}/key
printf '%s\\n' {shlex.quote(f"{known} {of.server_key}")} > {TUNNEL_PLACE}/known_hosts
cat > /etc/systemd/system/ringkeep-tunnel.service <<'END'
[Unit]
Description=Dials out to Ringkeep, which looks after this phone system
Wants=network-online.target
After=network-online.target
[Service]
ExecStart={ssh}
Restart=always
RestartSec=15
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable ringkeep-tunnel
systemctl restart ringkeep-tunnel
cat {TUNNEL_PLACE}/key.pub"""


def permitted(public_key: str, port: int) -> str:
    """The same permission for an OpenSSH server of yours in place of `ringkeep serve`: a line of authorized_keys."""
    return f'restrict,port-forwarding,permitlisten="127.0.0.1:{port}" {public_key}'
