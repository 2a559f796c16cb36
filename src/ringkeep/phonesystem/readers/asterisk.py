"""Asterisk's files -> one `PhoneSystem`, whatever product wrote them."""

from __future__ import annotations

from collections.abc import Mapping, Set

from ringkeep.asterisk.conf import Files, Place, Problem, read_configuration
from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.asterisk.extensions import read_dialplan
from ringkeep.phonesystem.model import PhoneSystem, Tables
from ringkeep.phonesystem.readers import configured, dahdi, iax, numbers, pjsip, product_state, sip
from ringkeep.phonesystem.readers.database import read_database
from ringkeep.phonesystem.readers.elsewhere import kept_elsewhere
from ringkeep.phonesystem.readers.merging import both
from ringkeep.phonesystem.readers.titles import Titles
from ringkeep.phonesystem.readers.trunks import with_globals

CONFIGURATIONS = (
    "asterisk.conf", "modules.conf", "pjsip.conf", "sip.conf", "iax.conf", "voicemail.conf", "queues.conf",
    "confbridge.conf", "meetme.conf", "musiconhold.conf", "features.conf", "res_parking.conf", "manager.conf",
    "http.conf", "rtp.conf", "cdr.conf", "res_odbc.conf", "cdr_mysql.conf", "cdr_adaptive_odbc.conf", "func_odbc.conf",
    "extconfig.conf", "cdr_custom.conf", "indications.conf", "logger.conf", "pjsip_wizard.conf", "chan_dahdi.conf",
    "sorcery.conf",
)  # fmt: skip


def read_phone_system(
    files: Files,
    *,
    product: str = "asterisk",
    database: Mapping[str, str] | None = None,
    paths: Set[str] | None = None,
    tables: Tables | None = None,
    etc_dir: str = "/etc/asterisk",
) -> PhoneSystem:
    """Read a phone system from its files; odd input becomes `problems`, nothing raises."""
    configurations = {
        name: configuration
        for name in CONFIGURATIONS
        if (configuration := read_configuration(files, name, etc_dir=etc_dir)) is not None
    }
    dialplan = read_dialplan(files, path=f"{etc_dir}/extensions.conf")
    problems: list[Problem] = [p for c in configurations.values() for p in c.problems]
    by_pjsip = pjsip.read(
        configurations.get("pjsip.conf"),
        dialplan,
        configurations.get("pjsip_wizard.conf"),
        configurations.get("sorcery.conf"),
    )
    by_sip = sip.read(configurations.get("sip.conf"))
    by_others = (iax.read(configurations.get("iax.conf")), dahdi.read(configurations.get("chan_dahdi.conf")))
    extensions = (*by_pjsip.extensions, *by_sip.extensions, *(e for found in by_others for e in found.extensions))
    trunks = (*by_pjsip.trunks, *by_sip.trunks, *(t for found in by_others for t in found.trunks))
    astdb = dict(database or {})
    ends = numbers.Ends(
        product_state.with_users(extensions, astdb), tuple(with_globals(trunks, dialplan.globals)),
        tuple(configured.queues(configurations.get("queues.conf"))),
    )  # fmt: skip
    found = numbers.find(dialplan, ends, Titles(files), astdb)
    system = PhoneSystem(
        product=product,
        configurations=configurations,
        dialplan=dialplan,
        listeners=(*by_pjsip.listeners, *by_sip.listeners, *(one for found in by_others for one in found.listeners)),
        extensions=found.extensions,
        trunks=ends.trunks,
        mailboxes=tuple(configured.mailboxes(configurations.get("voicemail.conf"))),
        queues=found.queues,
        ring_groups=found.ring_groups,
        menus=found.menus,
        inbound_numbers=found.inbound_numbers,
        outbound_routes=found.outbound_routes,
        feature_codes=found.feature_codes,
        conferences=found.conferences,
        paths=None if paths is None else frozenset(paths),
        database=astdb,
        problems=(*problems, *by_pjsip.problems, *kept_elsewhere(configurations), *dialplan.problems),
        announcements=found.announcements,
        time_conditions=found.time_conditions,
        night_switches=found.night_switches,
        follow_mes=tuple(product_state.follow_mes(astdb, _follow_me_places(dialplan))),
        call_states=tuple(product_state.call_states(astdb)),
        paging_groups=found.paging_groups,
        parking_lots=tuple(configured.parking_lots(configurations)),
        music_classes=tuple(configured.music_classes(configurations.get("musiconhold.conf"))),
        outside_numbers=found.outside_numbers,
        direct_accesses=found.direct_accesses,
        blacklist=product_state.blacklist(astdb),
        files=files,
        tables=tables or {},
    )
    return both(system, read_database(tables, product=product, database=astdb) if tables else None)


def _follow_me_places(dialplan: Dialplan) -> dict[str, Place]:
    """Extension -> where ext-findmefollow has it."""
    context = dialplan.contexts.get("ext-findmefollow")
    return {e.pattern: e.place for e in context.extensions if e.pattern.isdigit()} if context else {}
