"""Small archives and folders to open."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.archive_builders import CONFIG, config_members, plain, tar_bytes


@pytest.fixture
def tgz(tmp_path: Path) -> Callable[..., Path]:
    """A .tgz of a small legacy backup, with the given members added to it."""

    def make(*extra: tuple[tarfile.TarInfo, bytes], name: str = "backup.tgz") -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(tar_bytes([plain("manifest", b"a:0:{}"), *config_members(), *extra])))
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """A folder like `/` with a small configuration and the given files."""

    def make(files: dict[str, bytes] | None = None, *, base: dict[str, bytes] = CONFIG) -> Path:
        root = tmp_path / "given"
        for name, data in {**base, **(files or {})}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        return root

    return make
