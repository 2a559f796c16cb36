"""The sealed network of a drill: two ends of one wire, and nothing else.

The far end lives in our own network namespace, the phone system in another. The far end's side of the wire
owns every address the phone system believes its carriers and phones to have, loopback ones (127.0.0.9)
included; the phone system's side owns the addresses it was configured with. There is no default route: what
is meant for anybody else fails at once with "network is unreachable" instead of waiting.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ringkeep.lab import namespaces
from ringkeep.phonesystem.sentences import Sentence

FAR_ADDRESS = "100.127.255.1"  # carrier-grade NAT space (RFC 6598): nobody's public address
PBX_ADDRESS = "100.127.255.2"
PHONES_ADDRESS = "100.127.254.1"
CARRIER_POOL = ipaddress.ip_network("100.126.0.0/16")  # for carriers whose address is only a name


@dataclass(frozen=True, slots=True)
class Wire:
    """Both ends, as open namespace descriptors."""

    far: int
    pbx: int

    def connect_pbx(self, port: int, timeout_s: float = 5.0) -> socket.socket:
        """A TCP connection to 127.0.0.1:port inside the phone system's namespace.

        A socket belongs to the namespace it was made in, so we step over just to make it.
        """
        namespaces.setns(self.pbx, namespaces.CLONE_NEWNET)
        try:
            return socket.create_connection(("127.0.0.1", port), timeout_s)
        finally:
            namespaces.setns(self.far, namespaces.CLONE_NEWNET)

    def listen_pbx(self, port: int) -> socket.socket:
        """A TCP socket listening on 127.0.0.1:port inside the phone system's namespace."""
        namespaces.setns(self.pbx, namespaces.CLONE_NEWNET)
        try:
            return socket.create_server(("127.0.0.1", port))
        finally:
            namespaces.setns(self.far, namespaces.CLONE_NEWNET)

    def let_loopback_travel(self) -> None:
        """Let 127.x.x.x addresses cross the wire (route_localnet), in both namespaces."""
        for namespace, device in ((self.pbx, "eth0"), (self.far, "far")):
            namespaces.setns(namespace, namespaces.CLONE_NEWNET)
            try:
                Path(f"/proc/sys/net/ipv4/conf/{device}/route_localnet").write_text("1")
            finally:
                namespaces.setns(self.far, namespaces.CLONE_NEWNET)


def lay(pbx_addresses: Iterable[str], far_addresses: Iterable[str]) -> Wire:
    """Make the phone system's namespace and the wire; must run inside `namespaces.run_sealed`."""
    far = os.open("/proc/self/ns/net", os.O_RDONLY)
    namespaces.unshare(namespaces.CLONE_NEWNET)
    pbx = os.open("/proc/self/ns/net", os.O_RDONLY)
    namespaces.setns(far, namespaces.CLONE_NEWNET)
    wire = Wire(far, pbx)
    _ip(wire.pbx, ["link add eth0 type veth peer name far netns 1"])
    wire.let_loopback_travel()
    theirs = sorted({*far_addresses, PHONES_ADDRESS} - {FAR_ADDRESS})
    ours = sorted({*pbx_addresses} - {PBX_ADDRESS, *theirs, FAR_ADDRESS, "127.0.0.1", "::1"})
    _ip(wire.far, [
        "link set lo up", f"address add {FAR_ADDRESS}/30 dev far", "link set far up",
        *(f"address add {_host(a)} dev far{_at_once(a)}" for a in theirs),
        *(f"route add {_host(a)} dev far" for a in ours),
    ])  # fmt: skip
    _ip(wire.pbx, [
        "link set lo up", f"address add {PBX_ADDRESS}/30 dev eth0", "link set eth0 up",
        # 127.0.0.0/8 as a whole is local by default; only 127.0.0.1 may be, or carriers at 127.0.0.9 would be us.
        "address del 127.0.0.1/8 dev lo", "address add 127.0.0.1/32 dev lo",
        *(f"address add {_host(a)} dev eth0{_at_once(a)}" for a in ours),
        *(f"route add {_host(a)} via {FAR_ADDRESS} dev eth0" for a in theirs if ":" not in a),
        *(f"route add {_host(a)} dev eth0" for a in theirs if ":" in a),
    ])  # fmt: skip
    return wire


def _host(address: str) -> str:
    return f"{address}/128" if ":" in address else f"{address}/32"


def _at_once(address: str) -> str:
    """IPv6 would first ask around for a second for a duplicate."""
    return " nodad" if ":" in address else ""


def _ip(namespace: int, lines: list[str]) -> None:
    """Run `ip -batch` in a namespace; raises `NoNamespaces` with ip's words when it refuses."""
    done = subprocess.run(
        ["nsenter", f"--net=/proc/self/fd/{namespace}", "ip", "-batch", "-"],
        input="\n".join(lines), capture_output=True, text=True, pass_fds=(namespace,), check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise namespaces.NoNamespaces(
            Sentence("The sealed network could not be made: {said}", {"said": done.stderr.strip()})
        )
