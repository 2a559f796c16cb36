"""The status page and the API as a browser and a program see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ringkeep.backups.models import COMPLETE, PARTIAL, Backup
from ringkeep.drills.models import Drill
from ringkeep.findings.actions import report
from ringkeep.fleet.models import Customer, PhoneSystem
from ringkeep.jobs.kinds import told
from ringkeep.jobs.models import FAILED, Job
from ringkeep.links import LinkError
from ringkeep.phonesystem.sentences import Sentence, sentence
from ringkeep.web.api import token

NOW = datetime.now(UTC)
HOSTILE = "<script>alert(1)</script>\u202eevil"


def enrolled(name: str, **fields: object) -> PhoneSystem:
    customer, _ = Customer.objects.get_or_create(name=f"Customer of {name}")
    made: PhoneSystem = PhoneSystem.objects.create(
        name=name, customer=customer, enrolled_at=NOW, host="127.0.0.1", port=22, user="ringkeep", host_key="x",
        credential={"key": "canary-of-the-vault"}, facts={"product": "asterisk", "asterisk": "22.10.1"}, **fields,
    )  # fmt: skip
    return made


def proven(system: PhoneSystem, ago: timedelta = timedelta(hours=3)) -> Backup:
    backup: Backup = Backup.objects.create(
        id=f"{system.name}-1", phone_system=system, job_id=f"b-{system.name}", state=COMPLETE, started_at=NOW - ago
    )
    Drill.objects.create(
        backup=backup, job_id=f"d-{system.name}", calls="quick", started_at=NOW - ago, ended_at=NOW - ago, verdict="good",
        first_answer_s=0.41, calls_good=9, calls_made=9,
    )  # fmt: skip
    return backup


@pytest.fixture
def client(home: Path) -> Client:
    return Client(headers={"Authorization": f"Bearer {token()}"}, SERVER_NAME="127.0.0.1")


def test_the_page_says_what_is_proven_and_what_is_wrong_in_both_languages(client: Client) -> None:
    good, bad = enrolled("saba"), enrolled("tehran")
    proven(good)
    report(bad, "unreachable", {"why": HOSTILE}, at=NOW)
    english, persian = client.get("/").content.decode(), client.get("/?lang=fa").content.decode()
    assert '<li dir="auto">' not in persian  # a sentence that begins with a Latin name still runs from right to left
    assert english.index("tehran") < english.index("saba"), "worst first"
    assert "3 hours ago" in english and "saba-1" in english and 'dir="ltr"' in english
    assert "۳ ساعت پیش" in persian and 'dir="rtl"' in persian and "اثبات‌شده" in persian
    for page in (english, persian):
        assert "<script>" not in page and "\u202e" not in page and "canary" not in page


def test_a_job_that_failed_where_nobody_read_is_told_to_each_reader_in_their_language(client: Client) -> None:
    enrolled("saba")
    why = LinkError("cut", Sentence("The connection to {address} was cut.", {"address": "ringkeep@192.0.2.7:22"}))
    kept, kind, permanent = told("ask what it is", why)  # as the engine keeps it
    assert (kind, permanent) == ("cut", False)
    job = Job.objects.create(id="backup:1", kind="backup", created_at=NOW, state=FAILED, error=sentence(kept))
    job.lines.create(at=NOW, level="error", text=sentence(kept))
    english, persian = (client.get(f"/api/v1/jobs/backup:1?lang={lang}").json()["error"] for lang in ("en", "fa"))
    assert english == "The connection to ringkeep@192.0.2.7:22 was cut."
    assert persian == "ارتباط با \u2068ringkeep@192.0.2.7:22\u2069 قطع شد."
    assert client.get("/api/v1/jobs/backup:1/log?lang=fa").json()[0]["text"] == persian
    refused = client.post("/api/v1/jobs/backup:1/cancel?lang=fa")
    assert refused.status_code == 409 and "پایان یافته است" in refused.json()["error"]["message"]
    assert "نیست" in client.get("/api/v1/jobs/none?lang=fa").json()["error"]["message"]


def test_what_was_kept_as_plain_text_before_is_still_told(client: Client) -> None:
    Job.objects.create(id="old", kind="backup", created_at=NOW, state=FAILED)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_job SET error = %s WHERE id = %s", ["It failed {so}.", "old"])
    assert client.get("/api/v1/jobs/old").json()["error"] == "It failed {so}."


def test_a_page_for_nobody_says_how_to_begin(client: Client) -> None:
    assert "ringkeep enrol" in client.get("/").content.decode()


def test_without_the_token_the_api_says_nothing_and_a_foreign_host_name_is_refused(home: Path) -> None:
    stranger = Client(SERVER_NAME="127.0.0.1")
    enrolled("saba")
    for path in ("status", "phone-systems/saba", "phone-systems/saba/backups", "jobs", "jobs/x", "jobs/x/log"):
        assert stranger.get(f"/api/v1/{path}").status_code == 401, path
    for path in ("phone-systems/saba/backup", "phone-systems/saba/drill", "jobs/x/cancel", "jobs/x/retry"):
        assert stranger.post(f"/api/v1/{path}").status_code == 401, path
    assert not Job.objects.exists()
    assert Client(SERVER_NAME="evil.example").get("/").status_code == 400


def test_a_program_asks_for_a_backup_follows_it_and_cancels_it(client: Client) -> None:
    enrolled("saba")
    asked = client.post("/api/v1/phone-systems/saba/backup")
    assert asked.status_code == 202
    job = asked.json()["id"]
    assert client.get(f"/api/v1/jobs/{job}").json()["state"] == "queued"
    assert client.post(f"/api/v1/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert client.post(f"/api/v1/jobs/{job}/cancel").status_code == 409
    assert "cancelled" in client.get(f"/api/v1/jobs/{job}/log").json()[-1]["text"]
    assert client.post("/api/v1/phone-systems/none/backup").status_code == 404


def test_a_drill_without_a_backup_is_refused_with_what_to_do(client: Client) -> None:
    enrolled("saba")
    answer = client.post("/api/v1/phone-systems/saba/drill", {}, content_type="application/json")
    assert answer.status_code == 409 and "make one first" in answer.json()["error"]["message"]


@pytest.mark.parametrize("named", ["\\ud800", "\\u0000", "../x", "a" * 10_000])
def test_what_cannot_be_the_name_of_a_backup_is_refused_without_a_word_of_it(client: Client, named: str) -> None:
    enrolled("saba")
    answer = client.post(
        "/api/v1/phone-systems/saba/drill", f'{{"backup": "{named}"}}', content_type="application/json"
    )
    assert answer.status_code == 422 and len(answer.content) < 500


def test_the_status_of_many_costs_as_many_queries_as_that_of_one(client: Client) -> None:
    counts = []
    for number in range(3):
        for more in range(1 if number == 0 else 20):
            proven(enrolled(f"s-{number}-{more}"))
        with CaptureQueriesContext(connection) as seen:
            client.get("/")
        counts.append(len(seen))
    assert counts[0] == counts[1] == counts[2] <= 6


def changed(system: PhoneSystem, count: int) -> None:
    group = {"text": "ring group {title} ({id})", "values": {"id": "601", "title": "Sales"}}
    number = {"text": "number {id}", "values": {"id": "106"}}
    says = {"text": "{thing} was added; its calls go to {to}", "values": {"thing": number, "to": group}}
    Backup.objects.create(
        id=f"{system.name}-2", phone_system=system, job_id=f"c-{system.name}", state=COMPLETE, started_at=NOW,
        differences={"changes": [{"says": says, "audience": "staff"}] * count, "notes": []}, missing=[says],
    )  # fmt: skip


def test_only_partial_backups_are_said_to_be_there_and_not_said_to_be_enough(client: Client) -> None:
    system = enrolled("saba")
    Backup.objects.create(id="saba-1", phone_system=system, job_id="b", state=PARTIAL, started_at=NOW)
    row = client.get("/api/v1/status").json()["systems"][0]
    assert (row["state"], row["last_partial"], row["last_backup"]) == ("partial", "saba-1", None)
    page = client.get("/").content.decode()
    assert "only partial backups" in page and "no backup yet" not in page and "✔" not in page


def test_the_last_change_is_told_in_the_readers_language_and_a_night_without_changes_does_not_hide_it(
    client: Client,
) -> None:
    system = enrolled("saba")
    changed(system, 5)
    Backup.objects.create(
        id="saba-3", phone_system=system, job_id="n", state=COMPLETE, started_at=NOW + timedelta(hours=1),
        differences={"changes": [], "notes": []}, unchanged=True,
    )  # fmt: skip
    change = client.get("/api/v1/status").json()["systems"][0]["last_change"]
    assert (change["backup"], change["count"], len(change["texts"])) == ("saba-2", 5, 3)
    assert "Number 106 was added; its calls go to ring group Sales (601)" in client.get("/?lang=en").content.decode()
    persian = client.get("/?lang=fa").content.decode()
    assert "۱۰۶ افزوده شد" in persian and "و ۲ مورد دیگر" in persian, persian
    backups = client.get("/api/v1/phone-systems/saba/backups?lang=fa").json()
    assert len(backups[1]["texts"]["differences"]) == 5 and "۱۰۶" in backups[1]["texts"]["missing"][0]


def test_a_large_fleet_shows_the_worst_and_how_many_there_are_and_can_be_filtered(client: Client) -> None:
    customer = Customer.objects.create(name="Saba & Sons")
    PhoneSystem.objects.bulk_create(
        PhoneSystem(name=f"s-{n:04}", customer=customer, enrolled_at=NOW, host="h", user="u", host_key="k")
        for n in range(250)
    )
    report(PhoneSystem.objects.get(name="s-0249"), "unreachable", {"why": "no answer"}, at=NOW)
    page = client.get("/").content.decode()
    assert page.count("<tr>") == 201 and "250 phone systems" in page and "The 200 that need most are shown" in page
    assert page.index("s-0249") < page.index("s-0000")
    few = client.get("/", {"name": "s-001"}).content.decode()
    assert few.count("<tr>") == 11 and 'value="s-001"' in few
    assert client.get("/", {"name": "& sons"}).content.decode().count("<tr>") == 201
    assert "<script>" not in client.get("/", {"name": HOSTILE}).content.decode()
    answer = client.get("/api/v1/status?limit=100&offset=200").json()
    assert (answer["total"], len(answer["systems"])) == (250, 50)
    assert client.get("/api/v1/phone-systems/s-0249/findings?lang=fa").json()[0]["kind"] == "unreachable"
    assert len(client.get("/api/v1/findings").json()) == 1


def test_a_job_says_how_far_it_is(client: Client) -> None:
    system = enrolled("saba")
    Job.objects.create(
        id="j", kind="backup", phone_system_id=system.pk, state="running", created_at=NOW, step="store", fraction=0.43
    )
    assert "backup: storing 43%" in client.get("/").content.decode()
    assert "۴۳٪" in client.get("/?lang=fa").content.decode()


def test_the_api_describes_itself_without_any_network(client: Client) -> None:
    stranger = Client(SERVER_NAME="127.0.0.1")
    paths = stranger.get("/api/v1/openapi.json").json()["paths"]
    assert {"/api/v1/status", "/api/v1/phone-systems/{name}/findings", "/api/v1/jobs/{job_id}/cancel"} <= paths.keys()


def test_while_our_own_database_is_away_the_page_says_so_and_nothing_of_where_it_is(home: Path) -> None:
    enrolled("saba")
    settings = connections["default"].settings_dict
    there = settings["NAME"]
    browser = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    connections.close_all()
    settings["NAME"] = str(home)  # a folder: SQLite cannot open it
    try:
        for lang, says in (("en", "database cannot be used now"), ("fa", "در دسترس نیست")):
            answer = browser.get(f"/?lang={lang}")
            assert answer.status_code == 503 and answer["Retry-After"] == answer["Refresh"] == "30"
            assert says in answer.content.decode() and "unable to open" not in answer.content.decode()
    finally:
        connections.close_all()
        settings["NAME"] = there
    assert browser.get("/").status_code == 200
