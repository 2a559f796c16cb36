"""Extensions and queues come back into the files as they are now, wherever they stand, and not another byte of them changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.asterisk.conf import read_configuration
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers import read_phone_system
from ringkeep.restores.objects import Brought, brought_back, mailboxes
from ringkeep.restores.selection import SelectionError, parse

ETC = "/etc/asterisk"
SABA = {
    f"{ETC}/{path.relative_to(etc)}": path.read_bytes()
    for etc in [Path(__file__).parents[2] / "samples/saba/etc/asterisk"]
    for path in sorted(etc.rglob("*.conf"))
}
PHONES, MAIL, QUEUES = f"{ETC}/pjsip.d/phones.conf", f"{ETC}/voicemail.conf", f"{ETC}/queues.conf"
# An extension over several files, one file for each of two others.
SPREAD = {
    f"{ETC}/pjsip.conf": b"""[phone](!)
type=endpoint
context=internal
[login]
type=auth
username=all
password=shared
#include pjsip.d/*.conf
#tryinclude pjsip_custom.conf
""",
    f"{ETC}/pjsip.d/201.conf": b"; Ana\n[201](phone)\nauth=201\naors=201\nmailboxes=201\n[201]\ntype=auth\nusername=201\npassword=a\n[201]\ntype=aor\nmax_contacts=1\n",
    f"{ETC}/pjsip.d/202.conf": b"[202](phone)\r\nauth=login\r\naors=202\r\n[202]\r\ntype=aor\r\nmax_contacts=1",
    f"{ETC}/pjsip.d/203.conf": b"[203](phone)\nauth=login\naors=203\n[203]\ntype=aor\n",
    f"{ETC}/pjsip_custom.conf": b"[201](+)\nlanguage=fa ; hers\n",
    f"{ETC}/voicemail.conf": b"[general]\nformat=wav\n[default]\n#include voicemail.d/boxes.conf\n203 => 3,Sara\n",
    f"{ETC}/voicemail.d/boxes.conf": b"201 => 1234,Ana ; may change it\n202 => 9,Leyla\n",
    f"{ETC}/extensions.conf": b"[internal]\nexten => _2XX,1,Dial(PJSIP/${EXTEN})\nexten => 203,hint,PJSIP/203\n",
}


def with_(files: dict[str, bytes], path: str, *edits: tuple[bytes, bytes]) -> dict[str, bytes]:
    content = files[path]
    for old, new in edits:
        assert old in content, old
        content = content.replace(old, new)
    return {**files, path: content}


def restored(live: dict[str, bytes], backup: dict[str, bytes], *only: str) -> dict[str, bytes]:
    return {**live, **brought(live, backup, *only).contents}


def brought(live: dict[str, bytes], backup: dict[str, bytes], *only: str) -> Brought:
    return brought_back(live, backup, parse(only))


def read(files: dict[str, bytes]) -> PhoneSystem:
    return read_phone_system(files, product="asterisk", database={}, paths=set(files), tables={})


def without(content: bytes, start: bytes, end: bytes) -> bytes:
    first = content.index(start)
    return content[:first] + content[content.index(end, first) :]


GONE = {**SABA, PHONES: without(SABA[PHONES], b"[203](phone,management)", b"; ---- Sales")}


def test_in_our_sample_one_extension_comes_back_into_the_included_file_where_it_stands() -> None:
    changed = with_(SABA, PHONES, (b"yNAEYN6dwbjJx8YDOLK2", b"guessed"), (b"named_call_group = sales", b"named_call_group = shop"))  # fmt: skip
    assert restored(changed, SABA, "extensions:203") == with_(SABA, PHONES, (b"named_call_group = sales", b"named_call_group = shop"))  # fmt: skip
    assert restored(GONE, SABA, "extensions:203") == SABA
    assert restored(GONE, SABA, "extensions") == SABA
    assert brought(SABA, SABA, "extensions", "queues") == Brought()


def test_a_queue_comes_back_by_its_name_and_by_its_number_also_in_persian_digits() -> None:
    changed = with_(SABA, QUEUES, (b"member => PJSIP/212,0,Sales 2,PJSIP/212\n", b""), (b"ringall", b"random"))
    for word in ("queues:sales", "queues:300", "queues:۳۰۰"):
        assert restored(changed, SABA, word) == with_(SABA, QUEUES, (b"ringall", b"random"))
    assert restored(changed, SABA, "queues") == SABA
    gone = {**SABA, QUEUES: without(SABA[QUEUES], b"[sales](team)", b"; All at once")}
    assert restored(gone, SABA, "queues:sales") == SABA


def test_several_come_back_at_once_and_a_lost_mailbox_with_its_messages() -> None:
    boxes = SABA[MAIL].splitlines(keepends=True)
    gone = {**GONE, MAIL: b"".join(line for line in boxes if not line.startswith((b"203", b"211")))}
    assert restored(gone, SABA, "extensions:۲۰۳،queues:sales", "voicemail:211") == SABA
    pin = {**SABA, MAIL: b"".join(b"211 => 9,x\n" if line.startswith(b"211") else line for line in boxes)}
    assert {"211", "211@default"} <= mailboxes(SABA) and "format" not in mailboxes(SABA)
    assert restored(pin, SABA, "voicemail:211") == pin  # people change their PIN by phone


def test_an_extension_over_several_files_comes_back_in_each() -> None:
    live = with_(SPREAD, f"{ETC}/pjsip_custom.conf", (b"language=fa", b"language=en"))
    live = with_(live, f"{ETC}/voicemail.d/boxes.conf", (b"1234,Ana", b"1,Nobody"))
    live = with_(live, f"{ETC}/pjsip.d/201.conf", (b"aors=201\n", b""), (b"[201]\ntype=aor\nmax_contacts=1\n", b""))
    assert restored(live, SPREAD, "extensions:201") == SPREAD
    live = with_(SPREAD, f"{ETC}/pjsip.d/202.conf", (b"aors=202\r\n", b""), (b"max_contacts=1", b"max_contacts=5"))
    assert restored(live, SPREAD, "extensions:202") == SPREAD


def test_a_file_of_one_extension_that_is_gone_is_made_again_when_it_is_read() -> None:
    live = {path: content for path, content in SPREAD.items() if "201" not in path}
    live = with_(live, f"{ETC}/voicemail.d/boxes.conf", (b"201 => 1234,Ana ; may change it\n", b""))
    live = with_(live, f"{ETC}/pjsip_custom.conf", (b"[201](+)\nlanguage=fa ; hers\n", b""))
    assert read(restored(live, SPREAD, "extensions:201")).extensions == read(SPREAD).extensions
    closed = with_(live, f"{ETC}/pjsip.conf", (b"#include pjsip.d/*.conf", b"#include pjsip.d/202.conf"))
    with pytest.raises(SelectionError, match=r"201.*--only configuration"):
        restored(closed, SPREAD, "extensions:201")


def test_templates_and_shared_logins_stay_and_that_is_said() -> None:
    live = with_(SPREAD, f"{ETC}/pjsip.conf", (b"context=internal", b"context=other"), (b"password=shared", b"password=new"))  # fmt: skip
    found = brought(live, SPREAD, "extensions:202")
    assert found.contents == {}
    assert sorted(str(one).partition(" ")[0].strip(",") for one in found.warnings) == ["[login]", "[phone]"]


def test_a_number_that_the_dialplan_no_longer_has_is_said() -> None:
    live = {path: content for path, content in SPREAD.items() if "203" not in path}
    live = with_(live, f"{ETC}/extensions.conf", (b"exten => 203,hint,PJSIP/203\n", b""))
    assert "no line for 203" in str(brought(live, SPREAD, "extensions:203").warnings[0])


def test_what_only_the_live_system_has_stays_and_naming_it_says_so() -> None:
    new = SABA[PHONES][SABA[PHONES].index(b"[203]") : SABA[PHONES].index(b"; ---- Sales")].replace(b"203", b"399")
    live = with_({**SABA, PHONES: SABA[PHONES] + new}, QUEUES, (b"; All", b"[night](team)\n; All"))
    assert brought(live, SABA, "extensions", "queues").contents == {}
    for word in ("extensions:399", "queues:night"):
        with pytest.raises(SelectionError, match="made since"):
            brought(live, SABA, word)
    with pytest.raises(SelectionError, match=r"no extension 999\.$"):
        brought(live, SABA, "extensions:999")


@pytest.mark.parametrize(
    ("path", "old", "new", "why"),
    [
        (PHONES, b"; The phones.", b"; Do not edit this file, it is auto-generated by a tool.", "written by a program"),
        (f"{ETC}/pjsip.conf", b"[phone-aor](!)", b"[phone-aors](!)", "Asterisk refuses|template"),
        (PHONES, b"[210](phone,sales)", b"[210](phone,sales,203)", "210.*would change with it"),
        (f"{ETC}/pjsip.conf", b'#include "pjsip.d/phones.conf"', b"", "template .*gone|--only configuration"),
    ],
)
def test_what_cannot_come_back_by_itself_is_refused_with_the_way_that_can(path: str, old: bytes, new: bytes, why: str) -> None:  # fmt: skip
    live = with_(SABA, PHONES, (b"203@default", b"299@default"))
    with pytest.raises(SelectionError, match=why):
        brought(with_(live, path, (old, new)), SABA, "extensions:203")


SIP = {path: content for path, content in SABA.items() if "pjsip" in path}  # quick to read again and again
NUMBERS = ["200", "203", "211", "214", "261"]
LINES = st.tuples(st.sampled_from(["cut", "spoil", "double", "more"]), st.integers(0, 30))


def damaged(content: bytes, number: str, edits: list[tuple[str, int]]) -> bytes:
    """The lines of one extension cut, spoilt, doubled, or more of them put in."""
    lines = content.splitlines(keepends=True)
    for what, at in edits:
        inside = False
        mine = []
        for index, line in enumerate(lines):
            if line.startswith(b"["):
                inside = line.startswith(b"[%s]" % number.encode())
            if inside and line.strip() and not line.startswith(b";"):
                mine.append(index)
        if not mine:
            break
        index = mine[at % len(mine)]
        heading = lines[index].startswith(b"[")
        if what == "spoil" and not heading:
            lines[index] = lines[index].partition(b"=")[0] + b"= x\n"
        elif what == "double" and not heading:
            lines.insert(index, lines[index])
        elif what == "more":
            lines.insert(index + 1, b"direct_media_method = update ; new\n")
        elif what == "cut" and not heading:
            del lines[index]
        elif what == "cut":
            end = next((i for i in range(index + 1, len(lines)) if not lines[i].strip()), len(lines))
            del lines[index : end + 1]
    return b"".join(lines)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.lists(LINES, max_size=4), st.lists(LINES, max_size=3))
def test_whatever_happened_to_it_its_reading_is_the_backups_and_nothing_else_changes(
    number: str, other: str, edits: list[tuple[str, int]], others: list[tuple[str, int]]
) -> None:
    meanwhile = damaged(SABA[PHONES], other, others) if other != number else SABA[PHONES]
    live = {**SIP, PHONES: damaged(meanwhile, number, edits)}
    after = restored(live, SIP, f"extensions:{number}")
    assert {path for path in after if after[path] != live[path]} <= {PHONES}

    def sections(files: dict[str, bytes], *, mine: bool) -> list[tuple[str, tuple[str, ...], list[tuple[str, str]]]]:
        found = read_configuration(files, "pjsip.conf")
        assert found is not None
        return [
            (one.name, one.parents, [(e.name, e.value) for e in one.entries])
            for one in found.sections
            if (one.name == number) is mine
        ]

    assert sections(after, mine=True) == sections(SIP, mine=True)
    assert sections(after, mine=False) == sections(live, mine=False)
    kept = [line for line in meanwhile.splitlines() if line.strip()]
    assert [
        line for line in after[PHONES].splitlines() if line.strip()
    ] == kept  # its lines are the backup's, the rest as it was
