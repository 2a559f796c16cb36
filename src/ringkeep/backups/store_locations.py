"""Where a repository is: a directory, a folder on an SFTP server, or a bucket of S3."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ringkeep.backups.store_process import Access, StoreError, python
from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence, reason

DIRECTORY, SFTP, S3 = "directory", "sftp", "s3"
REACH_S = 10.0
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Location:
    """One repository's place and what opens it. Secrets stay out of `repr`.

    place: an absolute path; user@host:port/path; http(s)://host:port/bucket/path
    credential: sftp {"key" or "password", "host_key"}; s3 {"key_id", "secret", "region"?}
    """

    kind: str
    place: str
    password: str = field(repr=False)
    credential: dict[str, Any] | None = field(default=None, repr=False)
    append_only: bool = False
    repository_id: str = ""  # restic's own; once known, another or an empty place there is refused


@dataclass(frozen=True, slots=True)
class Sftp:
    """An SFTP place taken apart."""

    user: str
    host: str
    port: int
    path: str


def parsed(address: str) -> tuple[str, str]:
    """(kind, place) of what people type: PATH, sftp://user@host:22/path, s3://host/bucket/path (s3+http:// without TLS).

    Raises `StoreError("bad-location")`, saying what is wrong; a password in the address is refused.
    """
    scheme, found, _ = address.partition("://")
    if not found:
        if not address.startswith("/") or "\0" in address or "\n" in address:
            raise _bad(Sentence("{address} is no absolute path.", {"address": address}))
        return DIRECTORY, str(Path(address))
    parts = urlsplit(address)
    if parts.password:
        raise _bad(Sentence("A password does not belong in an address, where others can read it: it is asked for."))
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _bad(Sentence("{address} has a port that is no number.", {"address": address})) from None
    if not host or not re.fullmatch(r"[A-Za-z0-9_.:-]+", host) or host.startswith("-"):
        raise _bad(Sentence("{address} names no server.", {"address": address}))
    if scheme == SFTP:
        if (
            not parts.username
            or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", parts.username)
            or len(parts.path) < 2
        ):
            raise _bad(Sentence("An SFTP place looks like sftp://USER@HOST:22/FOLDER."))
        return SFTP, f"{parts.username}@{_bracketed(host)}:{port or 22}{unquote(parts.path)}"
    if scheme in ("s3", "s3+http"):
        bucket = parts.path.strip("/").split("/")[0]
        if not BUCKET.fullmatch(bucket):
            raise _bad(Sentence("An S3 place looks like s3://HOST/BUCKET/FOLDER."))
        authority = _bracketed(host) + (f":{port}" if port else "")
        return S3, f"{'http' if scheme == 's3+http' else 'https'}://{authority}/{parts.path.strip('/')}"
    raise _bad(Sentence("A repository is in a directory, on sftp:// or s3://, not {scheme}://.", {"scheme": scheme}))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _bad(why: Sentence) -> StoreError:
    return StoreError("bad-location", why, permanent=True)


def sftp_parts(place: str) -> Sftp:
    """Takes `user@host:port/path` apart. Raises `StoreError("bad-location")`."""
    match = re.fullmatch(r"([^@/]+)@(\[[^\]]+\]|[^:/\[\]]+):(\d{1,5})(/.*)", place)
    if match is None:
        raise _bad(Sentence("An SFTP place looks like USER@HOST:22/FOLDER."))
    return Sftp(match[1], match[2].strip("[]"), int(match[3]), match[4])


def access(location: Location) -> Access:
    """How restic opens it. Raises `StoreError` (bad-location, unreachable)."""
    if location.kind == DIRECTORY:
        return Access(location.place, location.password)
    credential = location.credential or {}
    if location.kind == S3:
        environment = {
            "AWS_ACCESS_KEY_ID": str(credential.get("key_id", "")),
            "AWS_SECRET_ACCESS_KEY": str(credential.get("secret", "")),
        }
        if credential.get("region"):
            environment["AWS_DEFAULT_REGION"] = str(credential["region"])
        return Access(f"s3:{location.place}", location.password, environment)
    if location.kind == SFTP:
        parts = sftp_parts(location.place)
        program = " ".join([shlex.quote(python()), "-m", "ringkeep.links.sftp_pipe", "{fd0}"])
        return Access(
            f"sftp:{parts.user}@{_bracketed(parts.host)}:{parts.path}",
            location.password,
            options=(f"sftp.command={program}",),
            handed=(json.dumps(_login(location)).encode(),),
        )
    raise _bad(Sentence("{kind} is no kind of repository.", {"kind": location.kind}))


def refuse_append_only(location: Location) -> None:
    """Raises `StoreError("append-only")` where nothing may be taken away."""
    if location.append_only:
        raise StoreError(
            "append-only",
            Sentence("The repository {place} is append-only: nothing is taken from it.", {"place": location.place}),
            permanent=True,
        )


def _login(location: Location) -> dict[str, Any]:
    parts = sftp_parts(location.place)
    return {"host": parts.host, "port": parts.port, "user": parts.user, **(location.credential or {})}


def reach(location: Location) -> None:
    """Ask for a connection first: restic itself tries for minutes. Raises `StoreError` (unreachable, refused, host-key-changed)."""
    if location.kind == S3:
        parts = urlsplit(location.place)
        _knock(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    elif location.kind == SFTP:
        from ringkeep.links.sftp_pipe import try_login

        sftp = sftp_parts(location.place)
        _knock(sftp.host, sftp.port)
        try:
            try_login(_login(location))
        except LinkError as error:
            kind = "refused" if error.kind == "refused-login" else error.kind
            raise StoreError(
                kind,
                Sentence("The repository on {server}: {why}.", {"server": f"{sftp.host}:{sftp.port}", "why": error}),
                permanent=error.permanent,
            ) from None


def _knock(host: str, port: int) -> None:
    try:
        with contextlib.closing(socket.create_connection((host, port), timeout=REACH_S)):
            return
    except OSError as error:
        raise StoreError(
            "unreachable",
            Sentence(
                "The server {server} of the repository cannot be reached ({why}). Is it up, and does a firewall let us through?",
                {"server": f"{host}:{port}", "why": reason(error)},
            ),
        ) from None
