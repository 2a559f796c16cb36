"""Lab images: real Asterisk from Debian's packages, unpacked once into the user's cache (`shelf` says where).

An image is a Debian root with Asterisk, its modules and core sounds, and what restored systems run from
their dialplan (php, perl, sox, curl). `manifest.json` beside it records every package with its version and
the hashes, so that a verdict can say exactly what it was proved on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ringkeep.lab import shelf
from ringkeep.lab.shelf import cache_dir
from ringkeep.phonesystem.sentences import Sentence, Told

__all__ = ["Image", "ImageError", "at", "build", "cache_dir", "find", "held", "installed", "remove", "sweep"]

Progress = Callable[[str, float], None]  # (what is being done, fraction 0..1)

PACKAGES = "asterisk asterisk-modules asterisk-core-sounds-en asterisk-moh-opsound-gsm asterisk-mp3 ca-certificates php-cli perl sox curl"
# What a lab phone system that stands for days (`ringkeep lab up`) has besides, as a real server would.
SERVER_PACKAGES = "openssh-server rsync sudo sqlite3 procps iproute2"
# suite that carries the version, and what only it splits off or names so; FreePBX keeps its settings in MariaDB
RECIPES = {
    16: ("bullseye", "asterisk-voicemail mariadb-server-core-10.5 mariadb-client-10.5"),
    22: ("forky", "mariadb-server-core mariadb-client mariadb-client-compat"),
}
# Programs of MariaDB that no phone system calls, 5 MB each
LEFT_OUT = "binlog conv import migrate-config-file plugin show slap tzinfo-to-sql upgrade waitpid"
# files in /etc that a sandbox gets its own of
BOUND_OVER = ("hosts", "resolv.conf", "odbc.ini", "odbcinst.ini", "freepbx.conf", "amportal.conf", "issabelpbx.conf")
# stage lines of mmdebstrap, with the share of the time that has passed when they appear
STAGES = {
    "running apt-get update": 0.02,
    "downloading packages": 0.08,
    "extracting archives": 0.25,
    "installing essential": 0.40,
    "installing remaining": 0.55,
    "cleaning package lists": 0.95,
}


class ImageError(Told):
    """An image is missing or could not be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Image:
    """One built image."""

    version: int  # major version: 16 or 22
    asterisk: str  # full version, "22.10.1"
    root: Path
    module_dir: str  # inside the image: "/usr/lib/x86_64-linux-gnu/asterisk/modules"
    suite: str
    built_at: str
    packages_sha256: str  # over "name version" lines, sorted
    asterisk_sha256: str  # of /usr/sbin/asterisk
    recipe: str = ""  # what it was made from; another recipe makes another image

    def modules(self) -> list[str]:
        """File names of the modules it brings, "app_dial.so", sorted."""
        return sorted(p.name for p in (self.root / self.module_dir.lstrip("/")).glob("*.so"))

    def paths(self) -> Iterator[str]:
        """Every path under /usr/share/asterisk and the module directory, as seen inside."""
        for top in (self.root / "usr/share/asterisk", self.root / self.module_dir.lstrip("/")):
            for folder, _, names in os.walk(top, followlinks=True):
                inside = "/" + os.path.relpath(folder, self.root)
                for name in names:
                    yield f"{inside}/{name}"


def find(version: int) -> Image | None:
    """The built image of that major version, or None. It stays where it is for as long as somebody holds it (`held`)."""
    while place := shelf.current(version):
        if (image := at(place)) or shelf.current(version) == place:
            return image
    return None


def at(place: Path) -> Image | None:
    """The image in that folder; None where there is none, or one that was made from another recipe."""
    try:
        record = json.loads((place / "manifest.json").read_text())
        record.pop("packages", None)
        if record.get("recipe") != _recipe(record["version"]):
            return None  # of an older Ringkeep: what is needed now may not be in it
        return Image(root=place / "root", **record)
    except (OSError, ValueError, TypeError, AttributeError, KeyError):  # or no manifest of ours at all
        return None


@contextmanager
def held(version: int) -> Iterator[Image | None]:
    """`find` it, and keep it from being deleted meanwhile."""
    descriptor = None
    while (image := find(version)) and (descriptor := shelf.hold(image.root.parent)) is None:
        pass  # replaced between the two
    try:
        yield image
    finally:
        if descriptor is not None:
            os.close(descriptor)


def installed() -> list[Image]:
    """All built images, oldest Asterisk first."""
    return [image for version in sorted(RECIPES) if (image := find(version))]


def remove(version: int) -> tuple[bool, bool]:
    """Delete an image: (there was one, something still uses it). What is used goes when nothing uses it any more.

    Raises `ImageError` while one is being built.
    """
    try:
        with shelf.building(version):
            was_there = shelf.take_off(version)
            return was_there, bool(shelf.sweep(version))
    except shelf.BeingBuilt:
        says = Sentence("An image of Asterisk {version} is being built; wait for it, or end it.", {"version": version})
        raise ImageError(says) from None


def sweep() -> None:
    """Delete images that were replaced or removed while something used them, and what killed builds left."""
    for version in RECIPES:
        with contextlib.suppress(OSError, shelf.BeingBuilt), shelf.building(version):
            shelf.sweep(version)


def build(version: int, progress: Progress) -> Image:
    """Make the image of that major version; whatever was there before is replaced only on success.

    Raises `ImageError` with the reason and the last lines of the builder's own words.
    """
    if version not in RECIPES:
        known = ", ".join(str(v) for v in RECIPES)
        raise ImageError(
            Sentence(
                "There is no recipe for Asterisk {version}; there are recipes for {known}.",
                {"version": version, "known": known},
            )
        )
    for tool in ("mmdebstrap", "tar"):
        if shutil.which(tool) is None:
            raise ImageError(
                Sentence(
                    "{tool} is missing. As root: {command}, or make setup.",
                    {"tool": tool, "command": f"apt-get install {tool}"},
                )
            )
    place, before = shelf.folder(version), shelf.current(version)
    try:
        with shelf.building(version, lambda: progress("waiting for another build of it", 0.0)):
            if shelf.current(version) != before and (image := find(version)):
                progress("another build made it", 1.0)
                return image
            with shelf.fresh(version) as (made, lock):
                (made / "root").mkdir()
                _bootstrap(version, made / "root", lock, progress)
                progress("recording versions and hashes", 0.97)
                _record(version, made)
                shelf.put(version, made, lock)
            shelf.sweep(version)
    except OSError as error:
        raise ImageError(
            Sentence("The image could not be written to {folder}: {why}.", {"folder": place.parent, "why": error})
        ) from error
    image = find(version)
    if image is None:
        raise ImageError(
            Sentence(
                "The image in {place} vanished while it was built: build it again with ringkeep lab build.",
                {"place": place},
            )
        )
    progress("done", 1.0)
    return image


def _recipe(version: int) -> str:
    """Suite and packages, in words that can be compared."""
    suite, extra = RECIPES[version]
    return f"{suite}: {PACKAGES} {SERVER_PACKAGES} {extra}".strip()


def debian_mirror() -> str | None:
    """The Debian mirror of RINGKEEP_DEBIAN_MIRROR or of this machine's apt; None: mmdebstrap's own choice."""
    if chosen := os.environ.get("RINGKEEP_DEBIAN_MIRROR"):
        return chosen
    try:
        listing = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    debian = re.compile(r"^(\S+/debian)/? (?:bullseye|bookworm|trixie|forky|sid|stable|testing|unstable)$", re.M)
    found = debian.search(listing)
    return found[1] if found else None


def _bootstrap(version: int, root: Path, lock: int, progress: Progress) -> None:
    """Run mmdebstrap into a tar stream and unpack it as our own files, so that any user can delete them.

    The unpacker keeps `lock`: when we are killed it writes on, and what it writes to is not to be swept before it ends.
    """
    suite, extra = RECIPES[version]
    include = ",".join([*PACKAGES.split(), *SERVER_PACKAGES.split(), *extra.split()])
    mirror = debian_mirror()
    command = [
        "mmdebstrap", "--variant=minbase", "--format=tar", f"--include={include}",
        # A mirror's copy of a testing Release file can be older than its Valid-Until.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        '--aptopt=APT::Install-Recommends "false"',
        "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
        *(f"--dpkgopt=path-exclude=/usr/bin/mariadb-{name}" for name in LEFT_OUT.split()),
        suite, "-", *([mirror] if mirror else []),
    ]  # fmt: skip
    progress(f"Asterisk {version} from Debian {suite}", 0.0)
    log: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as maker:
        assert maker.stdout and maker.stderr
        unpack = [
            "tar",
            "-x",
            "--no-same-owner",
            "--no-same-permissions",
            "--exclude=./dev/*",
            "-f",
            "-",
            "-C",
            str(root),
        ]
        with subprocess.Popen(unpack, stdin=maker.stdout, stderr=subprocess.DEVNULL, pass_fds=(lock,)) as taker:
            maker.stdout.close()
            for raw in maker.stderr:
                line = raw.decode("utf-8", "replace").strip()
                log.append(line)
                for words, fraction in STAGES.items():
                    if words in line:
                        progress(line.removeprefix("I: ").rstrip("."), fraction)
        failed = maker.wait() != 0 or taker.returncode != 0
    if failed:
        said = "\n  ".join(log[-6:])
        raise ImageError(
            Sentence(
                "Asterisk {version} could not be fetched from Debian {suite}. Is the package mirror "
                "reachable? mmdebstrap said: {said}",
                {"version": version, "suite": suite, "said": said},
            )
        )


def _record(version: int, place: Path) -> None:
    root = place / "root"
    packages = _packages(root)
    asterisk = re.sub(r"^\d+:", "", packages["asterisk"])
    modules = next((p for p in root.glob("usr/lib/**/asterisk/modules") if p.is_dir()), None)
    if modules is None:
        raise ImageError(
            Sentence(
                "The image of Asterisk {version} has no module folder: build it again with ringkeep lab build.",
                {"version": version},
            )
        )
    _straighten_sounds(root / "usr/share/asterisk/sounds", root)
    for name in BOUND_OVER:  # a sandbox can only lay a file over one that exists
        (root / "etc" / name).touch()
    for path in (root, *root.iterdir()):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    lines = "".join(f"{name} {packages[name]}\n" for name in sorted(packages))
    image = Image(
        version=version,
        asterisk=re.match(r"[\d.]+", asterisk)[0],  # type: ignore[index]
        root=root,
        module_dir="/" + str(modules.relative_to(root)),
        suite=RECIPES[version][0],
        built_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        packages_sha256=hashlib.sha256(lines.encode()).hexdigest(),
        asterisk_sha256=hashlib.sha256((root / "usr/sbin/asterisk").read_bytes()).hexdigest(),
        recipe=_recipe(version),
    )
    record = asdict(image)
    del record["root"]
    (place / "manifest.json").write_text(json.dumps(record | {"packages": packages}, indent=1))


def _straighten_sounds(sounds: Path, root: Path) -> None:
    """Debian links sounds/en through /etc/alternatives, which leads astray outside the image: link it directly."""
    for link in [path for path in sounds.iterdir() if path.is_symlink()]:
        target = link
        for _ in range(5):
            if not target.is_symlink():
                break
            to = os.readlink(target)
            target = root / to.lstrip("/") if to.startswith("/") else target.parent / to
        link.unlink()
        if target.is_dir() and target.parent == sounds:
            link.symlink_to(target.name)


def _packages(root: Path) -> dict[str, str]:
    """Name -> version of every package in dpkg's own status file."""
    found, name = {}, ""
    for line in (root / "var/lib/dpkg/status").read_text("utf-8", "replace").splitlines():
        if line.startswith("Package: "):
            name = line[9:]
        elif line.startswith("Version: "):
            found[name] = line[9:]
    return found
