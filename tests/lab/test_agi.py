"""The ring script over a real socket: what it asks, what it sets, and that no peer can make it fail."""

from __future__ import annotations

import asyncio
import re
import socket

import pytest

from ringkeep.lab.agi import ScriptService

DATABASE = {"/DEVICE/1001/dial": "PJSIP/1001", "/DEVICE/1002/dial": "PJSIP/1002"}
RING = b"agi_network: yes\nagi_network_script: dialparties.agi\n\n"


def converse(request: bytes, variables: dict[str, str], database: dict[str, str]) -> tuple[ScriptService, list[str]]:
    """Play Asterisk's side of one session; `variables` are the channel's. The commands asked, in order."""

    async def session() -> tuple[ScriptService, list[str]]:
        service = ScriptService(database)
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        await service.start(listening)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        asked = []
        while line := (await asyncio.wait_for(reader.readline(), 5)).decode().rstrip("\n"):
            asked.append(line)
            name = line.split()[2]
            known = line.startswith("GET") and name in variables
            writer.write(f"200 result=1 ({variables[name]})\n".encode() if known else b"200 result=0\n")
        writer.close()
        return service, asked

    return asyncio.run(session())


def was_set(asked: list[str]) -> dict[str, str]:
    found = (re.fullmatch(r'SET VARIABLE (\w+) "(.*)"', line) for line in asked)
    return {match[1]: match[2] for match in found if match}


def test_the_members_to_ring_are_set_for_dial() -> None:
    service, asked = converse(RING, {"ARG1": "20", "ARG2": "tr", "ARG3": "1001-1002"}, DATABASE)
    assert was_set(asked) == {
        "ds": "PJSIP/1001&PJSIP/1002,20,tr", "FILTERED_DIAL": "1001-1002", "MACRODIALGOTO_PRI": "normdial",
    }  # fmt: skip
    assert (service.played, service.refused) == ({"dialparties.agi"}, set())


def test_nothing_is_set_when_nobody_is_to_be_rung() -> None:
    assert was_set(converse(RING, {"ARG3": "1009"}, DATABASE)[1]) == {}


def test_forwarding_is_ignored_where_the_group_says_so() -> None:
    variables = {"ARG3": "1001", "CFIGNORE": "TRUE"}
    assert was_set(converse(RING, variables, {**DATABASE, "/CF/1001": "0777"})[1])["ds"] == "PJSIP/1001,,"


def test_a_quote_in_the_database_cannot_end_the_value() -> None:
    database = {"/DEVICE/1001/dial": 'PJSIP/1" x \\'}
    (line,) = [line for line in converse(RING, {"ARG3": "1001"}, database)[1] if line.startswith("SET VARIABLE ds")]
    assert line == r'SET VARIABLE ds "PJSIP/1\" x \\,,"'


def test_every_other_script_is_refused_and_remembered() -> None:
    service, asked = converse(b"agi_network_script: own.php?x=1\n\n", {}, {})
    assert (service.refused, service.played, asked) == ({"own.php"}, set(), [])


@pytest.mark.parametrize("request_", [b"\n\n", b"\xff\xfe\n\n", b"x" * 200_000], ids=["empty", "no text", "endless"])
def test_a_peer_that_speaks_nonsense_is_let_go(request_: bytes) -> None:
    try:
        assert converse(request_, {}, {})[1] == []
    except ConnectionError:
        return  # it was cut off while it still talked
