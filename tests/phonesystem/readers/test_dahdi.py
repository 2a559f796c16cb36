"""chan_dahdi.conf: a channel has the settings written above it; ports for phones are extensions, the others trunks."""

from __future__ import annotations

from ringkeep.asterisk.conf import read_configuration
from ringkeep.phonesystem.readers import dahdi
from ringkeep.phonesystem.readers.pjsip import Found

DAHDI = """\
[trunkgroups]
trunkgroup => 1,24
[channels]
language=en
context=from-pstn
switchtype=national
signalling=pri_cpe
group=1
channel => 1-15,17-19
group=2,3
signalling=fxs_ks
echocancel=yes
channel => 32,33
group=
context=internal
signalling=fxo_ks
callerid="Ana Smith" <301>
mailbox=301@default
channel => 34
callerid=
mailbox=
channel => 35
signalling=fxs_ks
context=from-analog
channel => 36
[door]
context=door
callerid="Door" <399>
signalling=fxo_ls
dahdichan=40
language=fa
"""


def read(text: str = DAHDI) -> Found:
    return dahdi.read(read_configuration({"/etc/asterisk/chan_dahdi.conf": text.encode()}, "chan_dahdi.conf"))


def test_a_port_that_is_signalled_fxo_is_a_phone() -> None:
    ana, plain, door = read().extensions
    assert (ana.number, ana.name, ana.endpoint, ana.context, ana.mailbox) == (
        "301",
        "Ana Smith",
        "34",
        "internal",
        "301@default",
    )
    assert (plain.number, plain.name, plain.mailbox) == ("35", None, None)
    assert (door.number, door.context, door.language) == ("399", "door", "fa")


def test_a_group_of_a_span_is_one_trunk() -> None:
    trunk = read().trunks[0]
    assert (trunk.name, trunk.technology, trunk.context, trunk.max_channels) == ("g1", "dahdi", "from-pstn", 18)
    assert (trunk.settings["kind"], trunk.settings["switchtype"]) == ("pri_cpe", "national")


def test_an_analogue_line_is_in_each_of_its_groups() -> None:
    names = {trunk.name: trunk.settings["channels"] for trunk in read().trunks}
    assert names == {"g1": ",".join(map(str, [*range(1, 16), 17, 18, 19])), "g2": "32,33", "g3": "32,33", "36": "36"}


def test_settings_below_a_channel_are_not_its_own() -> None:
    trunks = {trunk.name: trunk for trunk in read().trunks}
    assert "echocancel" not in trunks["g1"].settings and trunks["g2"].settings["echocancel"] == "yes"


def test_a_section_of_its_own_leaves_the_others_alone() -> None:
    assert {trunk.language for trunk in read().trunks} == {"en"}


def test_endless_ranges_come_to_an_end() -> None:
    found = read("[channels]\nsignalling=fxs_ks\nchannel => 1-999999999\nchannel => 5-1,x,pseudo\n")
    assert len(found.trunks) == dahdi.MOST_CHANNELS
