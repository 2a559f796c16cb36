"""Web and work apart, and several workers, over a real PostgreSQL."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.jobs.postgres import PASSWORD, Postgres, installed, running
from tests.web.serving import Server, serving, there

LOST_S = 8


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    if not installed():
        pytest.skip("no PostgreSQL server on this machine (Debian: postgresql)")
    with running() as made:
        yield made


@pytest.fixture
def database(server: Postgres, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, which the processes of the test use."""
    name = f"t{abs(hash(request.node.name))}"
    with psycopg.connect(server.address(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.address(name)
    monkeypatch.setenv("RINGKEEP_DATABASE_URL", url)
    monkeypatch.setenv("RINGKEEP_WORKER_LOST_S", str(LOST_S))
    monkeypatch.setenv("RINGKEEP_FIRST_PAUSE_S", "0.1")
    return url


def sibling(home: Path, name: str) -> Path:
    """Another home with the same keys, as the document says to make it."""
    other = home.parent / name
    (other / "keys").mkdir(mode=0o700, parents=True)
    shutil.copy2(home / "keys/vault", other / "keys/vault")
    return other


def asked(database: str, query: str) -> list[tuple]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def state(database: str, job: str) -> str | None:
    rows = asked(database, f"SELECT state FROM jobs_job WHERE id = '{job}'")
    return rows[0][0] if rows else None


def call(web: Server, path: str, method: str = "GET") -> Any:
    token = (web.home / "keys/api-token").read_text()
    request = urllib.request.Request(
        f"{web.url}/api/v1/{path}", method=method, headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


ENROLLED = """
from ringkeep.fleet.models import Customer, PhoneSystem
from datetime import datetime, UTC
c = Customer.objects.create(name="Saba")
PhoneSystem.objects.create(name="saba", customer=c, enrolled_at=datetime.now(UTC), host="127.0.0.1", port=1, user="x",
    host_key="ssh-ed25519 AAAA", credential={"password": "canary"}, on_change=False)
"""


def test_web_and_work_are_processes_of_their_own_and_a_killed_one_goes_on_where_it_was(
    database: str, tmp_path: Path
) -> None:
    front, back, file = tmp_path / "front", tmp_path / "back", tmp_path / "done"
    there(front, ENROLLED + f"start('three', {{'file': {str(file)!r}}}, key='three:1')")
    sibling(front, "back")
    with serving(front, "--only", "web", "--port", "0") as web:
        web.ready()
        with serving(back, "--only", "work", DIE="two unrecorded") as work:
            assert work.ended() == -9, work.said
        assert file.read_text().split() == ["one", "two"]
        job = call(web, "phone-systems/saba/backup", "POST")["id"]
        with serving(back, "--only", "work") as work:
            work.until(lambda: state(database, "three:1") == "succeeded", "the end of the interrupted job", 30)
            work.until(lambda: call(web, f"jobs/{job}")["state"] == "failed", "the backup's end", 30)
        assert file.read_text().split() == ["one", "two", "two", "three"]
        found = call(web, "status")["systems"][0]
        assert [one["kind"] for one in found["findings"]] == ["unreachable"]
        assert PASSWORD not in web.said + work.said and "Traceback" not in web.said + work.said


def test_two_workers_share_the_work_one_job_a_phone_system_and_the_jobs_of_a_lost_host_are_begun_anew(
    database: str, tmp_path: Path
) -> None:
    first, file = tmp_path / "first", tmp_path / "done"
    holds = "".join(
        f"start('hold', {{'file': {str(file)!r}, 's': 2}}, key='hold:{system}:{n}', phone_system={system})\n"
        for n in range(2)
        for system in (1, 2, 3, 4)
    )
    there(first, "")
    second = sibling(first, "second")
    environment = {"RINGKEEP_WORKERS": "2"}
    with (
        serving(first, "--only", "work", **environment) as one,
        serving(second, "--only", "work", **environment) as two,
    ):
        one.ready(), two.ready()
        copy = sibling(first, "copy")
        shutil.copy(first / "worker", copy / "worker")
        there(first, holds)
        with serving(copy, "--only", "work") as same:
            assert same.ended() == 3 and "is at work on this database already" in same.said, same.said
        one.until(lambda: not asked(database, "SELECT 1 FROM jobs_job WHERE state <> 'succeeded'"), "the end of all")
        did = asked(database, "SELECT executor_id, count(*) FROM dbos.workflow_status GROUP BY 1")
        assert len(did) == 2 and sum(count for _, count in did) == 8, did
        lines = file.read_text().splitlines()
        for system in (1, 2, 3, 4):
            own = [line.split()[0] for line in lines if f"hold:{system}:" in line]
            assert own == ["in", "out", "in", "out"], lines

        mark = tmp_path / "long"
        there(first, f"start('hold', {{'file': {str(mark)!r}, 's': 600}}, key='long', phone_system=1)")
        one.until(mark.exists, "the long job's beginning")
        worker = asked(database, "SELECT executor_id FROM dbos.workflow_status WHERE workflow_uuid = 'long'")[0][0]
        doing, other = (one, two) if (first / "worker").read_text() == worker else (two, one)
        doing.process.kill()
        other.until(lambda: mark.read_text().splitlines() == ["in long"] * 2, "the lost job's being begun anew", 60)
        other.until(lambda: len(asked(database, "SELECT 1 FROM jobs_worker")) == 1, "the lost worker's being forgotten")
        assert "begun anew" in asked(database, "SELECT string_agg(text, ' ') FROM jobs_jobline")[0][0]
        assert state(database, "long") == "running"


PROBED = """
from ringkeep.fleet.models import PhoneSystem
from ringkeep.web.scheduling import probe_due
from datetime import datetime, timedelta, UTC
row, now = PhoneSystem.objects.get(name="saba"), datetime.now(UTC)
if row.fingerprint == "":
    row.fingerprint, row.on_change, row.facts = "0" * 64, True, {"product": "asterisk"}
    row.next_probe_at = now - timedelta(seconds=1)
    row.save()
    for n in range(29):
        row.pk, row.name = None, f"saba-{n}"
        row.save()
"""


def test_a_phone_system_that_one_worker_is_taking_to_probe_is_left_to_it_and_the_others_are_asked(
    database: str, tmp_path: Path
) -> None:
    there(tmp_path / "first", ENROLLED + PROBED)
    second = sibling(tmp_path / "first", "second")
    ask = PROBED + "print(probe_due(now), PhoneSystem.objects.filter(next_probe_at__gt=now).count())"
    with psycopg.connect(database) as one:
        one.execute("SELECT id FROM fleet_phonesystem ORDER BY next_probe_at LIMIT 12 FOR UPDATE")
        assert there(second, ask).split() == ["18", "18"]
    assert there(second, ask).split() == ["12", "30"]
    assert there(second, ask).split() == ["0", "30"]


def test_a_home_without_the_right_key_and_a_database_that_is_not_there_are_refused_with_what_to_do(
    database: str, tmp_path: Path
) -> None:
    there(tmp_path / "first", "")
    with serving(tmp_path / "stranger", "--only", "work") as stranger:
        assert stranger.ended() == 3
    assert "does not hold the key of this database" in stranger.said and "Copy keys/vault" in stranger.said
    nowhere = Postgres("", 1).address("ringkeep")
    with serving(tmp_path / "first", "--only", "work", RINGKEEP_DATABASE_URL=nowhere) as lost:
        assert lost.ended() == 3
    assert "See that PostgreSQL runs" in lost.said, lost.said
    for said in (stranger.said, lost.said):
        assert "Traceback" not in said and "canary" not in said


def test_while_postgresql_is_stopped_workers_and_pages_wait_and_then_go_on_by_themselves_where_they_were(
    server: Postgres, database: str, tmp_path: Path
) -> None:
    front, seen, wrote = tmp_path / "front", tmp_path / "seen", tmp_path / "wrote"
    signs = [tmp_path / "first", tmp_path / "second"]
    order = {"file": str(seen), "signs": [str(sign) for sign in signs]}
    writing = {"file": str(wrote), "sign": str(signs[0])}
    jobs = f"""
for n in (1, 2): start('signs', {order!r}, key=f'signs:{{n}}', phone_system=1)
start('writes', {writing!r}, key='writes:1')
"""
    there(front, ENROLLED + jobs)
    back = sibling(front, "back")
    with (
        serving(front, "--only", "web", "--port", "0") as web,
        serving(back, "--only", "work", RINGKEEP_WORKER_LOST_S="120") as work,
    ):
        web.ready()
        work.until(lambda: seen.exists() and wrote.exists(), "the jobs' beginning")
        server.stop()
        signs[0].touch()
        work.until(lambda: "ringkeep.jobs: the database cannot" in work.said, "the step's finding no database")
        work.until(lambda: "Database connection failed" in work.said, "the engine's finding no database")
        with pytest.raises(urllib.error.HTTPError, match="503"):
            call(web, "status")
        server.start()
        signs[1].touch()
        work.until(lambda: state(database, "signs:2") == "succeeded", "the end of all", 120)
        assert call(web, "jobs/signs:1")["tries"] == 1
        assert seen.read_text().splitlines() == ["waiting for first", "waiting for second"] * 2
        assert any("this step is begun anew" in line["text"] for line in call(web, "jobs/writes:1/log"))
        new = call(web, "phone-systems/saba/backup", "POST")["id"]
        work.until(
            lambda: call(web, f"jobs/{new}")["state"] == "failed", "the end of one that was asked for afterwards"
        )
        assert PASSWORD not in work.said + web.said
