"""What a restore writes, removes and keeps; carried out by the real program, the live system is the backup's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ringkeep.restores.planning import GONE, Plan, State, plan
from ringkeep.restores.remote import Swap, SwapError
from ringkeep.restores.selection import SelectionError, parse
from ringkeep.restores.trees import state
from ringkeep.restores.workplace import nothing_of
from tests.restores.phone_system_folder import linked, seen
from tests.restores.this_machine import ThisMachine

BACKUP = {
    "etc/asterisk/extensions.conf": "[default]\nexten => 201,1,Dial(PJSIP/201)\n",
    "etc/asterisk/same.conf": "same",
    "etc/asterisk/lost.d/a.conf": "a",
    "etc/asterisk/lost.d/deep/b.conf": "b",
    "etc/shadow": "never",
    "var/spool/asterisk/voicemail/default/201/INBOX/msg0000.txt": "first",
    "var/spool/asterisk/voicemail/default/201/INBOX/msg0000.wav": "first sound",
    "var/spool/asterisk/voicemail/default/201/INBOX/msg0001.txt": "second",
    "var/spool/asterisk/voicemail/default/1064/INBOX/msg0000.txt": "whole mailbox lost",
    "var/spool/asterisk/monitor/2026/11/24/a.wav": "a call",
    "var/spool/asterisk/monitor/2026/10/01/b.wav": "another",
    "var/log/asterisk/queue_log": "old",
    "var/lib/asterisk/sounds/custom/hello.wav": "hello",
}
LIVE = {
    "etc/asterisk/extensions.conf": "broken",
    "etc/asterisk/same.conf": "same",
    "etc/asterisk/added.conf": "added",
    "etc/shadow": "root",
    "var/spool/asterisk/voicemail/default/201/INBOX/msg0000.txt": "newer",
    "var/spool/asterisk/voicemail/default/201/INBOX/msg0000.wav": "newer sound",
    "var/spool/asterisk/voicemail/default/201/INBOX/msg0001.txt": "second",
    "var/spool/asterisk/monitor/2026/11/25/c.wav": "a newer call",
    "var/log/asterisk/queue_log": "old and new",
    "var/lib/asterisk/sounds/custom/new.wav": "new",
}


def tree(root: Path, texts: Mapping[str, str]) -> Path:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def directories(prefix: str = "") -> dict[str, str]:
    return {
        "astetcdir": f"{prefix}/etc/asterisk", "astvarlibdir": f"{prefix}/var/lib/asterisk",
        "astdatadir": f"{prefix}/var/lib/asterisk", "astspooldir": f"{prefix}/var/spool/asterisk",
        "astlogdir": f"{prefix}/var/log/asterisk",
    }  # fmt: skip


def under(prefix: Path, found: State) -> State:
    """The same state of a phone system whose / is a folder here."""
    return replace(
        found,
        directories=directories(str(prefix)),
        tree={f"{prefix}{path}": entry for path, entry in found.tree.items()},
    )


def made(tmp_path: Path, *only: str, exact: bool = False) -> Plan:
    backup, live = tree(tmp_path / "backup", BACKUP), tree(tmp_path / "live", LIVE)
    return plan(state(backup, directories()), state(live, directories()), parse(only), exact=exact)


def texts(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in sorted(root.rglob("*")) if p.is_file()}


def carried_out(tmp_path: Path, *only: str, exact: bool = False) -> tuple[dict[str, str], Plan]:
    """Restore for real with this machine's sh; what the live tree is then."""
    backup, live = tree(tmp_path / "backup", BACKUP), tree(tmp_path / "live", LIVE)
    was = seen(live)
    there = under(live, state(live, directories()))
    one = plan(under(live, state(backup, directories())), there, parse(only), exact=exact)
    from_backup = replace(one, staged=tuple(replace(s, source=s.source.removeprefix(str(live))) for s in one.staged))

    async def work() -> None:
        swap = Swap(ThisMachine(), "r1", sudo=False, place=str(tmp_path / "state"))
        await swap.send(from_backup, backup, tmp_path, there.directories)
        (tmp_path / "state/r1/cron").write_text("")  # this machine's cron is not ours
        await swap.swap(confirm_within_s=60)
        changed = texts(live)
        await swap.rollback()
        await swap.clean()
        assert seen(live) == was and linked(live) == []
        again = Swap(ThisMachine(), "r2", sudo=False, place=str(tmp_path / "state"))
        await again.send(from_backup, backup, tmp_path, there.directories)
        (tmp_path / "state/r2/cron").write_text("")
        await again.swap(confirm_within_s=60)
        await again.confirm()
        assert await again.phase() == "confirmed"
        with pytest.raises(SwapError, match="confirmed"):
            await again.rollback()
        assert {k: v for k, v in changed.items() if ".ringkeep-" not in k} == texts(live)

    asyncio.run(work())
    return texts(live), one


def test_everything_brings_the_configuration_back_and_keeps_what_is_newer(tmp_path: Path) -> None:
    now, one = carried_out(tmp_path)
    box = "var/spool/asterisk/voicemail/default"
    assert now == {
        **{name: text for name, text in BACKUP.items() if "voicemail/default/201" not in name},
        "etc/shadow": "root",  # what is the machine's own is never written
        f"{box}/201/INBOX/msg0000.txt": "newer",
        f"{box}/201/INBOX/msg0000.wav": "newer sound",
        f"{box}/201/INBOX/msg0001.txt": "second",  # the very same message is not there twice
        f"{box}/201/INBOX/msg0002.txt": "first",
        f"{box}/201/INBOX/msg0002.wav": "first sound",
        "var/spool/asterisk/monitor/2026/11/25/c.wav": "a newer call",
        "var/log/asterisk/queue_log": "old and new",
        "var/lib/asterisk/sounds/custom/new.wav": "new",
    }
    assert [unit.path.rpartition("/")[2] for unit in one.units if unit.op == GONE] == ["added.conf"]
    assert one.counts()["removed"] == 1 and one.counts()["replaced"] == 1


def test_exact_makes_it_what_it_was(tmp_path: Path) -> None:
    now, _ = carried_out(tmp_path, exact=True)
    assert now == {**BACKUP, "etc/shadow": "root"}


@pytest.mark.parametrize(
    ("only", "changed"),
    [
        (["voicemail:1064"], {"var/spool/asterisk/voicemail/default/1064"}),
        (["recordings/2026/11"], {"var/spool/asterisk/monitor/2026/11/24"}),
        (["recordings/2026/10/01,sounds"], {"var/spool/asterisk/monitor/2026/10", "var/lib/asterisk/sounds/custom/hello.wav"}),
        (["queue_log"], set()),
        (["configuration"], {"etc/asterisk/extensions.conf", "etc/asterisk/lost.d", "etc/asterisk/added.conf"}),
    ],
)  # fmt: skip
def test_only_what_was_asked_for_changes(tmp_path: Path, only: list[str], changed: set[str]) -> None:
    assert {unit.path.lstrip("/") for unit in made(tmp_path, *only).units} == changed


@pytest.mark.parametrize("wrong", ["extension", "voicemail/1064", "recordings:2026", "recordings/2026/13", "sounds:x", "voicemail:../x"])  # fmt: skip
def test_what_cannot_be_chosen_is_refused_with_what_can(wrong: str) -> None:
    with pytest.raises(SelectionError, match=r"choose from|write "):
        parse([wrong])


def test_numbers_and_commas_of_a_persian_keyboard_choose_as_any_others() -> None:
    assert parse(["voicemail:۱۰۶۴، recordings/۲۰۲۶/۱۱", "\u2068extensions:٢٠١\u2069"]) == parse(
        ["voicemail:1064,recordings/2026/11,extensions:201"]
    )


def test_what_the_backup_holds_nothing_of_is_said(tmp_path: Path) -> None:
    backup = state(tree(tmp_path / "backup", BACKUP), directories())
    assert nothing_of(parse(["voicemail:1064,recordings/2026/11,queue_log,sounds,configuration"]), backup) == []
    assert [str(one) for one in nothing_of(parse(["sounds", "databases"]), backup)] == [
        "The backup holds nothing of databases."
    ]
    for lacking in (["voicemail:1065", "sounds"], ["recordings/2026/12"], ["databases"], ["astdb"]):
        with pytest.raises(SelectionError, match=f"nothing of {lacking[0]}"):
            nothing_of(parse(lacking), backup)


def test_a_system_that_is_already_as_wanted_needs_nothing(tmp_path: Path) -> None:
    backup = state(tree(tmp_path / "backup", BACKUP), directories())
    assert plan(backup, backup, parse([])).is_empty


def test_states_that_asterisk_keeps_for_itself_stay_and_the_way_back_is_the_mirror(tmp_path: Path) -> None:
    then = {"/CF/201": "100", "/DEVICE/1/x": 'a "b" \\', "/registrar/contact/201": "old", "/AMPUSER/9/cid": "Ana"}
    now = {"/CF/201": "200", "/DEVICE/1/x": 'a "b" \\', "/registrar/contact/201": "new", "/DND/5": "YES"}
    one = plan(State({}, astdb=then), State({}, astdb=now), parse(["astdb"]))
    assert (
        one.astdb
        == (
            'database put "AMPUSER" "9/cid" "Ana"',
            'database put "CF" "201" "100"',
            'database del "DND" "5"',
        )
        and 'database put "DND" "5" "YES"' in one.astdb_back
    )


def test_names_that_no_list_can_hold_are_left_and_named(tmp_path: Path) -> None:
    name = "etc/asterisk/two\nlines.conf"
    backup = state(tree(tmp_path / "backup", {name: "x", "etc/asterisk/a b;$(id).conf": "y"}), directories())
    one = plan(backup, state(tree(tmp_path / "live", LIVE), directories()), parse(["configuration"]))
    assert [path for path, _ in one.left] == [f"/{name}"]
    assert "/etc/asterisk/a b;$(id).conf" in {unit.path for unit in one.units}


def test_modes_come_along(tmp_path: Path) -> None:
    backup = tree(tmp_path / "backup", BACKUP)
    os.chmod(backup / "etc/asterisk/same.conf", 0o600)
    one = plan(state(backup, directories()), state(tree(tmp_path / "live", LIVE), directories()), parse([]))
    assert next(s for s in one.staged if s.path.endswith("same.conf")).entry.mode == 0o600


def test_a_file_that_asterisk_may_have_started_without_needs_a_restart_and_a_changed_one_only_a_reload(
    tmp_path: Path,
) -> None:
    backup = state(tree(tmp_path / "backup", BACKUP), directories())
    changed = state(tree(tmp_path / "changed", LIVE), directories())
    without = {name: text for name, text in LIVE.items() if not name.endswith("extensions.conf")}
    gone = state(tree(tmp_path / "gone", without), directories())
    assert not plan(backup, changed, parse(["configuration"])).restart
    assert plan(backup, gone, parse(["configuration"])).restart
