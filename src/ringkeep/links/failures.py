"""What asyncssh and the system raise, as `LinkError`: in words of ours, without secrets."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import asyncssh

from ringkeep.links import LinkError
from ringkeep.links.host_keys import fingerprint

if TYPE_CHECKING:
    from ringkeep.links.ssh import Target


@contextlib.contextmanager
def as_link_errors(target: Target) -> Iterator[None]:
    """Turn what asyncssh and the system raise into `LinkError`."""
    try:
        yield
    except TimeoutError as error:
        raise LinkError("timeout", f"{target.address} took too long to answer.") from error
    except asyncssh.HostKeyNotVerifiable as error:
        pinned = fingerprint(target.host_key) if target.host_key else "none"
        raise LinkError(
            "host-key-changed",
            f"{target.address} shows another host key than the pinned one ({pinned}).",
            permanent=True,
        ) from error
    except asyncssh.PermissionDenied as error:
        raise LinkError(
            "refused-login",
            f"{target.address} refuses the login with this {'key' if target.key else 'password'}."
            + (" Is its public half in the account's ~/.ssh/authorized_keys there?" if target.key else ""),
            permanent=True,
        ) from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise LinkError(  # without its cause: what a library says of a key may quote it
            "refused-login",
            f"The key for {target.address} cannot be read: it must be a private key in OpenSSH or PEM form without a passphrase.",
            permanent=True,
        ) from None
    except (asyncssh.ConnectionLost, ConnectionResetError, BrokenPipeError, EOFError) as error:
        raise LinkError("cut", f"The connection to {target.address} was cut.") from error
    except asyncssh.KeyExchangeFailed as error:
        raise LinkError(
            "failed", f"{target.address} knows only kinds of SSH that are no longer safe ({last_line(str(error))}).",
            permanent=True,
        ) from error  # fmt: skip
    except asyncssh.ChannelOpenError as error:
        if str(error) == "SSH connection closed":  # asyncssh's own words; with the code of a refused forwarding
            raise LinkError("cut", f"The connection to {target.address} was cut.") from error
        if target.jump and error.code == asyncssh.OPEN_CONNECT_FAILED:
            raise LinkError(
                "unreachable",
                f"{target.address} cannot be reached from {target.jump.address}: {last_line(str(error))}.",
            ) from error
        if target.jump and error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            raise LinkError(
                "failed", f"{target.jump.address} forwards nothing to {target.address}: {last_line(str(error))}.",
                permanent=True,
            ) from error  # fmt: skip
        raise LinkError(
            "failed", f"{target.address} lets us run nothing: {last_line(str(error))}.", permanent=True
        ) from error
    except (OSError, asyncssh.Error) as error:
        raise LinkError("unreachable", f"{target.address} cannot be reached: {_why(error)}.") from error


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and (error.errno or 0) > 0:  # asyncio's own words repeat the address
        return os.strerror(error.errno or 0)
    return last_line(str(error))


def last_line(text: str) -> str:
    """The last line of a text, cut, without steering characters."""
    lines = [line for line in text.splitlines() if line.strip()]
    return "".join(
        letter if letter.isprintable() else "?" for letter in (lines[-1] if lines else "no reason given")[:300]
    )
