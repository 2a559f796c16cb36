"""The real phone systems in ../shared/systems (or RINGKEEP_SYSTEMS): read in place, never copied into the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ringkeep.sources.source import Source, open_source

SYSTEMS = Path(os.environ.get("RINGKEEP_SYSTEMS") or Path(__file__).resolve().parents[3] / "shared/systems")
pytestmark = pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")


def opened(tmp_path: Path, pattern: str) -> Source:
    (path,) = SYSTEMS.glob(pattern)
    return open_source(path, tmp_path / "into")


def test_freepbx_16_folder(tmp_path: Path) -> None:
    source = opened(tmp_path, "freepbx16")
    assert (source.kind, source.product, source.product_version, source.asterisk_version) == (
        "root", "freepbx", "16.0.33", "16.28.0",
    )  # fmt: skip
    assert (
        source.astdb is not None and source.astdb["/AMPUSER/1000/cidname"] == "Ana Smith" and len(source.astdb) == 8472
    )
    assert source.skipped == () and source.dangling == {}
    given = {p.name for p in (SYSTEMS / "freepbx16/etc-asterisk").iterdir()}
    assert {p.name for p in (source.root / "etc/asterisk").iterdir()} == given
    assert {"schema-asterisk.sql", "announcement.sql"} <= {dump.name for dump in source.sql_dumps}


def test_freepbx_16_backup(tmp_path: Path) -> None:
    source = opened(tmp_path, "freepbx16/*.tar.gz")
    assert (source.kind, source.product, source.product_version) == ("freepbx-backup", "freepbx", "16.0.33")
    assert (source.root / "etc/asterisk/voicemail.conf").is_file() and not (
        source.root / "etc/asterisk/extensions.conf"
    ).exists()
    assert (source.root / ".freepbx/modulejson/Core.json").is_file()
    assert (source.root / "var/spool/asterisk/voicemail/default/1140/greet.wav").is_file()
    assert [dump.name for dump in source.sql_dumps] == ["cel.sql.gz", "cdr.sql.gz"]
    assert source.astdb is not None and source.astdb["/DND/1001"] == "YES" and source.skipped == ()


def test_issabelpbx_2_12_backup(tmp_path: Path) -> None:
    source = opened(tmp_path, "issabelpbx212/*.tgz")
    assert (source.kind, source.product, source.product_version, source.asterisk_version) == (
        "issabelpbx-backup", "issabel", "2.12.0.0", "16.28.0",
    )  # fmt: skip
    assert source.astdb is not None and source.astdb["/AMPUSER/1000/cidname"] == "Ana García 0"
    assert source.dangling["/etc/asterisk/extensions.conf"] == "/var/www/html/admin/modules/core/etc/extensions.conf"
    assert len([path for path in source.dangling if path.startswith("/etc/asterisk/")]) == 16
    assert [dump.name for dump in source.sql_dumps] == ["mysql-3.sql", "mysql-4.sql"]


@pytest.mark.parametrize(
    ("pattern", "kind", "product", "files"),
    [("issabelpbx212", "root", "issabel", 119), ("asterisk-samples/configs/basic-pbx", "etc", "asterisk", 14)],
)
def test_other_folders(tmp_path: Path, pattern: str, kind: str, product: str, files: int) -> None:
    source = opened(tmp_path, pattern)
    assert (source.kind, source.product) == (kind, product)
    assert len([p for p in (source.root / "etc/asterisk").rglob("*") if p.is_file()]) == files
