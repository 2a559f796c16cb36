"""What administrators do in a day, on the two sample phone systems: each is told in exactly the words of what was done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ringkeep.explanations.opened import opened
from ringkeep.phonesystem.compare import Change, compare
from tests.oracle.handwritten_changes import INBOUND, MENUS, OUT, TRUNKS, saba
from tests.oracle.nights import Night

NARVAN = Path(__file__).parents[2] / "samples/narvan"
ADDITIONAL, TABLES = "etc/asterisk/extensions_additional.conf", "ringkeep/databases/asterisk.sql"
KEY = "exten => 3,1,Goto(from-did-direct,309,1)\n"
ROW = "INSERT INTO `ivr_entries` VALUES ('1','3','from-did-direct,309,1','0');\n"
OWN_HOURS = "opening hours 982188880200 (numbers)"


def support_number_gone(night: Night) -> None:
    text = night.files[INBOUND]
    night.files[INBOUND] = text[: text.index("; The support number")] + text[text.index("[office-closed]") :]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda n: n.sub(MENUS, "exten => 9,1,Goto(people", "exten => 5,1,Goto(people,230,1)\nexten => 9,1,Goto(people"),
         ["Key 5 of menus menu-fa, menu-en now goes to extension 230 (انبار مرکزی), did nothing before"]),
        (lambda n: n.sub(MENUS, "Playback(custom/goodbye)", "Playback(custom/closed)"),
         ["Callers who press no key in menus menu-fa, menu-en now go to announcement custom/closed, was announcement custom/goodbye"]),
        (lambda n: n.sub(OUT, "include => features\n", "include => features\ninclude => menu\n", 2),
         ["The dialplan of internal, internal-abroad now also looks in menu"]),
        (lambda n: n.within(INBOUND, "[numbers]", " same => n(closed)", " same => n,GotoIfTime(10:00-12:00,fri,*,*?open)\n same => n(closed)"),
         ["Opening hours 982188880100 (numbers) are now 08:00-17:00 sat-wed; 08:00-13:00 thu; 10:00-12:00 fri, "
          "were 08:00-17:00 sat-wed; 08:00-13:00 thu"]),
        (lambda n: n.sub(INBOUND, "Goto(queues,support,1)", "Goto(people,220,1)"),
         [f"Inside the hours of {OWN_HOURS} calls now go to extension 220 (Support Manager), was queue support (301)"]),
        (lambda n: (n.sub(INBOUND, "Goto(queues,support,1)", "Goto(people,220,1)"), n.sub(INBOUND, "08:00-13:00,thu", "09:00-12:00,thu", 2)),
         ["Opening hours 982188880100 (numbers) are now 08:00-17:00 sat-wed; 09:00-12:00 thu, were 08:00-17:00 sat-wed; 08:00-13:00 thu",
          f"Inside the hours of {OWN_HOURS} calls now go to extension 220 (Support Manager), was queue support (301)",
          f"O{OWN_HOURS[1:]} are now 08:00-17:00 sat-wed; 09:00-12:00 thu, were 08:00-17:00 sat-wed; 08:00-13:00 thu"]),
        (support_number_gone, [f"Number 982188880200 was removed; its calls went to {OWN_HOURS}"]),
        (lambda n: n.sub(INBOUND, "exten => 982188880200,1", "exten => _9821888802XX,1"),
         ["Number _9821888802XX was added; its calls go to opening hours _9821888802XX (numbers)",
          f"Number 982188880200 was removed; its calls went to {OWN_HOURS}"]),
        (lambda n: n.sub(TRUNKS, "match = 198.51.100.20", "match = 198.51.100.20,198.51.100.21"),
         ["Trunk carrier-b now takes calls from 198.51.100.20, 198.51.100.21, was 198.51.100.20"]),
        (lambda n: n.add(TRUNKS, "\n[anonymous]\ntype = endpoint\ncontext = internal-abroad\n"),
         ["Anybody may now call in without a password, and dial what internal-abroad allows (extension anonymous)"]),
        (lambda n: n.add(OUT, "\n[survey]\nexten => s,1,Answer()\n"), ["The dialplan of survey now has s: Answer()"]),
    ],
)  # fmt: skip
def test_an_edit_of_the_hand_written_sample_is_told_once(edit: Callable[[Night], object], said: list[str]) -> None:
    night = saba()
    edited = night.copy()
    edit(edited)
    assert [change.text for change in compare(night.read(), edited.read())] == said


# -- a product's database and files, each of which may be behind the other ---------------------------------------------


def narvan(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """A copy of the FreePBX-like sample with texts replaced: (file, old, new)."""
    shutil.copytree(NARVAN, folder, ignore=shutil.ignore_patterns("sounds", "moh"))
    for file, old, new in edits:
        text = (folder / file).read_text("utf-8")
        assert old in text or not text
        (folder / file).write_text(text.replace(old, new, 1) if old else new, "utf-8")
    return folder


def told(first: Path, second: Path) -> list[Change]:
    with opened(first) as a, opened(second) as b:
        return list(compare(a.system, b.system))


def texts(changes: list[Change]) -> list[str]:
    return [change.text for change in changes]


PAGES = (TABLES, ROW, ROW + ROW.replace("'3'", "'9'").replace("309", "307"))
FILES = (ADDITIONAL, KEY, KEY + KEY.replace("3,1", "9,1", 1).replace("309", "307"))
DONE = "Key 9 of menu Main menu now goes to extension 307 (Laboratory), did nothing before"
UNDONE = "Key 9 of menu Main menu no longer does anything, was extension 307 (Laboratory)"


def test_what_waits_on_the_pages_is_told_as_that_and_once_more_when_it_is_applied(tmp_path: Path) -> None:
    before, pages = narvan(tmp_path / "before"), narvan(tmp_path / "pages", PAGES)
    both, files = narvan(tmp_path / "both", PAGES, FILES), narvan(tmp_path / "files", FILES)
    waits = "not applied yet: the product's pages have it, the files that run do not"
    assert texts(told(before, pages)) == [f"{DONE}; {waits}"]
    assert texts(told(pages, both)) == [f"{DONE}; it stood on the product's pages before and is applied now"]
    assert texts(told(before, both)) == [DONE]
    assert texts(told(before, files)) == [f"{DONE}; only in the generated files, past the product's pages"]
    assert texts(told(files, before)) == [f"{UNDONE}; it stood on the product's pages before and is applied now"]
    assert texts(told(files, both)) == [f"{DONE}; on the product's pages only, the files that run had it so before"]


def test_a_pattern_edited_out_of_the_generated_dialplan_is_told_as_the_pattern_alone(tmp_path: Path) -> None:
    line = "exten => 115,1,Macro(dialout-trunk,1,${EXTEN})\n same => n,Hangup\n"
    changes = told(narvan(tmp_path / "before"), narvan(tmp_path / "after", (ADDITIONAL, line, "")))
    assert texts(changes) == [
        "Outbound route Emergency no longer takes 115; only in the generated files, past the product's pages"
    ]


def test_a_file_that_asterisk_gives_up_is_told_when_nothing_else_stands_behind_the_wrong_line(tmp_path: Path) -> None:
    line = " same => n,SayUnixTime(,,HM)\n same => n,Hangup\n"
    wrong = ("etc/asterisk/extensions_custom.conf", line, f"{line}\n[from-internal-custom\nexten => 5557,1,Answer()\n")
    changes = told(narvan(tmp_path / "before"), narvan(tmp_path / "after", wrong))
    assert texts(changes) == ["Asterisk no longer reads extensions_custom.conf to its end: it stops at line 7"]


@pytest.mark.parametrize("lost", ["", "extensions.conf", "sip_additional.conf"])
def test_a_system_whose_files_are_gone_is_not_told_as_one_where_nobody_notices_anything(
    tmp_path: Path, lost: str
) -> None:
    whole, broken = narvan(tmp_path / "whole"), narvan(tmp_path / "broken")
    for file in (broken / "etc/asterisk").iterdir():
        if file.name == lost or not lost:
            file.unlink()
    gone, back = texts(told(whole, broken)), texts(told(broken, whole))
    if not lost:
        assert (
            "All configuration files are gone (42)" in gone and "Configuration files came back, all 42 of them" in back
        )
    elif lost == "extensions.conf":
        assert "Asterisk finds no extensions.conf any more: nothing of it works" in gone
        assert "Asterisk finds extensions.conf again" in back
    else:
        assert gone[0].startswith("Asterisk no longer takes anything of sip.conf")
        assert back[0] == "Asterisk reads sip.conf to its end again"
    assert max(len(gone), len(back)) < 40, gone


def test_only_the_lines_of_a_hand_written_file_are_counted_as_its_own(tmp_path: Path) -> None:
    file = "extensions_override_freepbx.conf"
    taken = (f"etc/asterisk/{file}", "", "[macro-exten-vm]\nexten => s,1,Goto(ext-queues,401,1)\n")
    changes = told(narvan(tmp_path / "before"), narvan(tmp_path / "after", taken))
    assert texts(changes) == [f"Somebody added a line by hand to {file}"]
