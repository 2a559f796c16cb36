"""Runs a coroutine inside the lab's sealed namespaces and brings its result, or its exception, back to the test."""

from __future__ import annotations

import asyncio
import pickle
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from ringkeep.lab import image as images
from ringkeep.lab import namespaces
from ringkeep.lab.farend import FarEnd
from ringkeep.lab.farend import files as far_files
from ringkeep.lab.lab import Lab
from ringkeep.lab.server import Server

Result = TypeVar("Result")
NO_CARRIERS = FarEnd((), (), (), (), {})


def sealed(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run `work` as process 1 of new namespaces; what it returns must be picklable."""
    with tempfile.NamedTemporaryFile() as answer:

        def inside() -> int:
            try:
                result = (True, asyncio.run(_awaited(work)))
            except BaseException:
                result = (False, traceback.format_exc())
            Path(answer.name).write_bytes(pickle.dumps(result))
            return 0

        code = namespaces.run_sealed(inside)
        raw = Path(answer.name).read_bytes()
    if not raw:
        raise AssertionError(f"the sealed process ended with {code} and no result")
    good, value = pickle.loads(raw)
    if not good:
        raise AssertionError(value)
    return value


async def _awaited(work: Callable[[], Awaitable[Result]]) -> Result:
    return await work()


def lab(version: int = 22) -> Lab:
    """A lab on the image of that version; the image is built by `make test` beforehand."""
    image = images.find(version)
    assert image is not None, f"no lab image for Asterisk {version}: ringkeep lab build {version}"
    opened = Lab.open()
    opened.use(image)
    return opened


def lay_out(root: Path, files: dict[str, bytes]) -> None:
    """Write files under a root."""
    for path, content in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


MODULES = b"[modules]\nautoload=yes\nnoload=chan_iax2.so\n"


async def boot(opened: Lab, files: dict[str, bytes], end: FarEnd = NO_CARRIERS) -> tuple[Server, Server]:
    """Boot a phone system from `files` and a far end; both ready."""
    files = {"/etc/asterisk/modules.conf": MODULES, **files}
    await opened.wire_up(end.pbx_addresses, end.addresses, end.hosts)
    servers = []
    for name, content, far in (("far end", far_files(end), True), ("phone system", files, False)):
        root = opened.folder(name.split()[0])
        lay_out(root, content)
        server = opened.server(name, root, content, far=far)
        server.start()
        servers.append(server)
    await servers[0].ready()
    await servers[1].ready()
    return servers[1], servers[0]
