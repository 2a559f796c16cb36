"""The sealed network's name service: the carriers' names, and a quick "no such name" for all others.

PJSIP asks DNS itself and does not look into /etc/hosts, so the lab needs a server. Every question is kept:
what a restored system asks for is evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

from dnslib import QTYPE, RCODE, RR, A, DNSError, DNSRecord  # type: ignore[import-untyped]


class NameServer(asyncio.DatagramProtocol):
    """Answers A questions from a table; `asked` lists every question once, in order."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = {name.lower().rstrip("."): address for name, address in addresses.items()}
        self._transport: asyncio.DatagramTransport | None = None
        self.asked: dict[str, None] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        try:
            question = DNSRecord.parse(data)
        except DNSError:
            return
        reply = question.reply()
        name = str(question.q.qname).lower().rstrip(".")
        kind = QTYPE[question.q.qtype]
        self.asked[f"{kind} {name}"] = None
        if name not in self._addresses:
            reply.header.rcode = RCODE.NXDOMAIN
        elif kind == "A":
            reply.add_answer(RR(question.q.qname, QTYPE.A, rdata=A(self._addresses[name]), ttl=60))
        if self._transport:
            self._transport.sendto(reply.pack(), peer)


async def serve(address: str, addresses: Mapping[str, str]) -> NameServer:
    """Start answering on `address`:53 in the current network namespace."""
    loop = asyncio.get_running_loop()
    _, server = await loop.create_datagram_endpoint(lambda: NameServer(addresses), local_addr=(address, 53))
    return server
