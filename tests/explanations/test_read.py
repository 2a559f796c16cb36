"""`ringkeep read`: one document or calm tables, in both languages, without a secret, whatever is handed over."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from ringkeep.explanations.inventory import tell
from ringkeep.explanations.inventory_document import document
from ringkeep.explanations.inventory_tables import PAGES, ROWS, print_inventory
from ringkeep.explanations.opened import answer
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.sources.contents import phone_system, read_contents
from ringkeep.sources.source import open_source

PROJECT = Path(__file__).resolve().parents[2]
SYSTEMS = Path(os.environ.get("RINGKEEP_SYSTEMS") or PROJECT.parent / "shared/systems")
REAL = ("freepbx16", "freepbx16/*.tar.gz", "issabelpbx212", "issabelpbx212/*.tgz")
real = pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")
LISTS = {
    "extensions", "mailboxes", "queues", "ring_groups", "menus", "announcements", "time_conditions", "night_switches",
    "inbound_routes", "outbound_routes", "trunks", "conferences", "paging_groups", "parking_lots", "feature_codes", "follow_me",
    "call_states", "music_classes", "outside_numbers", "direct_access", "blacklist", "disagreements", "problems",
}  # fmt: skip


def read(path: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    command = [sys.executable, "-c", "from ringkeep.cli.main import main; main()", "read", str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def told(path: Path, into: Path, lang: str = "en", width: int = 80) -> str:
    source = open_source(path, into)
    file = io.StringIO()
    print_inventory(source, phone_system(source, read_contents(source)), Console(file=file, width=width), lang)
    return file.getvalue()


def test_the_document_of_the_sample() -> None:
    done = read(PROJECT / "samples/saba", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert {name for name, value in found.items() if isinstance(value, list)} == LISTS
    assert found["product"] == "asterisk" and len(found["extensions"]) == 25
    extension = found["extensions"][0]
    assert {k: extension[k] for k in ("number", "name", "technology", "mailbox", "context")} == {
        "number": "200", "name": "Reception", "technology": "pjsip", "mailbox": "200@default", "context": "internal-abroad",
    }  # fmt: skip
    sales = found["queues"][0]
    assert (sales["number"], sales["name"], sales["members"], sales["destination"]) == (
        "300", "sales", ["211", "212", "213", "214"], "mailbox 291",
    )  # fmt: skip
    menu = next(m for m in found["menus"] if m["name"] == "menu-language")
    assert menu["keys"] == {"1": "menu menu-fa", "2": "menu menu-en", "i": "menu menu-fa", "t": "menu menu-fa"}
    main = found["inbound_routes"][0]
    assert (main["number"], main["via"]) == ("982188880100", ["carrier-a", "carrier-b"])
    assert main["destination"] == "time condition numbers,982188880100"
    abroad = next(r for r in found["outbound_routes"] if r["name"] == "abroad")
    assert abroad["patterns"] == [{"pattern": "_900ZXXXXXXX.", "strip": 1, "prepend": "", "callerid": None}]
    assert abroad["trunks"] == ["carrier-a", "carrier-b"]


@real
def test_titles_of_the_database_are_in_the_files_lists() -> None:
    found = json.loads(read(SYSTEMS / "freepbx16", "--json").stdout)
    assert found["queues"][0]["name"] == "Queue 0" and found["ring_groups"][1]["name"] == "Group 1"
    assert found["time_conditions"][0]["name"] == "TC 1" and found["menus"][0]["name"] == "IVR 1"
    assert found["menus"][0]["keys"]["0"] == "queue 401" and found["menus"][0]["keys"]["t"] == "extension 1000"
    assert found["inbound_routes"][0]["destination"] == "time condition 1"
    assert (found["product"], found["asterisk"]) == ("freepbx", "16.28.0")


# -- secrets ------------------------------------------------------------------------------------------------------


def secrets(system: PhoneSystem) -> set[str]:
    """Every value of the system that lets somebody in, from files and tables."""
    found = (
        {e.secret for e in system.extensions}
        | {t.secret for t in system.trunks}
        | {t.registration and t.registration.secret for t in system.trunks}
    )
    for configuration in system.configurations.values():
        for section in configuration.sections:
            found |= {e.value for e in section.entries if re.search(r"secret|password|^pin|_pin$|token", e.name, re.I)}
    for table in system.tables.values():
        for row in table:
            found |= {
                value for name, value in row.items() if re.search(r"secret|passw|hash|token|salt|pin$", name, re.I)
            }
            if re.search(r"secret|passw|token|pin$", row.get("keyword") or "", re.I):
                found.add(row.get("data"))
    found |= {system.dialplan.globals.get(name) for name in ("AMPMGRPASS", "AMPDBPASS")}
    return {text for text in found if text and len(text) >= 8 and not re.fullmatch(r"[a-z_/.]*", text)}


@real
@pytest.mark.parametrize("pattern", REAL)
@pytest.mark.filterwarnings("ignore")
def test_no_secret_is_in_what_is_told(pattern: str, tmp_path: Path) -> None:
    (path,) = SYSTEMS.glob(pattern)
    source = open_source(path, tmp_path / "into")
    system = phone_system(source, read_contents(source))
    text = json.dumps(document(source, system), ensure_ascii=False)
    known = secrets(system)
    assert len(known) > 100
    assert [secret for secret in known if secret in text] == []
    for box in system.mailboxes:
        assert f'"{box.pin}"' not in text or box.pin in {e.number for e in system.extensions}


# -- the tables ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_tables_keep_to_eighty_columns(lang: str, tmp_path: Path) -> None:
    lines = told(PROJECT / "samples/saba", tmp_path / "into", lang).splitlines()
    path = next(line for line in lines if "samples/saba" in line)
    assert max(cell_len(line) for line in lines if line != path) <= 80
    assert len(lines) < 200


def test_a_long_list_is_folded_and_says_so(tmp_path: Path) -> None:
    text = told(PROJECT / "samples/saba", tmp_path / "into")
    assert "Extensions (25)" in text and f"… and {25 - ROWS} more" in text
    assert text.endswith("Long lists are folded; --json prints them whole.\n")


def test_persian_has_persian_words(tmp_path: Path) -> None:
    text = told(PROJECT / "samples/saba", tmp_path / "into", "fa")
    assert "داخلی‌ها (۲۵)" in text and "… و ۱۵ مورد دیگر" in text and "صف انتظار sales (300)" in text


def test_every_page_has_its_words() -> None:
    from ringkeep.explanations.inventory_tables import COLUMNS, HEADINGS

    assert {page.heading for page in PAGES} == HEADINGS.keys()
    assert {column for page in PAGES for column in page.columns} <= COLUMNS.keys()


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -c 'from ringkeep.cli.main import main; main()' read samples/saba | head -2"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# -- whatever is handed over --------------------------------------------------------------------------------------


def refused(path: Path) -> str:
    """The code of the one sentence that says why a source cannot be read."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert answer(lambda: tell(path, as_json=True, lang="en"), as_json=True) == 3
    return str(json.loads(out.getvalue())["error"]["code"])


def tar(path: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_an_empty_folder_garbage_and_a_truncated_backup_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    garbage = tmp_path / "garbage.tgz"
    garbage.write_bytes(os.urandom(5000))
    short = tar(tmp_path / "whole.tgz", ("etc/asterisk/extensions.conf", os.urandom(200_000)))
    short.write_bytes(short.read_bytes()[:100_000])
    assert all(refused(path) for path in (tmp_path / "empty", garbage, short))


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.tgz"
    with gzip.open(bomb, "wb", compresslevel=9) as file:
        info = tarfile.TarInfo("etc/asterisk/extensions.conf")
        info.size = 3 << 30
        file.write(info.tobuf())
        for _ in range(300):
            file.write(bytes(1 << 20))
    assert refused(bomb)


HOSTILE = {
    "nul": b"[a]\0\nexten => 1,1,\0Dial(\0)\n", "latin": b"[a]\nexten => 1,1,NoOp(\xe9\xff)\n", "utf16": "[a]\n".encode("utf-16"),
    "escape": "[internal]\nexten => *99,1,Playback(\x1b]0;owned\x07‮)\n".encode(), "long": b"[a]\nexten => " + b"9" * 7000 + b",1,Goto(" + b"x" * 900 + b")\n",
    "nested": b"[a]\nexten => 1,1,Set(A=" + b"${" * 900 + b"}" * 900 + b")\n same => n,Goto(${A},1,1)\n",
    "braces": b"[ivr]\nexten => s,1,Background(" + b"(" * 2000 + b"\nexten => 1,1,GotoIf($[" + b"(" * 2000 + b"]?1:2)\n",
    "loop": b"[a]\ninclude => b\nexten => _X.,1,Goto(b,${EXTEN},1)\n[b]\ninclude => a\nexten => _X.,1,Goto(a,${EXTEN},1)\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_read_and_steers_no_terminal(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "etc/asterisk"
    folder.mkdir(parents=True)
    pjsip = "[x]\ntype=endpoint\ncontext=a\naors=x\ncallerid=\x1b[31mred[/] [bold] <1>\n[x]\ntype=aor\n[b]\ntype=endpoint\ncontext=b\naors=b\n[b]\ntype=aor\ncontact=sip:b\n"
    (folder / "pjsip.conf").write_text(pjsip)
    (folder / "extensions.conf").write_bytes(HOSTILE[kind])
    (folder / "voicemail.conf").write_bytes(b"[default]\n1 => 1,\x1b[31m" + b"n" * 5000 + b",,,a=b|c\n")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert tell(tmp_path, as_json=True, lang="en") == 0
    json.loads(out.getvalue())
    text = told(tmp_path, tmp_path / "into")
    assert "\x1b" not in text and "‮" not in text
