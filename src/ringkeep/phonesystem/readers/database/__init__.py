"""FreePBX's and IssabelPBX's database -> the phone system as the product's own pages show it.

What the database says becomes what Asterisk runs only when somebody presses "Apply Config": `PhoneSystem.shown` is
read here, the rest from the files. Both products share the tables, and old and new versions differ in columns;
what is not there is None. Source: install.php, module.xml and Backup.php of each module.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringkeep.asterisk.conf import Problem
from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.phonesystem.model import PhoneSystem, Tables
from ringkeep.phonesystem.readers.database import codes, extensions, groups, menus, routes, states, trunks

__all__ = ["read_database"]


def read_database(
    tables: Tables, *, product: str = "freepbx", database: Mapping[str, str] | None = None
) -> PhoneSystem:
    """Read a phone system from its product's tables and from astdb (`database`); nothing raises.

    There is no dialplan and no listener in it: those are only in files.
    """
    astdb = database or {}
    lines = tuple(trunks.read_trunks(tables))
    return PhoneSystem(
        product=product,
        configurations={},
        dialplan=Dialplan(),
        listeners=(),
        extensions=tuple(extensions.read_extensions(tables, astdb)),
        trunks=lines,
        mailboxes=tuple(extensions.read_mailboxes(tables)),
        queues=tuple(groups.read_queues(tables, astdb)),
        ring_groups=tuple(groups.read_ring_groups(tables, astdb)),
        menus=tuple(menus.read_menus(tables)),
        inbound_numbers=tuple(routes.read_inbound_numbers(tables, lines)),
        outbound_routes=tuple(routes.read_outbound_routes(tables, lines)),
        feature_codes=tuple(codes.read_feature_codes(tables)),
        conferences=tuple(groups.read_conferences(tables)),
        paths=None,
        database=astdb,
        announcements=tuple(menus.read_announcements(tables)),
        time_conditions=tuple(menus.read_time_conditions(tables, astdb)),
        night_switches=tuple(menus.read_night_switches(tables, astdb)),
        follow_mes=tuple(groups.read_follow_mes(tables, astdb)),
        call_states=states.read_call_states(astdb),
        paging_groups=tuple(groups.read_paging_groups(tables)),
        parking_lots=tuple(groups.read_parking_lots(tables)),
        music_classes=tuple(codes.read_music_classes(tables)),
        outside_numbers=tuple(codes.read_outside_numbers(tables)),
        direct_accesses=tuple(codes.read_direct_accesses(tables)),
        blacklist=states.read_blacklist(astdb),
        tables=tables,
        problems=_problems(tables),
    )


def _problems(tables: Tables) -> tuple[Problem, ...]:
    """What was unreadable in the dumps: known only after their tables were read."""
    return tuple(problem for problem in getattr(tables, "problems", ()) if isinstance(problem, Problem))
