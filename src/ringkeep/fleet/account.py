"""What an administrator does once on a phone system: an account for Ringkeep, its key, and leave to read."""

from __future__ import annotations

ACCOUNT = "ringkeep"
SUDOERS = "/etc/sudoers.d/ringkeep"


def commands(public_key: str, user: str = ACCOUNT) -> str:
    """Shell commands for root on the phone system. The key may run commands, but forward nothing."""
    return "\n".join(
        (
            f"useradd --create-home --shell /bin/sh {user}",
            f"install -d -m 700 -o {user} -g {user} /home/{user}/.ssh",
            f"echo 'restrict {public_key}' > /home/{user}/.ssh/authorized_keys",
            f"chown {user}: /home/{user}/.ssh/authorized_keys && chmod 600 /home/{user}/.ssh/authorized_keys",
            f"echo '{user} ALL=(root) NOPASSWD: /bin/sh, /usr/bin/sh, /usr/bin/rsync' > {SUDOERS}",
            f"chmod 440 {SUDOERS} && visudo -cf {SUDOERS}",
        )
    )
