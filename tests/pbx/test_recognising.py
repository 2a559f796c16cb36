"""What a phone system is, asked in one round trip and believed only as far as it makes sense."""

from __future__ import annotations

import asyncio

import pytest

from ringkeep import pbx
from ringkeep.links import LinkError
from ringkeep.links.ssh import Connection, Result
from ringkeep.pbx import PRODUCTS
from ringkeep.pbx.recognising import is_folder_of_its_own, read
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
