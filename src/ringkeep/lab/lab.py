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
from ringkeep.lab import names, namespaces, network
from ringkeep.lab.image import Image
from ringkeep.lab.sandbox import Limits, missing_tools
from ringkeep.lab.server import Server
from ringkeep.lab.tree import prepare


class LabError(RuntimeError):
    """The lab cannot be had on this machine; the message says what to do."""


def workplace() -> Path:
    """The folder over which the memory disk is mounted, in our own mount namespace only."""
    place = Path("/run/ringkeep") if os.geteuid() == 0 and os.access("/run", os.W_OK) else images.cache_dir() / "lab"
    place.mkdir(parents=True, exist_ok=True)
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
        """Mount the memory disk."""
        limits = limits or Limits()
        if lacking := missing_tools():
            raise LabError(f"Missing programs: {', '.join(lacking)}. As root: make setup.")
        place = workplace()
        options = f"mode=755,size={limits.disk_bytes}"
        namespaces.mount("tmpfs", place, "tmpfs", namespaces.MS_NOSUID | namespaces.MS_NODEV, options)
        return cls(place, limits)

    def use(self, image: Image) -> None:
        """Bring an image into reach of the sandbox's user, who may not enter our home folder."""
        (self.place / "image").mkdir()
        namespaces.mount(str(image.root), self.place / "image", None, namespaces.MS_BIND)
        self._image = replace(image, root=self.place / "image")

    @property
    def image(self) -> Image:
        """The image in use."""
        if self._image is None:
            raise LabError("an image comes first")
        return self._image

    def folder(self, name: str) -> Path:
        """A fresh folder on the memory disk."""
        path = self.place / name
        path.mkdir()
        return path

    async def wire_up(
        self, pbx_addresses: Iterable[str], far_addresses: Iterable[str], hosts: Mapping[str, str]
    ) -> None:
        """Lay the network and start the name service; `hosts` maps carriers' names to far-end addresses."""
        self.wire = network.lay(pbx_addresses, far_addresses)
        self.names = await names.serve(network.FAR_ADDRESS, hosts)
        lines = ["127.0.0.1 localhost phone-system far-end", *(f"{address} {name}" for name, address in hosts.items())]
        (self.place / "hosts").write_text("\n".join(lines) + "\n")
        (self.place / "resolv.conf").write_text(f"nameserver {network.FAR_ADDRESS}\noptions timeout:1 attempts:1\n")

    def server(self, name: str, root: Path, files: Files, *, far: bool) -> Server:
        """Prepare a tree and return the server that boots from it, not yet started."""
        if self.wire is None:
            raise LabError("the network comes first")
        wire, secret = self.wire, secrets.token_hex(16)
        return Server(
            name=name, tree=prepare(root, files, self.image, secret), image=self.image,
            network=wire.far if far else wire.pbx, secret=secret,
            connect=_connect_here if far else wire.connect_pbx, limits=self.limits,
            hosts=self.place / "hosts", resolver=self.place / "resolv.conf",
        )  # fmt: skip


def _connect_here(port: int, timeout_s: float) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout_s)
