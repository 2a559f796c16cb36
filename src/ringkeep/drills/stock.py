"""What a stock boot of an image says in its log: kept with the image, so that only a system's own words count."""

from __future__ import annotations

import json
from pathlib import Path

from ringkeep.drills.logs import normal_form
from ringkeep.lab.image import Image
from ringkeep.lab.lab import Lab

CONFIGURATIONS: dict[str, dict[str, bytes]] = {
    # With nothing configured, every optional file is missing.
    "empty": {"/etc/asterisk/modules.conf": b"[modules]\nautoload=yes\n"},
    # With the one transport every SIP system has, the modules that depend on it load.
    "transport": {
        "/etc/asterisk/modules.conf": b"[modules]\nautoload=yes\n",
        "/etc/asterisk/pjsip.conf": b"[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n",
        "/etc/asterisk/extensions.conf": b"[default]\n",
        "/etc/asterisk/sip.conf": b"[general]\nbindport=5061\n",
    },
}


def known(image: Image) -> frozenset[str] | None:
    """The stock lines of an image in normal form; None when no stock boot was recorded yet."""
    try:
        return frozenset(json.loads(_file(image).read_text()))
    except (FileNotFoundError, ValueError):
        return None


async def record(lab: Lab, image: Image) -> frozenset[str]:
    """Boot the image with stock configurations and keep what it says. `image` is as `images.find` gave it."""
    debian = {f"/etc/asterisk/{p.name}": p.read_bytes() for p in (lab.image.root / "etc/asterisk").glob("*.conf")}
    lines: set[str] = set()
    for name, files in {**CONFIGURATIONS, "debian": debian}.items():
        root = lab.folder(f"stock-{name}")
        write_files(root, files)
        server = lab.server(f"stock {name}", root, files, far=False)
        server.start()
        try:
            await server.ready()
            lines |= {normal_form(line) for line in server.log()}
        finally:
            await server.stop()
    place = _file(image)
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(sorted(lines), indent=0))
    fresh.rename(place)
    return frozenset(lines)


def write_files(root: Path, files: dict[str, bytes]) -> None:
    """Lay out configuration files under a root."""
    for path, content in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _file(image: Image) -> Path:
    return image.root.parent / "stock.json"
