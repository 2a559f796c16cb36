"""What crosses the wire between a standing lab phone system and its far end, as the carriers and the phones see it.

Read from the far end's side of the wire itself, not from an Asterisk's opinion: a message to a carrier that nobody answers,
or to one that nobody knows, was sent all the same. One JSON object a line in RINGKEEP_HOME/lab/NAME/far-end.log (`Heard`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import re
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

LOG = "far-end.log"
DEVICE = "far"  # as `network.lay` calls it
KEPT = frozenset({"REGISTER", "INVITE", "CANCEL", "BYE", "REFER"})
MOST_BYTES = 16 << 20  # then the log begins anew; the one before is kept
AT_ONCE = 64  # packets, before others have their turn
ROOM_BYTES = 8 << 20  # of packets that wait to be read
LONGEST = 200  # characters of what the other side may choose
# From linux/if_ether.h and linux/if_packet.h
ALL_PROTOCOLS, OUTGOING, SOL_PACKET, PACKET_STATISTICS = 3, 4, 263, 6
FIRST = re.compile(rb"(?:SIP/2\.0 (?P<code>\d{3} [^\r\n]*)|(?P<method>[A-Z]{3,12}) (?P<uri>sips?:[^\s]+) SIP/2\.0)\r\n")
SHORT = {"f": "from", "t": "to", "m": "contact", "i": "call-id"}  # RFC 3261, 7.3.3
URI = re.compile(r"sips?:(?:([^@>;\s]*)@)?")


@dataclass(frozen=True, slots=True)
class Heard:
    """One SIP message. `message`: "REGISTER", or an answer's "200 OK"; `method`: what it belongs to."""

    at: str  # ISO 8601, UTC
    by: str  # who sent it: "phone system" or "far end"
    line: str  # the far end's part in it: a trunk's name, "phones", or an address that is nobody's
    message: str
    method: str
    source: str  # "100.127.255.2:5060"
    target: str
    uri: str  # of a request: whom it is for
    caller: str  # user of From
    called: str  # user of To; of a REGISTER: the account
    contact: str
    expires: int | None  # of a REGISTER and its answer, in seconds; 0: signs off
    call: str  # its Call-ID


@dataclass(slots=True)
class Tap:
    """Reads the wire and writes the log. `lines`: far-end address -> whose it is."""

    log: Path
    lines: Mapping[str, str]
    wire: socket.socket

    @classmethod
    def lay(cls, log: Path, lines: Mapping[str, str]) -> Tap:
        """Begin to listen at once at the far end's side of the wire, in our own network namespace."""
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS))
        wire.setblocking(False)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
        wire.bind((DEVICE, ALL_PROTOCOLS))
        tap = cls(log, lines, wire)
        asyncio.get_running_loop().add_reader(wire, tap.take)
        return tap

    def take(self) -> None:
        """Write down what has come; and that something was missed, if so."""
        heard: list[str] = []
        with contextlib.suppress(BlockingIOError):
            for _ in range(AT_ONCE):
                packet, address = self.wire.recvfrom(65535)
                by = "phone system" if address[2] != OUTGOING else "far end"
                if found := read_packet(packet, by, self.lines):
                    heard.append(json.dumps(asdict(found)))
        _, missed = struct.unpack("II", self.wire.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        if missed:
            heard.append(json.dumps({"at": _now(), "missed": missed}))
        if heard:
            with contextlib.suppress(OSError):  # this machine's disk is full: the phone system stands all the same
                self._write("".join(f"{line}\n" for line in heard))

    def _write(self, text: str) -> None:
        if self.log.exists() and self.log.stat().st_size > MOST_BYTES:
            self.log.replace(self.log.with_name(f"{LOG}.1"))
        with self.log.open("a", encoding="ascii") as file:
            file.write(text)


def read_log(log: Path) -> Iterator[Heard]:
    """What was heard, in order. Raises ValueError where the tap missed something: then nothing is proved by silence."""
    if not log.exists():
        return
    for line in log.read_text("ascii").splitlines():
        record = json.loads(line)
        if "missed" in record:
            raise ValueError(f"{record['missed']} packets were missed before {record['at']}")
        yield Heard(**record)


def read_packet(packet: bytes, by: str, lines: Mapping[str, str]) -> Heard | None:
    """The SIP message in an IP packet, where it is one that is kept. Nothing in it is trusted."""
    with contextlib.suppress(IndexError, struct.error, ValueError):
        source, target, payload = _unwrap(packet)
        first = FIRST.match(payload)
        if first is None:
            return None
        headers = _headers(payload[first.end() :])
        sequence = headers.get("cseq", "").split()
        method = first["method"].decode() if first["method"] else sequence[1]
        if method not in KEPT:
            return None
        far = source if by == "far end" else target
        contact = headers.get("contact", "")
        return Heard(
            at=_now(),
            by=by,
            line=lines.get(far[0], far[0]),
            message=method if first["method"] else first["code"].decode("utf-8", "replace")[:LONGEST],
            method=method,
            source=f"{source[0]}:{source[1]}",
            target=f"{target[0]}:{target[1]}",
            uri=(first["uri"] or b"").decode("utf-8", "replace")[:LONGEST],
            caller=_user(headers.get("from", "")),
            called=_user(headers.get("to", "")),
            contact=contact[:LONGEST],
            expires=_expires(headers, contact) if method == "REGISTER" else None,
            call=headers.get("call-id", "")[:LONGEST],
        )
    return None


def _unwrap(packet: bytes) -> tuple[tuple[str, int], tuple[str, int], bytes]:
    """(source, target, payload) of UDP or TCP over IPv4 (RFC 791) or IPv6 (RFC 8200)."""
    if packet[0] >> 4 == 4:
        length, kind = (packet[0] & 15) * 4, packet[9]
        if struct.unpack_from("!H", packet, 6)[0] & 0x1FFF:
            raise ValueError("a later fragment")
        ends = packet[12:16], packet[16:20]
    else:
        length, kind, ends = 40, packet[6], (packet[8:24], packet[24:40])
    if kind not in (socket.IPPROTO_UDP, socket.IPPROTO_TCP):
        raise ValueError("neither UDP nor TCP")
    ports = struct.unpack_from("!HH", packet, length)
    start = length + (8 if kind == socket.IPPROTO_UDP else (packet[length + 12] >> 4) * 4)
    source, target = ((str(ipaddress.ip_address(end)), port) for end, port in zip(ends, ports, strict=True))
    return source, target, packet[start:]


def _headers(text: bytes) -> dict[str, str]:
    """The first of each header, by its long name in small letters."""
    found: dict[str, str] = {}
    for line in text.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if colon:
            found.setdefault(SHORT.get(name, name), value.strip())
    return found


def _user(address: str) -> str:
    found = URI.search(address)
    return (found[1] or "")[:LONGEST] if found else ""


def _expires(headers: Mapping[str, str], contact: str) -> int | None:
    """RFC 3261, 10.2.1.1: the contact's own, else the header's."""
    own = re.search(r";\s*expires=(\d{1,9})", contact, re.IGNORECASE)
    said = own[1] if own else headers.get("expires", "")
    return int(said) if re.fullmatch(r"[0-9]{1,9}", said) else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
