"""Phones, trunks, queues and mailboxes as real Asterisk has them after loading a folder's files, against our reading.

One running Asterisk per version: a folder's files are laid into its /etc/asterisk, its modules reload and are asked; between
two folders they load empty files, so that nothing is left of the one before.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ringkeep.asterisk.conf import Configuration, read_configuration
from ringkeep.lab.server import Server
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.readers import read_phone_system
from ringkeep.phonesystem.readers.elsewhere import types_elsewhere
from ringkeep.phonesystem.readers.pjsip_objects import Objects
from tests.oracle.configurations import ETC, Folder, folders
from tests.oracle.score import Score
from tests.sealed import boot, lab, sealed

OWN = (
    "asterisk.conf",
    "modules.conf",
    "manager.conf",
    "logger.conf",
    "extensions.conf",
    "sorcery.conf",
    "extconfig.conf",
    "res_odbc.conf",
)
PJSIP_KINDS = {
    "aor": "aors",
    "auth": "auths",
    "identify": "identifies",
    "registration": "registrations",
    "transport": "transports",
}
# File that a folder must have -> modules that load it anew.
MODULES = {
    "pjsip": (
        "res_geolocation.so",
        "res_pjsip.so",
        "res_pjsip_outbound_registration.so",
        "res_pjsip_endpoint_identifier_ip.so",
        "res_pjsip_config_wizard.so",
    ),
    "queues": ("app_queue.so",),
    "voicemail": ("app_voicemail.so",),
    "iax": ("chan_iax2.so",),
    "sip": ("chan_sip.so",),
    "confbridge": ("app_confbridge.so",),
}
# app_voicemail_odbc, which cannot start here, would take app_voicemail's manager actions with it.
MODULES_CONF = b"[modules]\nautoload=yes\nnoload=app_voicemail_odbc.so\n"
LAST_PEER = "ringkeep-last-"
NO_ADDRESS = re.compile(
    r"Transport '([^']+)' could not be started: (?:Address already in use|Cannot assign requested address)"
)
ROW = re.compile(r"^ {0,12}(?:Aor|Auth|Identify|Transport): +([^\s].*?)(?: {2,}.*)?$", re.M)


@dataclass(frozen=True, slots=True)
class Had:
    """What Asterisk has of one kind: name -> what it says of it; and what it complained of while loading."""

    objects: Mapping[str, tuple[str, ...]]
    complaints: tuple[str, ...] = ()


Answers = dict[str, Had]  # "endpoints", "aors", ..., "queues", "mailboxes", "iax2 peers", "sip peers"


def score(systems: Path, version: int = 22) -> list[Score]:
    """How often each kind of object is what that Asterisk has, counted by object.

    Transports for which this machine has no address, or whose port the folder before still holds, are not counted.
    """
    cases = [folder for folder in folders(systems) if any(f"{driver}.conf" in folder.files for driver in MODULES)]
    scores: dict[str, Score] = {}
    for folder, answers in zip(cases, real(cases, version), strict=True):
        mine = ours(folder)
        for kind, had in answers.items():
            result = scores.setdefault(kind, Score(f"{kind} as Asterisk {version} loads them"))
            uncounted = (
                {name for text in had.complaints for name in NO_ADDRESS.findall(text)}
                if kind == "transports"
                else set()
            )
            for name in sorted({*had.objects, *mine.get(kind, {})} - uncounted):
                result.count(f"{folder.name}: {name}", _why(name, mine.get(kind, {}).get(name), had))
    return list(scores.values())


def _why(name: str, mine: tuple[str, ...] | None, had: Had) -> str | None:
    real = had.objects.get(name)
    if mine == real:
        return None
    if real is None:
        return f"Asterisk has it not: {_reason(name, had.complaints)}"
    return "we have it not" if mine is None else f"we: {mine}; Asterisk: {real}"


def _reason(name: str, complaints: tuple[str, ...]) -> str:
    """What Asterisk said before it gave an object up."""
    for index, text in enumerate(complaints):
        if f"'{name}'" in text and "could not be loaded" in text:
            return text
        if f"with id '{name}'" in text:
            return complaints[index - 1] if index else text
    return "it does not say why"


# -- what Asterisk has ------------------------------------------------------------------------------------------------


def real(cases: Iterable[Folder], version: int) -> list[Answers]:
    """What that Asterisk has of each folder; one boot."""

    async def work() -> list[Answers]:
        empty = {f"{ETC}/{name}.conf": b"[general]\n" for name in MODULES if name != "pjsip"}
        start = {
            f"{ETC}/extensions.conf": b"[default]\n",
            f"{ETC}/modules.conf": MODULES_CONF,
            f"{ETC}/pjsip.conf": b"",
            f"{ETC}/pjsip_wizard.conf": b"",
        }
        pbx, _ = await boot(lab(version), {**empty, **start})
        return [await _ask(pbx, folder, version) for folder in cases]

    return sealed(work)


async def _ask(pbx: Server, folder: Folder, version: int) -> Answers:
    etc = pbx.tree.outside(ETC)
    drivers = [name for name in MODULES if f"{name}.conf" in folder.files and (name != "sip" or version < 21)]
    own = {path: content for path, content in folder.files.items() if path not in OWN}
    for path, content in own.items():
        target = etc / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.parent.chmod(0o755)
        target.unlink(missing_ok=True)
        target.write_bytes(content)
        target.chmod(0o644)
    before = len(pbx.log())
    await _reload(pbx, drivers)
    found = {kind: objects for driver in drivers for kind, objects in (await ASK[driver](pbx)).items()}
    said = tuple(f"{line.text}" for line in pbx.log()[before:] if line.level != "NOTICE")
    for path in own:
        (etc / path).unlink()
    for driver in drivers:
        for name in (driver, "pjsip_wizard") if driver == "pjsip" else (driver,):
            (etc / f"{name}.conf").write_bytes(b"[general]\n")
            (etc / f"{name}.conf").chmod(0o644)
    await _reload(pbx, drivers)
    return {kind: Had(objects, said) for kind, objects in found.items()}


async def _reload(pbx: Server, drivers: Iterable[str]) -> None:
    for driver in drivers:
        for module in MODULES[driver]:
            if module == "chan_sip.so":
                await _reload_sip(pbx)
            else:
                await pbx.manager.command(f"module reload {module}")


async def _reload_sip(pbx: Server) -> None:
    """chan_sip only notes that it is to reload, and a thread of its own does it at some later moment, saying nothing.

    So a peer of ours ends the file: it is there when the file is read, and the one before is pruned at the very end.
    """
    name = f"{LAST_PEER}{secrets.token_hex(4)}"
    with (pbx.tree.outside(ETC) / "sip.conf").open("ab") as file:
        file.write(f"\n[{name}]\ntype=peer\nhost=dynamic\n".encode())
    await pbx.manager.command("module reload chan_sip.so")
    for _ in range(250):
        events = await pbx.manager.collect("SIPpeers")
        if [one for m in events if (one := m.get("ObjectName")).startswith(LAST_PEER)] == [name]:
            return
        await asyncio.sleep(0.02)


async def _pjsip(pbx: Server) -> dict[str, dict[str, tuple[str, ...]]]:
    endpoints: dict[str, tuple[str, ...]] = {}
    for event in await pbx.manager.collect("PJSIPShowEndpoints"):
        if event.event == "EndpointList":
            name = event.get("ObjectName")
            details = await pbx.manager.collect("PJSIPShowEndpoint", Endpoint=name)
            one = next((m for m in details if m.event == "EndpointDetail"), event)
            fields = ("Context", "Auth", "OutboundAuth", "Aors", "Mailboxes", "Transport", "Callerid", "Language")
            endpoints[name] = tuple(_plain(one.get(field)) for field in fields)
    found = {"endpoints": endpoints}
    for kind, command in PJSIP_KINDS.items():
        if kind == "registration":
            events = await pbx.manager.collect("PJSIPShowRegistrationsOutbound")
            registrations = [m for m in events if m.event == "OutboundRegistrationDetail"]
            found[command] = {m.get("ObjectName"): (m.get("ServerUri"), m.get("ClientUri")) for m in registrations}
        else:
            shown = await pbx.manager.command(f"pjsip list {command}")
            found[command] = {_listed(row, kind): () for row in ROW.findall(shown) if not row.startswith("<")}
    return found


def _listed(row: str, kind: str) -> str:
    """The name in a row of `pjsip list`: with what it belongs to behind a slash."""
    return row.rpartition("/")[0] if kind in ("auth", "identify") and "/" in row else row


async def _queues(pbx: Server) -> dict[str, dict[str, tuple[str, ...]]]:
    events = await pbx.manager.collect("QueueStatus")
    queues = {m.get("Queue"): [m.get("Strategy")] for m in events if m.event == "QueueParams"}
    for event in events:
        if event.event == "QueueMember":
            queues[event.get("Queue")].append(event.get("Location"))
    return {"queues": {name: (values[0], *sorted(values[1:])) for name, values in queues.items()}}


async def _mailboxes(pbx: Server) -> dict[str, dict[str, tuple[str, ...]]]:
    events = await pbx.manager.collect("VoicemailUsersList")
    return {
        "mailboxes": {
            f"{m.get('VoiceMailbox')}@{m.get('VMContext')}": (m.get("Fullname"), _plain(m.get("Email")))
            for m in events
            if m.event == "VoicemailUserEntry"
        }
    }


async def _iax(pbx: Server) -> dict[str, dict[str, tuple[str, ...]]]:
    events = await pbx.manager.collect("IAXpeerlist")
    shown = await pbx.manager.command("iax2 show users")
    users = re.findall(r"^(\S+) +", shown.partition("Codec Pref")[2], re.M)
    return {
        "iax2 peers": {m.get("ObjectName"): () for m in events if m.event == "PeerEntry"},
        "iax2 users": dict.fromkeys(users, ()),
    }


async def _sip(pbx: Server) -> dict[str, dict[str, tuple[str, ...]]]:
    events = await pbx.manager.collect("SIPpeers")
    peers = {m.get("ObjectName"): (m.get("Dynamic"),) for m in events if m.event == "PeerEntry"}
    return {"sip peers": {name: values for name, values in peers.items() if not name.startswith(LAST_PEER)}}


async def _confbridge(pbx: Server) -> dict[str, dict[str, tuple[str, ...]]]:
    found = {}
    for kind in ("user", "bridge", "menu"):
        shown = await pbx.manager.command(f"confbridge show {'menus' if kind == 'menu' else f'profile {kind}s'}")
        rows = [line.strip() for line in shown.splitlines() if line.strip() and not line.lstrip().startswith("-")]
        found[f"conference {kind}s"] = {
            name: () for name in rows if not name.startswith("default_") and " " not in name
        }
    return found


ASK: dict[str, Callable[[Server], Awaitable[dict[str, dict[str, tuple[str, ...]]]]]] = {
    "pjsip": _pjsip, "queues": _queues, "voicemail": _mailboxes, "iax": _iax, "sip": _sip, "confbridge": _confbridge,
}  # fmt: skip


def _plain(text: str) -> str:
    return "" if text in ("<unknown>", "(null)") else re.sub(r'\\(.)|"', r"\1", text)


# -- what we read -------------------------------------------------------------------------------------------------------


def ours(folder: Folder) -> dict[str, dict[str, tuple[str, ...]]]:
    """The same from our reading."""
    files = {f"{ETC}/{path}": content for path, content in folder.files.items() if path not in OWN}
    system = read_phone_system(files)
    found: dict[str, dict[str, tuple[str, ...]]] = {
        "queues": {q.name: (q.strategy or "", *sorted(q.members)) for q in system.queues},
        "mailboxes": {f"{m.number}@{m.context}": (m.name or "", m.email or "") for m in system.mailboxes},
        "sip peers": {**{e.endpoint: ("yes",) for e in system.extensions if e.technology == "sip"},
                      **{t.endpoint: ("no",) for t in system.trunks if t.technology == "sip"}},
        **_our_pjsip(files), **_our_iax(system), **_our_conferences(read_configuration(files, "confbridge.conf")),
    }  # fmt: skip
    return found


def _our_pjsip(files: Mapping[str, bytes]) -> dict[str, dict[str, tuple[str, ...]]]:
    objects = Objects(
        read_configuration(files, "pjsip.conf"),
        read_configuration(files, "pjsip_wizard.conf"),
        types_elsewhere(read_configuration(files, "sorcery.conf")),
    )
    found: dict[str, dict[str, tuple[str, ...]]] = {"endpoints": {}}
    for section in objects.all("endpoint"):
        options = ("auth", "outbound_auth", "aors", "mailboxes", "transport", "callerid", "language")
        values = (section.get("context") or "default", *(_plain(section.get(option) or "") for option in options))
        found["endpoints"][section.name] = values
    for kind, command in PJSIP_KINDS.items():
        rows = {section.name: section for section in objects.all(kind)}
        values = {name: (one.get("server_uri") or "", one.get("client_uri") or "") for name, one in rows.items()}
        found[command] = values if kind == "registration" else dict.fromkeys(rows, ())
    return found


def _our_iax(system: PhoneSystem) -> dict[str, dict[str, tuple[str, ...]]]:
    configuration = system.configurations.get("iax.conf")
    kinds = {s.name: (s.get("type") or "").lower() for s in configuration.objects()} if configuration else {}
    known = {one.endpoint for one in (*system.extensions, *system.trunks) if one.technology == "iax2"}
    peers = [name for name in known if kinds.get(name) in ("peer", "friend")]
    users = [name for name in (*known, "guest") if kinds.get(name) in ("user", "friend")]
    return {"iax2 peers": dict.fromkeys(peers, ()), "iax2 users": dict.fromkeys(users, ())}


def _our_conferences(configuration: Configuration | None) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {f"conference {kind}s": {} for kind in ("user", "bridge", "menu")}
    for section in configuration.objects() if configuration and not configuration.refused else ():
        kind = f"conference {section.get('type')}s"
        if kind in found and not section.name.startswith("default_"):
            found[kind][section.name] = ()
    return found
