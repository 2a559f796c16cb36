"""What rsync starts in place of `ssh`: hands its command to the Ringkeep process that holds the connection.

`python pipe.py SOCKET HOST COMMAND...`. Over the socket: one JSON line with the command, then standard input as it comes;
back come frames of one letter (o: output, e: error output, x: exit code) and a length of four bytes. Only the standard
library, so that it starts quickly.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading


def main() -> int:
    """The remote command's exit code; 255 when the connection broke, as ssh has it."""
    for descriptor in (0, 1, 2):
        os.set_blocking(descriptor, True)  # rsync leaves them otherwise
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.connect(sys.argv[1])
        wire.sendall(json.dumps(" ".join(sys.argv[3:])).encode() + b"\n")
        threading.Thread(target=_upward, args=(wire,), daemon=True).start()
        with wire.makefile("rb") as answers:
            while len(head := answers.read(5)) == 5:
                body = answers.read(int.from_bytes(head[1:], "big"))
                if head[:1] == b"x":
                    return int.from_bytes(body, "big")
                _write(1 if head[:1] == b"o" else 2, body)
    return 255


def _upward(wire: socket.socket) -> None:
    try:
        while piece := os.read(0, 1 << 16):
            wire.sendall(piece)
        wire.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the far side has ended; its exit code comes the other way


def _write(descriptor: int, body: bytes) -> None:
    while body:
        body = body[os.write(descriptor, body) :]


if __name__ == "__main__":
    try:
        code = main()
    except OSError:
        code = 255
    os._exit(code)
