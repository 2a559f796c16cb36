"""What a phone system is, asked in one round trip and believed only as far as it makes sense."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringkeep import pbx
from ringkeep.links import LinkError
from ringkeep.links.ssh import Connection, Result
from ringkeep.pbx import PRODUCTS
from ringkeep.pbx.recognising import PLACE, is_folder_of_its_own, read
from ringkeep.pbx.sections import parse
from tests.pbx.machine import Here, Machine


def test_a_plain_asterisk_is_recognised_in_one_round_trip(here: Here) -> None:
    facts = asyncio.run(pbx.recognise(here))
    assert facts.product == "asterisk" and facts.asterisk == "16.28.0" and facts.asterisk_major == 16
    assert facts.system == "Debian GNU/Linux 11 (bullseye)"
    assert facts.has_rsync and facts.has_sqlite3 and facts.root
    assert facts.clock_off_s is not None and abs(facts.clock_off_s) < 1
    assert facts.hardware["processors"] and facts.network["addresses"]
    assert len(here.asked) == 1


def test_freepbx_is_recognised_with_its_version_and_the_files_its_links_lead_to(freepbx: Machine, here: Here) -> None:
    facts = asyncio.run(pbx.recognise(here))
    assert (facts.product, facts.product_version) == ("freepbx", "16.0.33")
    assert "/var/www/html/admin/modules/core/etc/extensions.conf" in facts.outside
    assert "canary" not in str(facts.as_document()) and not any("canary" in command for command in here.asked)


def test_issabel_is_recognised_before_the_freepbx_that_it_holds(machine: Machine, here: Here) -> None:
    machine.write("etc/issabel.conf", "mysqlrootpwd=canary\n")
    machine.write("etc/issabel-release", "Issabel release 4.0.0-6\n")
    machine.write("etc/freepbx.conf", "<?php ?>")
    facts = asyncio.run(pbx.recognise(here))
    assert (facts.product, facts.product_version) == ("issabel", "4.0.0-6")
    assert {"product", "state", "system"} <= {part.name for part in pbx.parts(facts)}


def test_a_database_that_cannot_be_seen_is_a_part_that_will_fail_and_not_one_that_is_absent(
    freepbx: Machine, here: Here
) -> None:
    facts = asyncio.run(pbx.recognise(here))
    assert facts.databases == ()
    assert [part.databases for part in pbx.parts(facts) if part.name == "database"] == [("asterisk",)]
    assert "database" not in {part.name for part in pbx.parts(pbx.Facts("asterisk"))}


def test_a_machine_without_asterisk_is_refused_for_good(machine: Machine, here: Here) -> None:
    machine.write("local/asterisk", "").unlink()
    (machine.root / "etc/asterisk").rename(machine.root / "etc/other")
    with pytest.raises(LinkError) as error:
        asyncio.run(pbx.recognise(here))
    assert error.value.permanent


@contextlib.contextmanager
def asterisk_process(place: Path, *arguments: str) -> Iterator[None]:
    """A process by that name with these arguments; whatever else it does is of no matter here."""
    program = place / "asterisk"
    shutil.copy("/bin/sh", program)
    process = subprocess.Popen([str(program), "-c", "read x", *arguments], stdin=subprocess.PIPE)
    try:
        yield
    finally:
        process.communicate()


SETTINGS = """#!/bin/sh
[ "$1 $2" = "-C /usr/local/etc/asterisk/asterisk.conf" ] || exit 1
case "$4" in *version) echo 'Asterisk 18.9-cert2 built by x';;
*settings) printf '  Configuration directory:     /usr/local/etc/asterisk\n  Spool directory:  /usr/local/var/spool/asterisk\n';
  printf '  Log directory: /etc\n  VarLib directory:            /usr/local/var/lib/asterisk\n  ASTDB:  /usr/local/var/db/astdb\n';; esac
"""


def test_an_asterisk_from_source_is_found_where_it_is_and_its_running_word_counts(machine: Machine, here: Here) -> None:
    """Only in a root of its own /usr/local can be written: its folders are bound from /var."""
    shutil.rmtree(machine.root / "etc/asterisk")
    machine.write("local/asterisk", SETTINGS).chmod(0o755)
    sections = {
        "asterisk-there": "folder",
        "asterisk-place": "/usr/local/etc/asterisk/asterisk.conf",
        "asterisk-conf": "[directories](!)\nastspooldir => /srv/template\n",
        "asterisk-version": "Asterisk 18.9-cert2 built by x",
        "asterisk-settings": subprocess.run(
            [machine.root / "local/asterisk", "-C", "/usr/local/etc/asterisk/asterisk.conf", "-rx", "core show settings"],
            capture_output=True, text=True, check=True,
        ).stdout,
    }  # fmt: skip
    found = read(sections, PRODUCTS, 0, 0)
    assert found.directories["astetcdir"] == "/usr/local/etc/asterisk" and found.asterisk_major == 18
    assert found.directories["astspooldir"] == "/usr/local/var/spool/asterisk"
    assert found.directories["astdbdir"] == "/usr/local/var/db"
    assert found.directories["astlogdir"] == "/var/log/asterisk", "a folder of everybody is not believed"
    paths = {part.name: part.paths for part in pbx.parts(found)}
    assert paths["configuration"][0] == "/usr/local/etc/asterisk" and paths["voicemail"][0].startswith("/usr/local/var")


def test_an_asterisk_that_runs_with_a_configuration_of_its_own_is_the_one_that_is_kept(
    machine: Machine, here: Here, tmp_path: Path
) -> None:
    machine.sees_ours = True
    conf = machine.write("var/pbx/etc/asterisk.conf", "[directories]\nastspooldir => /var/pbx/spool\n")
    conf.with_name("extensions.conf").write_text("#include /var/pbx/more.conf\n")
    conf.with_name("musiconhold.conf").write_text(
        "[a]\ndirectory = /var/pbx/moh-sales/ ; ours\n[b]\ndirectory=>moh\n;directory=/x/y\n[c]\ndirectory=/var/pbx\n"
    )
    shutil.rmtree(machine.root / "etc/asterisk")
    with asterisk_process(tmp_path, "-f", "-C", "/var/pbx/etc/asterisk.conf"):
        facts = asyncio.run(pbx.recognise(here))
        assert facts.directories["astetcdir"] == "/var/pbx/etc" and facts.directories["astspooldir"] == "/var/pbx/spool"
        assert facts.outside == ("/var/pbx/more.conf",)
        (music,) = (part.paths for part in pbx.parts(facts) if part.name == "music")
        assert "/var/pbx/moh-sales" in music, "a class of music in a folder of its own"
        assert "/var/pbx" not in music, "what holds Asterisk's own folders is not taken whole"
        machine.write("etc/asterisk/asterisk.conf", "")
        both = asyncio.run(pbx.recognise(here))
    assert both.directories["astetcdir"] == "/etc/asterisk" and "/var/pbx/etc/asterisk.conf" in both.others
    assert "others" not in both.to_rebuild(), "a night in which another Asterisk began to run would be a changed one"


def test_an_asterisk_whose_configuration_is_gone_is_no_container(machine: Machine) -> None:
    machine.write("local/asterisk", "#!/bin/sh\nsleep 5\n")
    line = f'asterisk & until grep -qx asterisk /proc/$!/comm; do sleep 0.05; done; {PLACE} echo "$RK_RUNNING"; kill $!'
    said = subprocess.run(machine.command(line), capture_output=True, text=True, check=False).stdout
    assert said.split() == ["here", "/etc/asterisk/asterisk.conf"]


def test_an_asterisk_in_a_container_is_told_as_that(machine: Machine, here: Here, tmp_path: Path) -> None:
    machine.sees_ours = True
    machine.write("local/asterisk", "").unlink()
    shutil.rmtree(machine.root / "etc/asterisk")
    with asterisk_process(tmp_path, "-C", "/only/in/there/asterisk.conf"), pytest.raises(LinkError) as error:
        asyncio.run(pbx.recognise(here))
    assert error.value.permanent and "container" in str(error.value)


def test_issabels_own_databases_are_found_by_looking(machine: Machine, here: Here) -> None:
    machine.write("etc/issabel.conf", "mysqlrootpwd=canary\n")
    for name in ("acl.db", "rtcp_of_next_year.db", "x';rm -rf.db", "notes.txt"):
        machine.write(f"var/www/db/{name}", b"SQLite format 3\0")
    parts = pbx.parts(asyncio.run(pbx.recognise(here)))
    product = next(part for part in parts if part.name == "product")
    assert product.sqlite == ("/var/www/db/acl.db", "/var/www/db/rtcp_of_next_year.db")


def test_a_file_system_that_does_not_answer_keeps_nobody_waiting(machine: Machine, here: Here) -> None:
    """A network drive whose server is gone: `df` waits for it for ever."""
    machine.write("local/df", '#!/bin/sh\n[ "$1" = -Pkl ] || exec sleep 60\nexec /usr/bin/df "$@"\n').chmod(0o755)
    assert asyncio.run(asyncio.wait_for(pbx.recognise(here), 40)).disks


def test_facts_survive_being_a_document() -> None:
    facts = pbx.Facts("freepbx", databases=("asterisk",), disks=({"mount": "/"},), outside=("/x/y",))
    assert pbx.Facts.from_document(facts.as_document() | {"unknown": 1}) == facts


def test_a_product_can_be_deleted_and_asterisk_remains() -> None:
    sections = {"asterisk-there": "folder", "freepbx-conf": "yes"}
    assert read(sections, PRODUCTS[-1:], 0, 0).product == "asterisk"
    assert read(sections, PRODUCTS, 0, 0).product == "freepbx"


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/var/lib", "/home", "/proc/self", "/var/../etc", "relative/x", "/a b\n/c", "/var"]
)
def test_a_folder_of_everybody_is_not_believed_to_be_asterisks(path: str) -> None:
    assert not is_folder_of_its_own(path)


def test_nonsense_in_every_section_gives_unknown_and_no_error() -> None:
    nonsense = "\x1b[2J\t\t-1\t9" * 2000 + "\n" + "9" * 5000 + "\t" + "9" * 5000 + "\t/x\n"
    names = ("account", "asterisk-version", "asterisk-conf", "os-release", "hostname", "time-zone", "tools", "packages",
             "disks", "addresses", "routes", "links", "names", "ntp", "synchronised", "processors", "memory", "machine",
             "cards", "unreadable", "outside", "clock-first", "clock-last", "databases", "odbc", "freepbx-framework")  # fmt: skip
    facts = read({"asterisk-there": "folder"} | dict.fromkeys(names, nonsense), PRODUCTS, 0, 0)
    assert facts.asterisk is None and facts.clock_off_s is None and facts.databases == ()
    assert "\x1b" not in str(facts.as_document())


def test_sections_are_told_apart_by_a_mark_that_the_answer_cannot_know() -> None:
    answer = b"banner\n--m one\nx\n--other two\n\n--m two\ny\n--m one\nforged\n"
    assert parse(answer, "--m") == {"one": "x\n--other two", "two": "y"}


def test_a_shell_that_answers_nonsense_is_named() -> None:
    class Wrong(Connection):
        def __init__(self) -> None: ...

        async def run(self, command: str, **_: object) -> Result:
            return Result(0, b"This account is not available.\n" * 9, "")

    with pytest.raises(LinkError, match="did not answer as a Unix shell"):
        asyncio.run(pbx.recognise(Wrong()))
