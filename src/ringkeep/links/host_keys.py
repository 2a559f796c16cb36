"""Host keys and our own: "ssh-ed25519 AAAA..." as a line, and what is said of them."""

from __future__ import annotations

import base64
import hashlib

import asyncssh

from ringkeep.links import LinkError

HOST_KEYS = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256",
)  # fmt: skip


def fingerprint(host_key: str) -> str:
    """SHA256:... of a host key's line, as ssh-keygen prints it. Raises `LinkError`."""
    try:
        blob = base64.b64decode(host_key.split()[1], validate=True)
    except (IndexError, ValueError) as error:
        raise LinkError("failed", "This is not a host key.", permanent=True) from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def algorithms(host_key: str) -> list[str]:
    """The pinned key's kind first; the others after it, so that a server that lost that key is told as changed."""
    kind = host_key.split()[0]
    own = ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]
    return own + [other for other in HOST_KEYS if other not in own]


def new_key(comment: str) -> tuple[str, str]:
    """A fresh Ed25519 pair: (private key in OpenSSH form, public line)."""
    pair = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    return pair.export_private_key().decode(), pair.export_public_key().decode().strip()
