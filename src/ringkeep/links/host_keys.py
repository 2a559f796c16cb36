"""Host keys and our own: "ssh-ed25519 AAAA..." as a line, and what is said of them."""

from __future__ import annotations

import base64
import hashlib

import asyncssh

from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence

HOST_KEYS = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256",
)  # fmt: skip

OLD_HOST_KEY = "ssh-rsa"  # signed with SHA-1
# What asyncssh takes by itself, without what rests on SHA-1 (RFC 9142).
KEX = (
    "mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org", "curve448-sha512", "ecdh-sha2-nistp521",
    "ecdh-sha2-nistp384", "ecdh-sha2-nistp256", "diffie-hellman-group-exchange-sha256", "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512",
)  # fmt: skip
OLD_KEX = ("diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1")
# asyncssh would begin with ChaCha20, which costs a probe and a fetch a fifth more of our processor time.
CIPHERS = (
    "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr", "aes192-ctr",
    "aes128-ctr",
)  # fmt: skip


def exchanges(old: bool) -> list[str]:
    """Key exchanges; with `old` those of OpenSSH 4 and 5, too (CentOS 5 and 6: Elastix, FreePBX 2)."""
    return [*KEX, *(OLD_KEX if old else ())]


def host_keys(old: bool) -> list[str]:
    """Kinds of host keys that may be shown."""
    return [*HOST_KEYS, *([OLD_HOST_KEY] if old else [])]


def fingerprint(host_key: str) -> str:
    """SHA256:... of a host key's line, as ssh-keygen prints it. Raises `LinkError`."""
    try:
        blob = base64.b64decode(host_key.split()[1], validate=True)
    except (IndexError, ValueError) as error:
        raise LinkError(
            "failed", Sentence("This is not a host key: it must be a line like ssh-ed25519 AAAA..."), permanent=True
        ) from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def algorithms(host_key: str, old: bool = False) -> list[str]:
    """The pinned key's kind first; the others after it, so that a server that lost that key is told as changed."""
    kind = host_key.split()[0]
    own = ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]
    return own + [other for other in host_keys(old) if other not in own]


def new_key(comment: str, old: bool = False) -> tuple[str, str]:
    """A fresh Ed25519 pair: (private key in OpenSSH form, public line). With `old` an RSA one: OpenSSH 6.5 is the first
    that knows Ed25519."""
    pair = (
        asyncssh.generate_private_key("ssh-rsa", comment=comment, key_size=3072)
        if old
        else asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    )
    return pair.export_private_key().decode(), pair.export_public_key().decode().strip()
