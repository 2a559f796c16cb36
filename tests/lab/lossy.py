"""A wire that loses and delays packets, for real TCP over it: `python -m tests.lab.lossy PORT LOST DELAY_S`.

                   network namespace A        here         network namespace B
    ssh client --> tun 10.99.0.1  <--- this process ---> tun 10.99.0.2:22 --> relayed to 127.0.0.1:PORT of this machine

Linux's own netem and nft's `numgen` would do as much, where the kernel has the one and the machine the other. LOST: every
so manieth packet is dropped; DELAY_S: each way. Prints one JSON line when it is ready and one when SIGTERM ends it.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys

from ringkeep.lab import namespaces
from ringkeep.standing.supervisor import _relay

OURS, THEIRS, PORT = "10.99.0.1", "10.99.0.2", 22
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h


class Wire:
    """Two ends; what goes in at one comes out at the other, mostly, and later."""

    def __init__(self, ends: tuple[int, int], lost: int, delay_s: float) -> None:
        self.lost, self.delay_s = lost, delay_s
        self.passed = self.dropped = 0
        loop = asyncio.get_running_loop()
        for end, other in (ends, ends[::-1]):
            loop.add_reader(end, self.carry, end, other)

    def carry(self, end: int, other: int) -> None:
        """One packet."""
        packet = os.read(end, 65535)
        if packet[0] >> 4 != 4:
            return  # IPv6 looking for neighbours
        self.passed += 1
        if self.passed % self.lost == 0:
            self.dropped += 1
            return
        asyncio.get_running_loop().call_later(self.delay_s, os.write, other, packet)


def lay_end(address: str, peer: str) -> tuple[int, int]:
    """A network namespace with one end of the wire in it: descriptors of both. This process is in it from now on."""
    namespaces.unshare(namespaces.CLONE_NEWNET)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
    lines = f"link set lo up\naddress add {address} peer {peer} dev wire\nlink set wire up\n"
    subprocess.run(["ip", "-batch", "-"], input=lines, text=True, check=True)
    return os.open("/proc/self/ns/net", os.O_RDONLY), device


async def main() -> None:
    """Until SIGTERM."""
    port, lost, delay_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    client, near = lay_end(OURS, THEIRS)
    _, far = lay_end(THEIRS, OURS)
    listening = socket.create_server((THEIRS, PORT))
    namespaces.setns(here, namespaces.CLONE_NEWNET)

    async def take(listening: socket.socket) -> None:
        relays = set()
        listening.setblocking(False)
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listening)
            relays.add(asyncio.create_task(_relay(connection, socket.create_connection(("127.0.0.1", port)))))

    wire, ended = Wire((near, far), lost, delay_s), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    taking = asyncio.create_task(take(listening))
    print(json.dumps({"net": f"/proc/{os.getpid()}/fd/{client}", "host": THEIRS, "port": PORT}), flush=True)
    await ended.wait()
    taking.cancel()
    print(json.dumps({"passed": wire.passed, "dropped": wire.dropped}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
