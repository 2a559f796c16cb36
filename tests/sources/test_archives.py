"""What a drill gets from archives, good and hostile."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringkeep.sources import unpack
from ringkeep.sources.source import Limits, Source, SourceError, open_source
from tests.sources.archive_builders import CONFIG, config_members, plain, special, tar_bytes

Make = Callable[..., Path]


def whys(opened: Source) -> dict[str, str]:
    return {member.name: member.why for member in opened.skipped}


def refused(path: Path, into: Path, limits: Limits | None = None) -> SourceError:
    """Opening fails with a SourceError that says one thing in a sentence, and leaves nothing."""
    with pytest.raises(SourceError) as caught:
        open_source(path, into, limits=limits)
    assert not into.exists()
    assert len(str(caught.value)) > 30 and "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_compression_is_found_by_content_not_by_name(tmp_path: Path, squeeze: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "called.zip"
    path.write_bytes(squeeze(tar_bytes([plain("manifest", b"a:0:{}"), *config_members()])))
    opened = open_source(path, tmp_path / "into")
    assert opened.kind == "issabelpbx-backup" and opened.skipped == ()
    assert {name: (opened.root / name).read_bytes() for name in CONFIG} == CONFIG
    assert os.listdir(tmp_path / "into") == ["root"]


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_an_archive_cut_anywhere_is_truncated_never_half(tmp_path: Path, squeeze: Callable[[bytes], bytes]) -> None:
    whole = squeeze(tar_bytes([*config_members(), plain("var/lib/asterisk/sounds/a.wav", os.urandom(50_000))]))
    path = tmp_path / "cut.tgz"
    members_end = 53_000 if squeeze is bytes else len(whole)  # a plain tar is padded with zeros behind its end mark
    for at in [600, 1024, 1536, 2048, members_end // 2, members_end - 9, members_end - 1]:
        path.write_bytes(whole[:at])
        assert refused(path, tmp_path / "into").code == "truncated", at


def test_a_tar_that_ends_at_a_members_end_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "cut.tar"
    path.write_bytes(tar_bytes(config_members())[: 4 * 512])  # two members of one block each, no end mark
    assert refused(path, tmp_path / "into").code == "truncated"


def test_flipped_bits_are_damage(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(tar_bytes([*config_members(), plain("manifest", os.urandom(9000))])))
    whole[-5000] ^= 1
    (tmp_path / "bad.tgz").write_bytes(whole)
    assert refused(tmp_path / "bad.tgz", tmp_path / "into").code == "damaged"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"PK\x03\x04" + b"x" * 600,
        b"\0" * 10240,
        bytes(range(1, 256)) * 16,
        gzip.compress(b"hello" * 200),
        b"%PDF-1.7",
    ],
    ids=["empty", "text", "zip", "zeros", "noise", "gzip of text", "pdf"],
)
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.tgz").write_bytes(data)
    assert refused(tmp_path / "x.tgz", tmp_path / "into").code == "not-a-phone-system"


def test_an_archive_without_a_phone_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(gzip.compress(tar_bytes([plain("holiday/photo.jpg")])))
    error = refused(tmp_path / "x.tgz", tmp_path / "into")
    assert error.code == "not-a-phone-system" and "etc/asterisk" in str(error)
    assert refused(tmp_path / "absent.tgz", tmp_path / "into").code == "not-found"


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (plain("/etc/cron.d/x"), "absolute path"),
        (plain("etc/../../../x"), "path with .."),
        (plain("etc/asterisk/a\nb"), "control character"),
        (plain("etc/asterisk/" + "d/" * 60 + "x"), "folders deep"),
        (plain("etc/asterisk/" + "n" * 300), "too long"),
        (special("etc/asterisk/fifo", tarfile.FIFOTYPE), "named pipe"),
        (special("etc/asterisk/null", tarfile.CHRTYPE), "device node"),
        (special("etc/asterisk/sda", tarfile.BLKTYPE), "device node"),
        (special("etc/asterisk/hard", tarfile.LNKTYPE, "/etc/passwd"), "hard link out of the archive"),
        (special("etc/asterisk/hard", tarfile.LNKTYPE, "../../etc/passwd"), "hard link out of the archive"),
        (special("etc/asterisk/hard", tarfile.LNKTYPE, "etc/passwd"), "not in the archive"),
        (special("etc/asterisk/p.conf", tarfile.SYMTYPE, "/etc/passwd"), "link out of the tree -> /etc/passwd"),
        (special("etc/asterisk/p.conf", tarfile.SYMTYPE, "../../../../etc/passwd"), "link out of the tree"),
        (special("etc/asterisk/me", tarfile.SYMTYPE, "me"), "link out of the tree"),
        (special("etc/asterisk/up", tarfile.SYMTYPE, ".."), "no part of a phone system"),
        (special("etc/asterisk/here", tarfile.SYMTYPE, "."), "folder that holds it"),
        (plain("etc/asterisk/extensions.conf/x"), "says is a file"),
        (plain("etc/asterisk"), "folder of this name"),
    ],
)
def test_oddities_are_skipped_and_named(
    tgz: Make, tmp_path: Path, member: tuple[tarfile.TarInfo, bytes], why: str
) -> None:
    opened = open_source(tgz(member), tmp_path / "into")
    assert [w for w in whys(opened).values() if why in w], opened.skipped
    assert sorted(p.name for p in (opened.root / "etc/asterisk").iterdir()) == ["asterisk.conf", "extensions.conf"]
    assert sorted(os.listdir(tmp_path)) == ["backup.tgz", "into"]


def test_nothing_is_written_through_a_link(tgz: Make, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    opened = open_source(
        tgz(special("etc/asterisk/d", tarfile.SYMTYPE, str(outside)), plain("etc/asterisk/d/x")), tmp_path / "into"
    )
    assert os.listdir(outside) == [] and "says is a link" in whys(opened)["etc/asterisk/d/x"]
    assert opened.dangling == {"/etc/asterisk/d": str(outside)}


def test_names_that_are_not_utf_8_are_skipped(tmp_path: Path) -> None:
    odd = plain("etc/asterisk/caf\udce9.conf")
    (tmp_path / "x.tar").write_bytes(tar_bytes([*config_members(), odd], tarfile.GNU_FORMAT))
    opened = open_source(tmp_path / "x.tar", tmp_path / "into")
    assert opened.kind == "root" and "name that is not UTF-8" in whys(opened).values()


def test_the_last_of_two_members_with_one_name_wins(tgz: Make, tmp_path: Path) -> None:
    opened = open_source(tgz(plain("etc/asterisk/extensions.conf", b"second")), tmp_path / "into")
    assert (opened.root / "etc/asterisk/extensions.conf").read_bytes() == b"second"
    assert "more than once" in whys(opened)["etc/asterisk/extensions.conf"]


def test_links_inside_the_archive_are_followed_and_hard_links_kept(tgz: Make, tmp_path: Path) -> None:
    opened = open_source(
        tgz(
            plain("var/www/html/admin/modules/core/etc/sip.conf", b"[general]"),
            special("etc/asterisk/sip.conf", tarfile.SYMTYPE, "/var/www/html/admin/modules/core/etc/sip.conf"),
            special("etc/asterisk/b.conf", tarfile.LNKTYPE, "etc/asterisk/extensions.conf"),
            special("etc/asterisk/odbc", tarfile.SYMTYPE, "../../var/www/html/admin/modules/core/etc"),
        ),
        tmp_path / "into",
    )
    config = opened.root / "etc/asterisk"
    assert (config / "sip.conf").read_bytes() == b"[general]" and not (config / "sip.conf").is_symlink()
    assert (config / "odbc/sip.conf").read_bytes() == b"[general]"
    assert (config / "b.conf").read_bytes() == CONFIG["etc/asterisk/extensions.conf"]
    assert opened.skipped == () and opened.dangling == {} and not (opened.root / "var/www").exists()


def test_modes_are_tamed_and_times_kept(tgz: Make, tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        opened = open_source(
            tgz(
                plain("var/lib/asterisk/agi-bin/x.sh", b"#!/bin/sh", 0o6755),
                plain("etc/asterisk/z.conf", b"", 0o000, -5),
            ),
            tmp_path / "into",
        )
    finally:
        os.umask(old)
    script = opened.root / "var/lib/asterisk/agi-bin/x.sh"
    assert script.stat().st_mode & 0o7777 == 0o755 and script.stat().st_mtime == 1_600_000_000
    assert (opened.root / "etc/asterisk/z.conf").stat().st_mode & 0o7777 == 0o644
    assert {p.stat().st_mode & 0o7777 for p in opened.root.rglob("*") if p.is_dir()} == {0o755}


def test_recordings_and_logs_are_left_out_and_named_once(tgz: Make, tmp_path: Path) -> None:
    recordings = [plain(f"var/spool/asterisk/monitor/2026/11/{n}.wav", b"x" * 1024) for n in range(3)]
    opened = open_source(tgz(*recordings, plain("var/log/asterisk/full", b"x" * 10)), tmp_path / "into")
    assert whys(opened) == {
        "var/spool/asterisk/monitor": "recordings left out: 3 files, 3 KiB", "var/log": "logs left out: 1 file, 10 bytes",
    }  # fmt: skip


@pytest.mark.parametrize(
    "limits",
    [Limits(total_bytes=100_000), Limits(members=10), Limits(stream_bytes=100_000), Limits(ratio_from_bytes=10_000)],
)
def test_each_limit_stops_a_bomb(tgz: Make, tmp_path: Path, limits: Limits) -> None:
    path = tgz(*(plain(f"var/lib/asterisk/{n}", bytes(20_000)) for n in range(20)))
    assert refused(path, tmp_path / "into", limits).code == "bomb"


def test_a_real_bomb_is_stopped_early_with_default_limits(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tgz"
    header = tarfile.TarInfo("etc/asterisk/zeros.conf")
    header.size = 3 << 30
    with gzip.open(path, "wb", 9) as out:
        out.write(header.tobuf())
        for _ in range(64):
            out.write(bytes(1 << 20))
    assert refused(path, tmp_path / "into").code == "bomb"


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_a_name_of_a_gibibyte_is_not_read_into_memory(tmp_path: Path, kind: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 1 << 30
    (tmp_path / "x.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + b"n" * 4096)
    assert refused(tmp_path / "x.tar", tmp_path / "into").code == "bomb"


def test_a_size_of_exabytes_or_below_zero_is_refused(tmp_path: Path) -> None:
    for size, code in ((1 << 60, "truncated"), (-512, "damaged")):
        header = bytearray(plain("etc/asterisk/x.conf")[0].tobuf(tarfile.GNU_FORMAT))
        header[124:136] = size.to_bytes(12, "big", signed=True)
        header[124] = 0x80 if size > 0 else 0xFF  # GNU's mark of a number in base 256
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        (tmp_path / "x.tar").write_bytes(bytes(header) + bytes(2048))
        assert refused(tmp_path / "x.tar", tmp_path / "into").code == code


def test_one_huge_file_is_skipped_not_fatal(tgz: Make, tmp_path: Path) -> None:
    opened = open_source(tgz(plain("cdr.sql", b"x" * 5000)), tmp_path / "into", limits=Limits(one_file_bytes=1000))
    assert "cdr.sql" in whys(opened)


def test_disk_full_says_how_much_is_needed(tgz: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tgz(plain("etc/asterisk/b.conf", b"x" * 5000))
    monkeypatch.setattr(unpack, "_write", full)
    error = refused(path, tmp_path / "into")
    assert error.code == "disk-full" and "20 KiB" in str(error)


def test_an_interrupt_leaves_nothing(tgz: Make, tmp_path: Path) -> None:
    def stop(_what: str, _bytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_source(tgz(), tmp_path / "into", progress=stop)
    assert sorted(os.listdir(tmp_path)) == ["backup.tgz"]


def test_issabel_engine_backup_is_unpacked_into_place(tmp_path: Path) -> None:
    def part(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
        return gzip.compress(tar_bytes(members))

    path = tmp_path / "issabelbackup-20261122051805-ab.tar"
    path.write_bytes(
        tar_bytes([
            plain("backup/a_options.xml", b"<backup/>"),
            plain("backup/versions.xml", b'<versions><program id="asterisk" ver="16.28.0" rel="1"/></versions>'),
            plain("backup/etc.asterisk.tgz", part(*(plain(n.removeprefix("etc/"), d) for n, d in CONFIG.items()))),
            plain("backup/mysqldb_asterisk.tgz", part(plain("mysqldb_asterisk/asterisk.sql", b"--"))),
            plain("backup/var.lib.asterisk.sounds.custom.tgz", part(plain("custom/hello.wav", b"RIFF"))),
            plain("backup/var.lib.asterisk.moh.tgz", part(plain("var/lib/asterisk/moh/a.wav", b"RIFF"))),
            plain("backup/var.spool.asterisk.voicemail.tgz", part(plain("voicemail/default/100/greet.wav", b"RIFF"))),
            plain("backup/var.spool.asterisk.monitor.tgz", b"x" * 5000),
            plain("backup/qstats_mysql.tgz", b""),
        ])
    )  # fmt: skip
    opened = open_source(path, tmp_path / "into")
    assert (opened.kind, opened.product, opened.asterisk_version) == ("issabel-engine-backup", "issabel", "16.28.0")
    assert sorted(p.relative_to(opened.root).as_posix() for p in opened.root.rglob("*") if p.is_file()) == [
        ".issabel/a_options.xml", ".issabel/mysqldb_asterisk/asterisk.sql", ".issabel/versions.xml",
        "etc/asterisk/asterisk.conf", "etc/asterisk/extensions.conf", "var/lib/asterisk/moh/a.wav",
        "var/lib/asterisk/sounds/custom/hello.wav", "var/spool/asterisk/voicemail/default/100/greet.wav",
    ]  # fmt: skip
    assert [dump.name for dump in opened.sql_dumps] == ["asterisk.sql"]
    assert whys(opened) == {
        "var/spool/asterisk/monitor": "recordings left out: 1 file, 4.9 KiB", "backup/qstats_mysql.tgz": "not an archive",
    }  # fmt: skip


def test_a_bomb_or_a_cut_archive_inside_an_archive_is_found(tmp_path: Path) -> None:
    inside = gzip.compress(tar_bytes([plain(f"asterisk/{n}.conf", bytes(50_000)) for n in range(10)]))
    for data, code in ((inside, "bomb"), (inside[:-20], "truncated"), (b"nothing", "not-a-phone-system")):
        limits = Limits(total_bytes=100_000 if code == "bomb" else 1_000_000)
        (tmp_path / "x.tar").write_bytes(tar_bytes([plain("backup/etc.asterisk.tgz", data)]))
        assert refused(tmp_path / "x.tar", tmp_path / "into", limits).code == code


def test_freepbx_backup_files_are_laid_at_their_own_paths(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(
        gzip.compress(
            tar_bytes([
                plain("./metadata.json", b'{"modules": [{"module": "framework", "version": "15.0.16"}]}'),
                plain("./modulejson/Core.json", b'{"configs": {"astdb": [{"AMPUSER": {"1000/device": "1000"}}]}}'),
                plain("./files/var/lib/asterisk/sounds/en/custom/a.wav", b"RIFF"),
                plain("./files/tmp/dbdump/cdr.sql.gz", b""),
                plain("./files/var/spool/asterisk/monitor/2026/a.wav", b"RIFF"),
            ])
        )
    )  # fmt: skip
    opened = open_source(path, tmp_path / "into")
    assert (opened.kind, opened.product, opened.product_version) == ("freepbx-backup", "freepbx", "15.0.16")
    assert (opened.root / "var/lib/asterisk/sounds/en/custom/a.wav").read_bytes() == b"RIFF"
    assert (opened.root / ".freepbx/modulejson/Core.json").is_file()
    assert opened.astdb == {"/AMPUSER/1000/device": "1000"} and opened.sql_dumps == (
        opened.root / "tmp/dbdump/cdr.sql.gz",
    )
    assert "recordings left out: 1 file, 4 bytes" in whys(opened).values()


def test_a_hostile_manifest_is_not_unserialized(tmp_path: Path) -> None:
    path = tmp_path / "x.tgz"
    astdb = b'O:9:"Evil_Hook":1:{s:3:"cmd";s:2:"id";}'
    path.write_bytes(gzip.compress(tar_bytes([plain("manifest", astdb), plain("astdb", astdb), *config_members()])))
    opened = open_source(path, tmp_path / "into")
    assert opened.astdb is None and "object or reference" in whys(opened)[".issabelpbx/astdb"]


names = st.lists(
    st.sampled_from(["..", ".", "", "etc", "asterisk", "a.conf", "var", "\n", "\udce9", "x" * 256, "CON", "-rf", "é"])
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    min_size=1, max_size=8,
).map("/".join)  # fmt: skip
kinds = st.sampled_from(
    [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, b"S", b"Z"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(names, kinds, names), max_size=12))
def test_no_names_lead_out_of_the_copy(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, bytes, str]]
) -> None:
    base = tmp_path_factory.mktemp("names")
    odd = [special(name, kind, target) for name, kind, target in made]
    for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path = base / "x.tar"
        path.write_bytes(tar_bytes([*config_members(), *odd], format))
        try:
            opened = open_source(path, base / "into")
        except SourceError:
            assert sorted(os.listdir(base)) == ["x.tar"]
            continue
        assert sorted(os.listdir(base)) == ["into", "x.tar"]
        for entry in opened.root.rglob("*"):
            assert not entry.is_symlink() and (entry.is_file() or entry.is_dir())
        shutil.rmtree(base / "into")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000) | st.binary(max_size=2000).map(lambda b: tar_bytes(config_members())[:1500] + b))
def test_random_bytes_never_raise_anything_but_source_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    base = tmp_path_factory.mktemp("bytes")
    (base / "x").write_bytes(data)
    try:
        open_source(base / "x", base / "into")
    except SourceError:
        assert not (base / "into").exists()


def test_python_own_tar_formats_all_read_alike(tmp_path: Path) -> None:
    long = "var/lib/asterisk/" + "/".join(["sounds-of-a-long-name"] * 8) + "/سلام.wav"
    for number, format in enumerate((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(tar_bytes([*config_members(), plain(long, b"RIFF")], format))
        opened = open_source(path, tmp_path / str(number))
        assert (opened.root / long).read_bytes() == b"RIFF" and opened.skipped == ()


def test_two_compressed_streams_in_a_row_are_one_archive(tmp_path: Path) -> None:
    whole = tar_bytes(config_members())
    (tmp_path / "x").write_bytes(gzip.compress(whole[:700]) + gzip.compress(whole[700:]))
    assert open_source(tmp_path / "x", tmp_path / "into").kind == "root"


def test_folders_that_link_to_each_other_twice_do_not_double_without_end(tgz: Make, tmp_path: Path) -> None:
    links = [
        special(f"var/lib/asterisk/a{n}/{name}", tarfile.SYMTYPE, f"../a{n + 1}")
        for n in range(40)
        for name in ("x", "y")
    ]
    opened = open_source(tgz(*links, plain("var/lib/asterisk/a40/f")), tmp_path / "into")
    assert any("links to folders" in why for why in whys(opened).values())
    assert len(opened.skipped) < 2100


def test_members_are_counted_once(tgz: Make, tmp_path: Path) -> None:
    path = tgz(*(plain(f"etc/asterisk/{n}.conf") for n in range(20)))
    assert open_source(path, tmp_path / "into", limits=Limits(members=26)).kind == "issabelpbx-backup"
