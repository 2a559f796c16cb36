"""What is referred to and not handed over: each kind once, with the line that refers to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringkeep.lab.tree import read_directories
from ringkeep.phonesystem.completeness import MissingItem, missing
from ringkeep.phonesystem.readers import read_phone_system
from tests.phonesystem.systems import EXTENSIONS, MODULES, PJSIP, files_of

SABA = Path(__file__).parents[2] / "samples" / "saba"
STOCK = {
    "/usr/share/asterisk/sounds/en/beep.gsm",
    "/usr/share/asterisk/sounds/en/hello-world.gsm",
    "/usr/lib/asterisk/modules/app_dial.so",
}


def absent(
    step: str = "NoOp()", *, paths: set[str] | None = None, product: str = "asterisk", **others: str
) -> list[tuple[str, str]]:
    return [(item.kind, item.name) for item in items(step, paths=paths, product=product, **others)]


def items(
    step: str = "NoOp()", *, paths: set[str] | None = None, product: str = "asterisk", **others: str
) -> tuple[MissingItem, ...]:
    """What is missing when 300 runs a step; `others` are files by name without .conf."""
    files = files_of(
        {"extensions.conf": EXTENSIONS + f"exten => 300,1,{step}\n", "pjsip.conf": PJSIP, "modules.conf": MODULES}
        | {f"{name}.conf": text for name, text in others.items()}
    )
    return missing(
        read_phone_system(files, product=product), files, {*files, *(paths or ())}, stock=STOCK,
        directories=read_directories(files),
    )  # fmt: skip


def test_a_whole_system_misses_nothing() -> None:
    assert absent() == []


def test_the_sample_system_misses_nothing() -> None:
    given = {f"/{p.relative_to(SABA)}": p for p in SABA.rglob("*") if p.is_file()}
    files = {name: path.read_bytes() for name, path in given.items() if name.endswith(".conf")}
    found = missing(
        read_phone_system(files, paths=set(given)), files, set(given), stock=STOCK, directories=read_directories(files)
    )
    assert found == ()


@pytest.mark.parametrize(
    ("step", "kind", "name"),
    [
        ("Playback(custom/gone)", "prompt", "custom/gone"),
        ("Background(hello-world&custom/gone)", "prompt", "custom/gone"),
        ("Read(X,custom/gone)", "prompt", "custom/gone"),
        ("Playback(/tmp/gone)", "prompt", "/tmp/gone"),
        ("AGI(gone.py,x)", "script", f"{read_directories({})['astagidir']}/gone.py"),
        ("AGI(agi://127.0.0.1/gone)", "script", "gone (a FastAGI server, agi://127.0.0.1/gone)"),
        ("System(/opt/gone x)", "script", "/opt/gone"),
    ],
)
def test_what_a_step_names_and_is_not_there_is_missing(step: str, kind: str, name: str) -> None:
    (item,) = items(step)
    assert (item.kind, item.name, item.place.line) == (kind, name, 7)


@pytest.mark.parametrize("step", ["Playback(hello-world)", "System(/bin/true)", "Playback(${X})", "SayDigits(12)"])
def test_what_the_image_brings_or_nobody_can_know_is_not_missing(step: str) -> None:
    assert absent(step) == []


@pytest.mark.parametrize("name", ["custom/own.wav", "en/custom/own.gsm"])
def test_a_prompt_that_was_handed_over_is_not_missing(name: str) -> None:
    directories = read_directories({})
    assert absent("Playback(custom/own)", paths={f"{directories['astdatadir']}/sounds/{name}"}) == []


def test_a_prompt_named_twice_is_missing_once() -> None:
    assert len(absent("Playback(custom/gone&custom/gone)")) == 1


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("queues", "[sales]\nperiodic-announce=custom/gone\nmember => PJSIP/201\n", "prompt"),
        ("musiconhold", "[jazz]\nmode=files\ndirectory=jazz\n", "moh"),
        ("modules", "[modules]\nautoload=yes\nload=app_own.so\n", "module"),
        ("http", "[general]\ntlsenable=yes\ntlscertfile=/etc/asterisk/keys/gone.pem\n", "certificate"),
        ("voicemail", "#include gone.conf\n", "include"),
        ("res_odbc", "[cdr]\nenabled=yes\ndsn=cdr\n", "database"),
    ],
)
def test_what_a_file_names_and_is_not_there_is_missing(name: str, text: str, kind: str) -> None:
    assert [found for found, _ in absent(**{name: text})] == [kind]


def test_a_products_own_database_is_missing_where_the_dialplan_asks_it() -> None:
    assert [kind for kind, _ in absent("Set(X=${DB(AMPUSER/201/device)})", product="freepbx")] == ["database"]


def test_a_link_that_leads_nowhere_is_missing() -> None:
    files = files_of({"extensions.conf": EXTENSIONS})
    found = missing(
        read_phone_system(files), files, set(files), stock=set(), directories=read_directories(files),
        dangling={"/etc/asterisk/sip.conf": "/var/www/sip.conf"},
    )  # fmt: skip
    assert [item.kind for item in found] == ["file"]


def test_a_shared_mailbox_without_the_greeting_the_others_have_misses_it() -> None:
    spool = read_directories({})["astspooldir"] + "/voicemail/default"
    boxes = "[default]\n201 => 1,Ana\n290 => 1,All\n"
    found = absent("VoiceMail(290)", paths={f"{spool}/201/unavail.wav"}, voicemail=boxes)
    assert found == [("greeting", "mailbox 290@default")]
