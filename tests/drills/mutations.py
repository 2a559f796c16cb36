"""Damage done to a phone system on purpose, each with the words by which a drill must name it.

`scripts/score-damage` applies each to a copy, proves it, and prints the score; `test_damage.py` keeps the
score from falling. A mutation is found when the verdict is not good and one defect or missing thing holds
all of its `named` words.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ETC = "etc/asterisk"
SOUNDS = "var/lib/asterisk/sounds"


@dataclass(frozen=True)
class Mutation:
    """One way to break a phone system."""

    name: str
    break_it: Callable[[Path], None]
    named: tuple[str, ...]  # words that must stand together in one defect or missing thing
    calls: str = "quick"


def edit(path: str, old: str, new: str, times: int = 1) -> Callable[[Path], None]:
    """Replace text in a file; the text must be there, or the mutation is none."""

    def apply(root: Path) -> None:
        file = root / path
        text = file.read_text("utf-8")
        if old not in text:
            raise AssertionError(f"{path} does not hold {old!r}")
        file.write_text(text.replace(old, new, times), "utf-8")

    return apply


def delete(path: str) -> Callable[[Path], None]:
    """Remove a file or folder."""

    def apply(root: Path) -> None:
        target = root / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()

    return apply


def cut(path: str, share: float) -> Callable[[Path], None]:
    """Keep only the first part of a file."""

    def apply(root: Path) -> None:
        file = root / path
        content = file.read_bytes()
        file.write_bytes(content[: int(len(content) * share)])

    return apply


def overwrite(path: str, content: bytes) -> Callable[[Path], None]:
    """Replace a file's content."""
    return lambda root: (root / path).write_bytes(content) and None


def append(path: str, text: str) -> Callable[[Path], None]:
    """Add text at the end of a file."""

    def apply(root: Path) -> None:
        with (root / path).open("a") as file:
            file.write(text)

    return apply


def silence(path: str) -> Callable[[Path], None]:
    """Make a WAV say nothing."""

    def apply(root: Path) -> None:
        file = root / path
        content = file.read_bytes()
        file.write_bytes(content[:44] + bytes(len(content) - 44))

    return apply


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    """Several edits that make one damage."""

    def apply(root: Path) -> None:
        for change in changes:
            change(root)

    return apply


INBOUND, MENUS, PEOPLE = (
    f"{ETC}/extensions.d/10-inbound.conf",
    f"{ETC}/extensions.d/20-menus.conf",
    f"{ETC}/extensions.d/30-people.conf",
)
FEATURES, OUTBOUND = f"{ETC}/extensions.d/40-features.conf", f"{ETC}/extensions.d/50-outbound.conf"
PHONES, TRUNKS = f"{ETC}/pjsip.d/phones.conf", f"{ETC}/pjsip.d/trunks.conf"

SABA: tuple[Mutation, ...] = (
    # prompts and sounds
    Mutation(
        "a prompt deleted in both languages",
        both(delete(f"{SOUNDS}/fa/custom/welcome.wav"), delete(f"{SOUNDS}/en/custom/welcome.wav")),
        ("custom/welcome",),
    ),
    Mutation("a prompt deleted in Persian only", delete(f"{SOUNDS}/fa/custom/menu-main.wav"), ("custom/menu-main",)),
    Mutation("a prompt cut to its header", cut(f"{SOUNDS}/fa/custom/welcome.wav", 0.0005), ("custom/welcome",)),
    Mutation(
        "a prompt that is silent", silence(f"{SOUNDS}/fa/custom/support-welcome.wav"), ("custom/support-welcome",)
    ),
    Mutation(
        "a prompt renamed in the dialplan", edit(MENUS, "custom/menu-main", "custom/menu-mian"), ("custom/menu-mian",)
    ),
    Mutation("all Persian prompts lost", delete(f"{SOUNDS}/fa"), ("fa",)),
    Mutation("the music on hold lost", delete("var/lib/asterisk/moh/saba-hold.wav"), ("default",)),
    Mutation("a mailbox greeting lost", delete("var/spool/asterisk/voicemail/default/290/unavail.wav"), ("290",)),
    # files and syntax
    Mutation("an included file missing", delete(PEOPLE), ("people",)),
    Mutation(
        "an include line that names a missing file",
        edit(f"{ETC}/pjsip.conf", "pjsip.d/phones.conf", "pjsip.d/phone.conf"),
        ("pjsip.d/phone.conf",),
    ),
    Mutation("a bracket lost in the dialplan", edit(MENUS, "[menu-language]", "[menu-language"), ("20-menus.conf",)),
    Mutation("a bracket lost in pjsip.conf", edit(TRUNKS, "[carrier-a](trunk)", "[carrier-a(trunk)"), ("trunks.conf",)),
    Mutation("the dialplan cut short", cut(MENUS, 0.5), ("menu",)),
    Mutation("the phones' file cut short", cut(PHONES, 0.6), ("phones.conf",)),
    Mutation("extensions.conf empty", overwrite(f"{ETC}/extensions.conf", b""), ("extensions.conf",)),
    Mutation("a file full of NUL bytes", overwrite(PEOPLE, bytes(4000)), ("30-people.conf",)),
    Mutation("a template missing", edit(f"{ETC}/pjsip.conf", "[phone-auth](!)", "[phone-auht](!)"), ("phone-auth",)),
    Mutation(
        "an equals sign lost in a secret",
        edit(PHONES, "password = a6AVlDV2OflRCARQVW4C", "password a6AVlDV2OflRCARQVW4C"),
        ("200",),
    ),
    Mutation("a block comment never closed", edit(OUTBOUND, ";--\n", ";--\n;--\n"), ("50-outbound.conf",)),
    Mutation(
        "modules.conf without autoload", edit(f"{ETC}/modules.conf", "autoload = yes", "autoload = no"), ("module",)
    ),
    # dialplan
    Mutation("a context renamed", edit(PEOPLE, "[queues]", "[queue]"), ("queues",)),
    Mutation(
        "a menu key pointing nowhere",
        edit(MENUS, "exten => 3,1,Goto(ring-groups,accounting,1)", "exten => 3,1,Goto(ring-groups,acounting,1)"),
        ("acounting",),
    ),
    Mutation(
        "a menu key that loops on itself",
        edit(MENUS, "exten => 2,1,Goto(queues,support,1)", "exten => 2,1,Goto(2,1)"),
        ("20-menus.conf",),
        "full",
    ),
    Mutation(
        "a label that is gone",
        edit(
            MENUS,
            "same => n(ask),Set(TRIES=$[${TRIES} + 1])\n same => n,Background",
            "same => n,Set(TRIES=$[${TRIES} + 1])\n same => n,Background",
        ),
        ("ask",),
    ),
    Mutation("the trunk's context renamed", edit(INBOUND, "[from-carrier-a]", "[from-carier-a]"), ("from-carrier-a",)),
    Mutation(
        "opening hours inverted",
        both(
            edit(INBOUND, "?open)", "?clsd)", 4),
            edit(INBOUND, "same => n(closed)", "same => n(opn)", 1),
            edit(INBOUND, "?clsd)", "?closed)", 4),
            edit(
                INBOUND,
                "n(opn),Goto(office-closed,company,1)\n same => n(open),Goto(menu-language,s,1)",
                "n(open),Goto(menu-language,s,1)\n same => n(closed),Goto(office-closed,company,1)",
            ),
        ),
        ("closed", "982188880100"),
    ),
    Mutation(
        "an application that does not exist",
        edit(PEOPLE, " same => n,Queue(support", " same => n,Qeue(support"),
        ("Qeue",),
    ),
    Mutation("an outbound route's context gone", edit(OUTBOUND, "[carriers]", "[carrier]"), ("carriers",)),
    Mutation(
        "the trunk's name misspelt in a global",
        edit(f"{ETC}/extensions.conf", "MAIN_TRUNK = carrier-a", "MAIN_TRUNK = carier-a"),
        ("carier-a",),
    ),
    Mutation(
        "a dialplan that loops for ever",
        edit(
            INBOUND,
            "exten => 982188880200,1,Verbose",
            "exten => 982188880200,1,Goto(982188880200,1)\n same => n,Verbose",
        ),
        ("982188880200",),
    ),
    # phones and trunks
    Mutation("a phone's AOR gone", edit(PHONES, "[201](phone-aor)\n", ""), ("201",)),
    Mutation("a phone's secret emptied", edit(PHONES, "password = lGMKIb2lvgY0bmVPkseN\n", ""), ("201",)),
    Mutation("a phone's auth section renamed", edit(PHONES, "auth = 211\n", "auth = 2111\n"), ("211",)),
    Mutation(
        "a phone's context misspelt",
        edit(f"{ETC}/pjsip.conf", "context = internal\n", "context = intrenal\n"),
        ("intrenal",),
    ),
    Mutation(
        "a phone's mailbox misspelt", edit(PHONES, "mailboxes = 211@default", "mailboxes = 2111@default"), ("2111",)
    ),
    Mutation(
        "the carrier no longer recognised", edit(TRUNKS, "match = 192.0.2.10", ";match = 192.0.2.10"), ("carrier-a",)
    ),
    Mutation("the carrier's password lost", edit(TRUNKS, "password = ", "; password = "), ("carrier-a",)),
    Mutation(
        "the transport on another port than bound",
        edit(f"{ETC}/pjsip.conf", "protocol = udp", "protocol = upd"),
        ("udp",),
    ),
    # queues, voicemail, modules
    Mutation("a queue renamed", edit(f"{ETC}/queues.conf", "[support](team)", "[suport](team)"), ("support",)),
    Mutation(
        "a queue without members",
        edit(f"{ETC}/queues.conf", "member => PJSIP/21", ";member => PJSIP/21", 4),
        ("sales",),
    ),
    Mutation(
        "a queue member that does not exist", edit(f"{ETC}/queues.conf", "PJSIP/221,0", "PJSIP/2211,0"), ("2211",)
    ),
    Mutation("queues.conf lost", delete(f"{ETC}/queues.conf"), ("sales",)),
    Mutation("a mailbox lost", edit(f"{ETC}/voicemail.conf", "290 => 4069", ";290 => 4069"), ("290",), "full"),
    Mutation("voicemail.conf lost", delete(f"{ETC}/voicemail.conf"), ("voicemail",)),
    Mutation(
        "the queue module not loaded", append(f"{ETC}/modules.conf", "\nnoload = app_queue.so\n"), ("app_queue.so",)
    ),
    Mutation(
        "the SIP driver not loaded", append(f"{ETC}/modules.conf", "\nnoload = chan_pjsip.so\n"), ("chan_pjsip.so",)
    ),
    Mutation(
        "the music format not loaded", append(f"{ETC}/modules.conf", "\nnoload = format_wav.so\n"), ("format_wav.so",)
    ),
    Mutation(
        "a conference profile gone",
        edit(f"{ETC}/confbridge.conf", "[saba_bridge]", "[saba_brigde]"),
        ("saba_bridge",),
        "full",
    ),
    Mutation("a ring group's phone gone", edit(f"{ETC}/extensions.conf", "PJSIP/243", "PJSIP/249"), ("249",)),
)

FREEPBX: tuple[Mutation, ...] = (
    Mutation("pjsip.auth.conf lost", delete(f"{ETC}/pjsip.auth.conf"), ("pjsip.auth.conf",)),
    Mutation(
        "extensions_additional.conf cut short",
        cut(f"{ETC}/extensions_additional.conf", 0.5),
        ("extensions_additional.conf",),
    ),
    Mutation(
        "extensions_additional.conf lost", delete(f"{ETC}/extensions_additional.conf"), ("extensions_additional.conf",)
    ),
    Mutation("an IVR context renamed", edit(f"{ETC}/extensions_additional.conf", "[ivr-1]", "[ivr-01]"), ("ivr-1",)),
    Mutation(
        "an IVR key pointing nowhere",
        edit(
            f"{ETC}/extensions_additional.conf",
            "exten => 1,n(ivrsel-1),Goto(ext-queues,402,1)",
            "exten => 1,n(ivrsel-1),Goto(ext-queues,499,1)",
        ),
        ("499",),
    ),
    Mutation(
        "a queue gone from queues_additional.conf", edit(f"{ETC}/queues_additional.conf", "[401]", "[491]"), ("401",)
    ),
    Mutation("an endpoint's AOR gone", edit(f"{ETC}/pjsip.aor.conf", "[1010]", "[10100]"), ("1010",)),
    Mutation("a mailbox gone", edit(f"{ETC}/voicemail.conf", "\n1010=", "\n91010="), ("1010",)),
    Mutation(
        "a DID routed nowhere",
        edit(
            f"{ETC}/extensions_additional.conf",
            "exten => 12125551003,n(dest-ext),Goto(from-did-direct,1003,1)",
            "exten => 12125551003,n(dest-ext),Goto(from-did-direct,9003,1)",
        ),
        ("9003",),
    ),
    Mutation("pbx_config not loaded", append(f"{ETC}/modules.conf", "\nnoload = pbx_config.so\n"), ("pbx_config.so",)),
    Mutation("the astdb lost", delete("var/lib/asterisk/astdb.sqlite3"), ("AMPUSER",)),
    Mutation(
        "a trunk's identify gone",
        edit(f"{ETC}/pjsip.identify.conf", "match=127.0.0.9", ";match=127.0.0.9"),
        ("CarrierA",),
    ),
)
