"""What is put where a product's own files are only links: the least that leads into the customer's own."""

from __future__ import annotations

import pytest

from ringkeep.asterisk.conf import read_configuration
from ringkeep.asterisk.extensions import read_dialplan
from ringkeep.phonesystem.standins import CONTEXTS, INCLUDES, stand_ins
from tests.phonesystem.systems import files_of

ADDITIONAL = "[ext-did]\nexten => 5550100,1,Goto(ext-local,1001,1)\n[ext-local]\nexten => 1001,1,Answer()\n"
FILES = files_of({"extensions_additional.conf": ADDITIONAL, "sip_additional.conf": "[1001]\nhost=dynamic\n"})
MAIN = "/etc/asterisk/extensions.conf"


def test_an_inbound_number_is_found_through_the_stand_in() -> None:
    dialplan = read_dialplan({**FILES, **stand_ins(FILES, [MAIN])})
    found = dialplan.find("from-trunk", "5550100")
    assert found is not None and found[0].name == "ext-did"
    assert dialplan.problems == []


def test_a_context_the_customer_has_is_not_made_twice() -> None:
    own = files_of(
        {"extensions_additional.conf": ADDITIONAL, "extensions_custom.conf": "[from-pstn]\nexten => 1,1,Answer()\n"}
    )
    made = stand_ins(own, [MAIN])[MAIN].decode()
    assert "[from-pstn]" not in made and "[from-trunk]" in made


@pytest.mark.parametrize("name", INCLUDES)
def test_a_stand_in_is_readable_and_complains_of_nothing(name: str) -> None:
    path = f"/etc/asterisk/{name}"
    configuration = read_configuration({**FILES, **stand_ins(FILES, [path])}, name)
    assert configuration is not None and configuration.problems == []


def test_the_customers_phones_are_read_through_sip_conf() -> None:
    made = stand_ins(FILES, ["/etc/asterisk/sip.conf"])
    configuration = read_configuration({**FILES, **made}, "sip.conf")
    assert configuration is not None and configuration.section("1001") is not None


def test_every_context_made_is_dialplan_without_a_problem() -> None:
    text = "".join(f"[{name}]\n{body}" for name, body in CONTEXTS.items())
    assert read_dialplan({MAIN: text.encode()}).problems == []


@pytest.mark.parametrize(
    ("files", "dangling"),
    [({}, MAIN), (FILES, "/etc/asterisk/unknown.conf"), (FILES, "/etc/other/extensions.conf")],
)
def test_nothing_is_made_up_where_it_is_not_known_to_belong(files: dict[str, bytes], dangling: str) -> None:
    assert stand_ins(files, [dangling]) == {}
