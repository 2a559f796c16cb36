"""The lab of one drill: a memory disk, the sealed network, and the Asterisks that run in it.

Only inside `namespaces.run_sealed`: everything made here vanishes with those namespaces.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ringkeep.asterisk.conf import Files
from ringkeep.lab import image as images
from ringkeep.lab import names, namespaces, network, shelf
from ringkeep.lab.agi import PORT, ScriptService
from ringkeep.lab.image import Image
from ringkeep.lab.sandbox import Limits, missing_tools
from ringkeep.lab.server import Server
from ringkeep.lab.tree import prepare
from ringkeep.phonesystem.sentences import Sentence, Told, reason

DISK_FLAGS = namespaces.MS_NOSUID | namespaces.MS_NODEV
INODES = 600_000  # each takes memory too
MOST_RESTORED_BYTES = 2 << 30


class LabError(Told):
    """The lab cannot be had on this machine; the message says what to do."""


def workplace() -> Path:
    """The folder over which the memory disk is mounted, in our own mount namespace only."""
    place = Path("/run/ringkeep") if os.geteuid() == 0 and os.access("/run", os.W_OK) else images.cache_dir() / "lab"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            Sentence(
                "The lab needs the folder {place}, which cannot be made: {why}.",
                {"place": place, "why": reason(error)},
            )
        ) from error
    return place


class Lab:
    """Build with `Lab.open`, choose an image with `use`, add servers; nothing needs closing."""

    def __init__(self, place: Path, limits: Limits) -> None:
        self.place, self.limits = place, limits
        self.wire: network.Wire | None = None
        self.names: names.NameServer | None = None
        self._image: Image | None = None

    @classmethod
    def open(cls, limits: Limits | None = None) -> Lab:
        """Mount the memory disk that everything else is on."""
        limits = limits or Limits()
        if lacking := missing_tools():
            raise LabError(
                Sentence("Programs are missing: {names}. As root: make setup.", {"names": ", ".join(lacking)})
            )
        place = workplace()
        namespaces.mount("tmpfs", place, "tmpfs", DISK_FLAGS, f"mode=755,size={limits.disk_bytes}")
        return cls(place, limits)

    def use(self, image: Image) -> None:
        """Bring an image into reach of the sandbox's user, who may not enter our home folder; it is not deleted meanwhile."""
        if shelf.hold(image.root.parent) is None:  # held until this process ends
            raise LabError(
                Sentence(
                    "The image of Asterisk {version} was replaced at this very moment: try again.",
                    {"version": image.version},
                )
            )
        (self.place / "image").mkdir()
        namespaces.mount(str(image.root), self.place / "image", None, namespaces.MS_BIND)
        self._image = replace(image, root=self.place / "image")

    @property
    def image(self) -> Image:
        """The image in use."""
        if self._image is None:
            raise RuntimeError("an image comes first")
        return self._image

    def folder(self, name: str) -> Path:
        """A fresh memory disk; large, for what is put there, until a server is prepared in it."""
        path = self.place / name
        path.mkdir()
        namespaces.mount("tmpfs", path, "tmpfs", DISK_FLAGS, f"mode=755,nr_inodes={INODES},size={_room_bytes()}")
        return path

    def _close_disk(self, path: Path) -> None:
        """From now on only `Limits.disk_bytes` more may be written to the memory disk that a path is on."""
        while not path.is_mount():
            path = path.parent
        disk = os.statvfs(path)
        size = (disk.f_blocks - disk.f_bfree) * disk.f_frsize + self.limits.disk_bytes
        namespaces.mount(
            "tmpfs", path, "tmpfs", DISK_FLAGS | namespaces.MS_REMOUNT, f"mode=755,nr_inodes={INODES},size={size}"
        )

    async def wire_up(
        self, pbx_addresses: Iterable[str], far_addresses: Iterable[str], hosts: Mapping[str, str]
    ) -> None:
        """Lay the network and start the name service; `hosts` maps carriers' names to far-end addresses."""
        self.wire = network.lay(pbx_addresses, far_addresses)
        self.names = await names.serve(network.FAR_ADDRESS, hosts)
        lines = ["127.0.0.1 localhost phone-system far-end", *(f"{address} {name}" for name, address in hosts.items())]
        (self.place / "hosts").write_text("\n".join(lines) + "\n")
        (self.place / "resolv.conf").write_text(f"nameserver {network.FAR_ADDRESS}\noptions timeout:1 attempts:1\n")

    async def play_scripts(self, database: Mapping[str, str]) -> ScriptService:
        """Answer the FastAGI requests that a product's own service would answer; `database` is the restored astdb."""
        if self.wire is None:
            raise RuntimeError("the network comes first")
        service = ScriptService(database)
        await service.start(self.wire.listen_pbx(PORT))
        return service

    def server(self, name: str, root: Path, files: Files, *, far: bool) -> Server:
        """Prepare a tree and return the server that boots from it, not yet started."""
        if self.wire is None:
            raise RuntimeError("the network comes first")
        wire, secret = self.wire, secrets.token_hex(16)
        tree = prepare(root, files, self.image, secret)
        self._close_disk(root)
        return Server(
            name=name, tree=tree, image=self.image,
            network=wire.far if far else wire.pbx, secret=secret,
            connect=_connect_here if far else wire.connect_pbx, limits=self.limits,
            hosts=self.place / "hosts", resolver=self.place / "resolv.conf",
        )  # fmt: skip


def _connect_here(port: int, timeout_s: float) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout_s)


def _room_bytes() -> int:
    """What may be restored to a memory disk: half of the memory that is free, within reason."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return max(256 << 20, min(MOST_RESTORED_BYTES, int(line.split()[1]) * 1024 // 2))
    return 512 << 20
