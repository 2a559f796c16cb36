"""What asyncssh and the system raise, as `LinkError`: in words of ours, without secrets."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import asyncssh

from ringkeep.links import LinkError
from ringkeep.links.host_keys import fingerprint
from ringkeep.phonesystem.sentences import REASONS, Sentence, verbatim

if TYPE_CHECKING:
    from ringkeep.links.ssh import Target


@contextlib.contextmanager
def as_link_errors(target: Target) -> Iterator[None]:
    """Turn what asyncssh and the system raise into `LinkError`."""
    try:
        yield
    except TimeoutError as error:
        raise LinkError(
            "timeout", Sentence("{address} took too long to answer.", {"address": target.address})
        ) from error
    except asyncssh.HostKeyNotVerifiable as error:
        pinned = fingerprint(target.host_key) if target.host_key else "none"
        raise LinkError(
            "host-key-changed",
            Sentence(
                "{address} shows another host key than the pinned one ({pinned}).",
                {"address": target.address, "pinned": pinned},
            ),
            permanent=True,
        ) from error
    except asyncssh.PermissionDenied as error:
        raise LinkError(
            "refused-login",
            _refused(target),
            permanent=True,
        ) from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise LinkError(  # without its cause: what a library says of a key may quote it
            "refused-login",
            Sentence(
                "The key for {address} cannot be read: it must be a private key in OpenSSH or PEM form "
                "without a passphrase.",
                {"address": target.address},
            ),
            permanent=True,
        ) from None
    except (asyncssh.ConnectionLost, ConnectionResetError, BrokenPipeError, EOFError) as error:
        raise LinkError("cut", Sentence("The connection to {address} was cut.", {"address": target.address})) from error
    except asyncssh.KeyExchangeFailed as error:
        raise LinkError(
            "failed",
            _too_old(target, error),
            permanent=True,
        ) from error  # fmt: skip
    except asyncssh.ChannelOpenError as error:
        if str(error) == "SSH connection closed":  # asyncssh's own words; with the code of a refused forwarding
            raise LinkError(
                "cut", Sentence("The connection to {address} was cut.", {"address": target.address})
            ) from error
        if target.jump and error.code == asyncssh.OPEN_CONNECT_FAILED:
            raise LinkError(
                "unreachable",
                Sentence(
                    "{address} cannot be reached from {jump}: {why}.",
                    {"address": target.address, "jump": target.jump.address, "why": last_line(str(error))},
                ),
            ) from error
        if target.jump and error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            raise LinkError(
                "failed", Sentence("{jump} forwards nothing to {address}: {why}.", {"address": target.address, "jump": target.jump.address, "why": last_line(str(error))}),
                permanent=True,
            ) from error  # fmt: skip
        raise LinkError(
            "failed",
            Sentence(
                "{address} lets us run nothing: {why}.", {"address": target.address, "why": last_line(str(error))}
            ),
            permanent=True,
        ) from error
    except (OSError, asyncssh.Error) as error:
        raise LinkError(
            "unreachable",
            Sentence("{address} cannot be reached: {why}.", {"address": target.address, "why": _why(error)}),
        ) from error


def _too_old(target: Target, error: Exception) -> Sentence:
    values = {"address": target.address, "why": last_line(str(error))}
    if target.old:
        return Sentence("{address} knows only kinds of SSH that are no longer safe ({why}).", values)
    return Sentence(
        "{address} knows only kinds of SSH that are no longer safe ({why}). Where the server cannot be brought up to date "
        "(CentOS 5 or 6), reach it through a VPN and enrol it with --old-ssh.",
        values,
    )


def _refused(target: Target) -> Sentence:
    values = {"address": target.address}
    if target.key:
        return Sentence(
            "{address} refuses the login with this key. Is its public half in the account's ~/.ssh/authorized_keys there?",
            values,
        )
    return Sentence("{address} refuses the login with this password.", values)


def _why(error: Exception) -> Sentence:
    if isinstance(error, socket.gaierror):
        return Sentence("its name is not known here")
    if isinstance(error, OSError) and (error.errno or 0) > 0:  # asyncio's own words repeat the address
        return REASONS.get(error.errno or 0, verbatim(os.strerror(error.errno or 0)))
    return verbatim(last_line(str(error)))


def last_line(text: str) -> str:
    """The last line of a text, cut, without steering characters."""
    lines = [line for line in text.splitlines() if line.strip()]
    return "".join(
        letter if letter.isprintable() else "?" for letter in (lines[-1] if lines else "no reason given")[:300]
    )
