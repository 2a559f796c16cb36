"""The file tree one lab Asterisk boots from: what was restored, plus the little the lab must add.

The lab changes as little as it can, and always the same: `asterisk.conf` is rewritten (same directories, the
image's modules, no change of user), `manager.conf` and `logger.conf` gain the lab's own ears, and what the
image brings under /usr/share/asterisk is laid under the system's own data folder.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ringkeep.asterisk.conf import Configuration, Files, Section, read_configuration
from ringkeep.lab import manager, sandbox
from ringkeep.lab.image import Image

LOG_FILE = "ringkeep.log"
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Where a system may keep its files: names of usable length, and not over what the sandbox itself brings.
OWN_PLACE = re.compile(r"(?!/(?:proc|sys|dev|ringkeep|stock)/)(?=.{2,200}\Z)/[^/]")
CONF_INSIDE = "/ringkeep/asterisk.conf"
MANAGER_PORT = 5038
# Directories as Asterisk itself defaults them when built from source.
DIRECTORIES = {
    "astetcdir": "/etc/asterisk", "astvarlibdir": "/var/lib/asterisk", "astdbdir": "/var/lib/asterisk",
    "astkeydir": "/var/lib/asterisk", "astdatadir": "/var/lib/asterisk", "astagidir": "/var/lib/asterisk/agi-bin",
    "astspooldir": "/var/spool/asterisk", "astrundir": "/var/run/asterisk", "astlogdir": "/var/log/asterisk",
}  # fmt: skip
# Options of the real machine that make no sense, or cannot be had, in the lab.
LEFT_OUT_OPTIONS = {"runuser", "rungroup", "highpriority", "console", "nofork", "alwaysfork", "dumpcore", "quiet",
                    "nocolor", "lockconfdir", "minmemfree", "maxload", "maxcalls"}  # fmt: skip
SPOOL_FOLDERS = ("voicemail", "monitor", "tmp", "outgoing", "meetme", "recording", "system")
NO_STOCK = {"moh", "custom", "recordings"}  # folders that must hold only the system's own files
SOUND_FORMATS = {".gsm", ".wav", ".WAV", ".ulaw", ".alaw", ".g722", ".sln", ".sln16", ".mp3", ".g729", ".pcm", ".wav49"}


@dataclass(frozen=True, slots=True)
class Tree:
    """A root folder laid out like `/`, and where Asterisk keeps things in it."""

    root: Path
    directories: Mapping[str, str]

    def outside(self, inside: str) -> Path:
        """The file on this machine for a path as Asterisk sees it."""
        return self.root / inside.lstrip("/")

    def open(self, inside: str) -> BinaryIO:
        """Open a plain file for reading while the phone system runs; raises `OSError`.

        Its dialplan may have put a link to a file of this machine, or a pipe nobody writes to, anywhere in its place:
        so no link is followed, and nothing else is opened.
        """
        folder, name = self._folder(inside)
        try:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise OSError(errno.EINVAL, "not a plain file", inside)
        return os.fdopen(file, "rb")

    def is_there(self, inside: str) -> bool:
        """Whether anything is at that path, reached without following links."""
        try:
            folder, name = self._folder(inside)
        except OSError:
            return False
        try:
            os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            return False
        finally:
            os.close(folder)
        return True

    def _folder(self, inside: str) -> tuple[int, str]:
        """The open folder a path lies in, and its name there."""
        *folders, name = inside.strip("/").split("/")
        if ".." in (*folders, name):
            raise OSError(errno.EINVAL, "leads upwards", inside)
        here = os.open(self.root, FOLDER_FLAGS)
        for step in folders:
            try:
                below = os.open(step, FOLDER_FLAGS, dir_fd=here)
            finally:
                os.close(here)
            here = below
        return here, name


def read_directories(files: Files) -> dict[str, str]:
    """`[directories]` of the restored asterisk.conf over Asterisk's defaults; nonsense is ignored."""
    directories = dict(DIRECTORIES)
    configuration = read_configuration(files, "/etc/asterisk/asterisk.conf")
    section = configuration.section("directories") if configuration else None
    for entry in section.entries if section else ():
        path = os.path.normpath(entry.value)
        if entry.name in directories and path.count("/") > 1 and OWN_PLACE.match(path):
            directories[entry.name] = path
    # The restored files lie in /etc/asterisk, wherever they came from.
    directories["astetcdir"] = "/etc/asterisk"
    return directories


def prepare(root: Path, files: Files, image: Image, secret: str) -> Tree:
    """Make a restored tree bootable in place."""
    tree = Tree(root, _made_directories(root, read_directories(files)))
    for name in SPOOL_FOLDERS:
        (tree.outside(tree.directories["astspooldir"]) / name).mkdir(exist_ok=True)
    # Asterisk writes no CDR when this folder is missing.
    for name in ("cdr-csv", "cdr-custom", "cel-custom"):
        (tree.outside(tree.directories["astlogdir"]) / name).mkdir(exist_ok=True)
    for name in ("tmp", "dev/shm", "ringkeep", "var/tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
    lay_stock_under(tree.outside(tree.directories["astdatadir"]), image.root / "usr/share/asterisk", sandbox.STOCK)
    write(root / CONF_INSIDE.lstrip("/"), asterisk_conf(files, tree.directories, image.module_dir))
    etc = tree.outside("/etc/asterisk")
    write(etc / "manager.conf", manager_conf(read_configuration(files, "/etc/asterisk/manager.conf"), secret))
    write(etc / "logger.conf", logger_conf(read_configuration(files, "/etc/asterisk/logger.conf")))
    return tree


def _made_directories(root: Path, wanted: Mapping[str, str]) -> dict[str, str]:
    """The directories, made; Asterisk's default instead of one that cannot be, because a file is in its way."""
    made = {}
    for name, path in wanted.items():
        try:
            (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
            made[name] = path
        except (FileExistsError, NotADirectoryError):
            made[name] = DIRECTORIES[name]
            (root / DIRECTORIES[name].lstrip("/")).mkdir(parents=True, exist_ok=True)
    return made


def write(path: Path, text: str) -> None:
    """Replace whatever is there by a file, never through a link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.write_text(text, "utf-8", "surrogateescape")


def asterisk_conf(files: Files, directories: Mapping[str, str], module_dir: str) -> str:
    """asterisk.conf for the lab: the system's own options, without those of its machine."""
    lines = ["[directories]", f"astmoddir => {module_dir}"]
    lines += [f"{name} => {path}" for name, path in directories.items()]
    configuration = read_configuration(files, "/etc/asterisk/asterisk.conf")
    section = configuration.section("options") if configuration else None
    lines.append("[options]")
    for entry in section.entries if section else ():
        if entry.name.lower() not in LEFT_OUT_OPTIONS:
            lines.append(f"{entry.name} = {entry.value}")
    return "\n".join(lines) + "\n"


def manager_conf(restored: Configuration | None, secret: str) -> str:
    """manager.conf with the lab's user first; the system's own users stay, for the scripts that need them."""
    lines = [
        "[general]", "enabled = yes", "bindaddr = 127.0.0.1", f"port = {MANAGER_PORT}", "timestampevents = yes",
        "displayconnects = no", "authtimeout = 10", "authlimit = 200", f"[{manager.USER}]", f"secret = {secret}",
        "deny = 0.0.0.0/0.0.0.0", "permit = 127.0.0.1/255.255.255.255", "read = system,call,agent,dialplan,user",
        "write = all", "writetimeout = 10000", "eventfilter = !Event: VarSet", "eventfilter = !Event: RTCP",
    ]  # fmt: skip
    for section in restored.sections if restored else ():
        if section.name.lower() not in ("general", manager.USER) and not section.is_template:
            lines += _section(section)
    return "\n".join(lines) + "\n"


def logger_conf(restored: Configuration | None) -> str:
    """logger.conf that writes one file the lab reads; the system's own queue_log settings stay."""
    lines = ["[general]", "dateformat = %F %T.%3q", "use_callids = yes", "appendhostname = no"]
    section = restored.section("general") if restored else None
    for entry in section.entries if section else ():
        if entry.name.lower().startswith("queue_log"):
            lines.append(f"{entry.name} = {entry.value}")
    return "\n".join([*lines, "[logfiles]", f"{LOG_FILE} => notice,warning,error"]) + "\n"


def _section(section: Section) -> list[str]:
    return [f"[{section.name}]", *(f"{e.name} = {e.value}".replace(";", "\\;") for e in section.entries)]


def lay_stock_under(data: Path, stock: Path, stock_inside: str) -> None:
    """Link what the image brings into the data folder, wherever the system has nothing of that name.

    A prompt counts as present in any format: Asterisk would otherwise be free to choose the stock one.
    """
    for folder, names, files in os.walk(stock, followlinks=True):
        here = os.path.relpath(folder, stock)
        top = here.split("/")[0]
        if here != "." and (set(here.split("/")) & NO_STOCK):
            names.clear()
            if top != "moh" or (data / "moh").exists():
                continue
        target = data / here
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            names.clear()
            continue
        target.mkdir(parents=True, exist_ok=True)
        present = {_stem(name) for name in os.listdir(target)}
        for name in files:
            if _stem(name) not in present:
                (target / name).symlink_to(f"{stock_inside}/{here}/{name}")


def _stem(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix}" in SOUND_FORMATS else name
