"""Whatever is wrong with a question to the API, the answer has one shape, in both languages, and nothing is started."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.models import Job
from ringkeep.web.api import api, token
from tests.web.test_pages import NOW, enrolled

JSON = "application/json"
ODD = ["nobody", "..%2f..%2fetc", "a%0ab", "%00", "%D8%B3%D8%A8%D8%A7", "x" * 20_000, "%F0%9F%93%9E", "' OR 1=1 --"]
# Operation -> what cannot be about it besides a name that nobody has: (rest of the path and question, body, status, code).
WRONG = [
    ("GET", "status?limit=x", "", 422, "usage"),
    ("GET", "status?lang=de", "", 422, "usage"),
    ("GET", "jobs?state=nonsense", "", 422, "usage"),
    ("GET", "jobs?offset=one", "", 422, "usage"),
    ("POST", "phone-systems/saba/drill", "{bad", 400, "usage"),
    ("POST", "phone-systems/saba/drill", '{"backup": "../x"}', 422, "usage"),
    ("POST", "phone-systems/saba/drill", '{"backup": "nope"}', 409, "refused"),
    ("POST", "phone-systems/saba/drill", '{"calls": "all"}', 409, "refused"),
    ("POST", "phone-systems/retired/backup", "", 409, "refused"),
    ("GET", "nothing/there", "", 404, "unknown"),
    ("DELETE", "nothing", "", 404, "unknown"),
]


@pytest.fixture
def client(home: Path) -> Client:
    enrolled("saba")
    enrolled("retired", retired_at=NOW)
    return Client(headers={"Authorization": f"Bearer {token()}"}, SERVER_NAME="127.0.0.1")


def asked(client: Client, method: str, path: str, body: str = "") -> tuple[int, str, str]:
    """(status, code, message) of an error, its message in English; Persian is looked at beside."""
    joint = "&" if "?" in path else "?"
    english = client.generic(method, f"/api/v1/{path}", body, JSON)
    persian = client.generic(
        method, f"/api/v1/{path}{joint}lang=fa" if "lang=" not in path else f"/api/v1/{path}", body, JSON
    )
    for answer in (english, persian):
        assert answer.status_code == english.status_code
        assert answer.json().keys() == {"error"} and answer.json()["error"].keys() == {"code", "message"}
    error, other = english.json()["error"], persian.json()["error"]
    assert error["code"] == other["code"] and len(error["message"]) < 1500
    assert "lang=" in path or re.search("[آ-ی]", other["message"]), other
    return english.status_code, error["code"], error["message"]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), WRONG)
def test_what_cannot_be_is_told_in_one_shape(
    client: Client, method: str, path: str, body: str, status: int, code: str
) -> None:
    assert asked(client, method, path, body)[:2] == (status, code)
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ODD)
def test_a_name_that_nobody_has_is_unknown_to_every_operation(client: Client, name: str) -> None:
    operations = [
        (method.upper(), path.removeprefix("/api/v1/"))
        for path, methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
        for method in methods
        if "{" in path
    ]
    assert len(operations) >= 9
    for method, path in operations:
        body = "{}" if path.endswith("drill") else ""
        status, code, _ = asked(client, method, re.sub(r"{\w+}", name.replace("\\", ""), path), body)
        assert (status, code) == (404, "unknown"), (method, path)
    assert not Job.objects.exists() and PhoneSystem.objects.count() == 2


def test_numbers_that_no_database_counts_to_are_taken_as_the_furthest_there_is(client: Client) -> None:
    for path in ("status", "jobs", "findings", "phone-systems/saba/backups", "phone-systems/saba/drills"):
        answer = client.get(f"/api/v1/{path}?offset={10**40}&limit={10**40}")
        assert answer.status_code == 200, path
    assert client.get(f"/api/v1/jobs?offset=-{10**30}&limit=-5").status_code == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer ", "Bearer x", "Bearer \u06f1\u06f2", "Basic eDp5", "Bearer " + "x" * 5000]
)
def test_without_the_token_nothing_is_told(client: Client, given: str) -> None:
    stranger = Client(headers={"Authorization": given.encode().decode("latin-1")}, SERVER_NAME="127.0.0.1")
    for path in ("status", "jobs", "phone-systems/saba", "nothing"):
        answer = stranger.get(f"/api/v1/{path}")
        assert answer.status_code == 401 and answer.json()["error"]["code"] == "unauthorized"
        assert token() not in answer.content.decode()


def test_a_fault_of_ours_is_a_sentence_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of our own")

    monkeypatch.setattr("ringkeep.web.api.status", fails)
    client.raise_request_exception = False
    answer = client.get("/api/v1/status")
    assert answer.status_code == 500 and answer.json()["error"]["code"] == "internal"
