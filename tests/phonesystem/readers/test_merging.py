"""Files and database become one system: the files decide, the database names."""

from __future__ import annotations

from dataclasses import replace

from ringkeep.asterisk.conf import Place
from ringkeep.asterisk.dialplan import Dialplan
from ringkeep.phonesystem.model import NOWHERE, FeatureCode, RingGroup
from ringkeep.phonesystem.readers.merging import both, with_titles
from tests.phonesystem.systems import system

HERE = Place("/etc/asterisk/extensions_additional.conf", 1)


def test_a_title_is_filled_in_and_what_the_files_say_stays() -> None:
    files = replace(
        system(), ring_groups=(RingGroup("601", "601", ("201",), HERE), RingGroup("602", "602", (), HERE, title="Own"))
    )
    shown = replace(
        system(),
        ring_groups=(
            RingGroup("601", "601", ("202",), NOWHERE, title="Sales"),
            RingGroup("602", "602", (), NOWHERE, title="Other"),
        ),
    )
    merged = with_titles(files, shown)
    assert [(g.title, g.members, g.place) for g in merged.ring_groups] == [("Sales", ("201",), HERE), ("Own", (), HERE)]


def test_a_code_has_the_name_that_its_owner_gave() -> None:
    files = replace(system(), feature_codes=(FeatureCode("*78", "Do not disturb on", "app-dnd-on", HERE),))
    shown = replace(system(), feature_codes=(FeatureCode("*78", "DND Activate", "dnd", NOWHERE),))
    assert [code.name for code in with_titles(files, shown).feature_codes] == ["DND Activate"]


def test_a_trunk_that_is_switched_off_comes_from_the_database_and_another_does_not() -> None:
    (trunk,) = system().trunks
    off = replace(trunk, name="spare", endpoint="spare", enabled=False)
    on = replace(trunk, name="new", endpoint="new", enabled=True)
    merged = with_titles(system(), replace(system(), trunks=(trunk, off, on)))
    assert [(t.name, t.enabled) for t in merged.trunks] == [("carrier", None), ("spare", False)]


def test_without_a_dialplan_the_lists_are_the_databases() -> None:
    shown = replace(system(), dialplan=Dialplan())
    merged = both(replace(system(), dialplan=Dialplan(), extensions=(), trunks=()), shown)
    assert merged.extensions == shown.extensions and merged.shown is shown and merged.disagreements == ()
