"""Alarms reach people: once when they open, once when they are over, by real mail and a real webhook, until delivered."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.findings.receivers import mail_server, webhook

pytestmark = pytest.mark.usefixtures("home")
AT = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def system(name: str, customer: str = "Saba"):  # type: ignore[no-untyped-def]
    from ringkeep.fleet.models import Customer, PhoneSystem

    owner, _ = Customer.objects.get_or_create(name=customer)
    return PhoneSystem.objects.create(
        name=name, customer=owner, enrolled_at=AT, host="127.0.0.1", user="backup", time_zone="Asia/Tehran"
    )


def unreachable(of, why: str = "no answer") -> None:  # type: ignore[no-untyped-def]
    from ringkeep.findings.actions import report

    report(of, "unreachable", {"why": why}, at=AT)


def test_an_alarm_goes_out_once_when_it_opens_and_once_when_it_is_over_by_mail_and_webhook() -> None:
    from ringkeep.findings.actions import add_destination, settle
    from ringkeep.findings.alarms import send_alarms

    saba = system("saba")
    with mail_server() as (mailbox, mail), webhook() as (hook, web):
        add_destination("mail", mail, None, "en", at=AT)
        add_destination("hook", web, None, "en", at=AT)
        unreachable(saba)
        assert send_alarms(AT) == {"sent": 2, "failed": 0}
        unreachable(saba)
        assert send_alarms(AT + MINUTE) == {"sent": 0, "failed": 0}
        settle(saba, "unreachable", at=AT + 2 * MINUTE)
        assert send_alarms(AT + 2 * MINUTE) == {"sent": 2, "failed": 0}
        assert send_alarms(AT + 3 * MINUTE) == {"sent": 0, "failed": 0}
    subjects = [subject for subject, _ in mailbox.texts()]
    assert subjects == ["Ringkeep: saba cannot be reached: no answer", "Ringkeep: saba can be reached again"]
    assert [document["type"] for document in hook.documents] == ["failure", "success"]
    assert "✖ saba cannot be reached: no answer" in hook.documents[0]["message"]


def test_a_storm_of_200_phone_systems_is_one_message() -> None:
    from ringkeep.findings.actions import add_destination
    from ringkeep.findings.alarms import send_alarms

    with webhook() as (hook, web):
        add_destination("hook", web, None, "en", at=AT)
        for number in range(200):
            unreachable(system(f"s{number}"))
        send_alarms(AT)
        send_alarms(AT + MINUTE)
    (document,) = hook.documents
    assert document["title"] == "Ringkeep: 200 alarms of 200 phone systems"
    assert "... and 140 more" in document["message"]


def test_what_cannot_be_delivered_is_tried_again_later_and_the_others_get_it_at_once() -> None:
    from ringkeep.findings.actions import add_destination
    from ringkeep.findings.alarms import send_alarms
    from ringkeep.findings.queries import destination

    with mail_server() as (mailbox, mail), webhook() as (hook, web):
        add_destination("mail", mail, None, "en", at=AT)
        add_destination("hook", web, None, "en", at=AT)
        mailbox.refusing = True
        unreachable(system("saba"))
        assert send_alarms(AT) == {"sent": 1, "failed": 1}
        assert str(destination("mail").last_error) == "mailto to 127.0.0.1: it does not answer, or refuses"
        assert send_alarms(AT + MINUTE / 2) == {"sent": 0, "failed": 0}  # not at once again
        mailbox.refusing = False
        assert send_alarms(AT + 2 * MINUTE) == {"sent": 1, "failed": 0}
    assert len(mailbox.mails) == 1 and len(hook.documents) == 1
    assert destination("mail").last_error is None


def test_what_was_over_before_it_could_be_told_is_told_in_one_message() -> None:
    from ringkeep.findings.actions import add_destination, settle
    from ringkeep.findings.alarms import send_alarms

    saba = system("saba")
    with webhook() as (hook, web):
        add_destination("hook", web, None, "en", at=AT)
        unreachable(saba)
        settle(saba, "unreachable", at=AT + MINUTE)
        send_alarms(AT + MINUTE)
        send_alarms(AT + 2 * MINUTE)
    (document,) = hook.documents
    assert document["message"].startswith("Over:\n✔ saba can be reached again")


def test_a_customer_is_told_of_own_phone_systems_only_and_in_own_language() -> None:
    from ringkeep.findings.actions import add_destination, report
    from ringkeep.findings.alarms import send_alarms

    saba, other = system("saba"), system("other", "Other")
    with webhook() as (hook, web):
        add_destination("saba", web, saba.customer, "fa", at=AT)
        report(saba, "backup-stale", {"since_at": (AT - timedelta(days=3)).isoformat()}, at=AT)
        unreachable(other)
        send_alarms(AT)
    (document,) = hook.documents
    assert "other" not in document["message"]
    assert "۱ آذر ۱۴۰۵" in document["title"]  # the Jalali day, in the zone of the phone system


def test_no_address_and_no_password_shows_in_errors_logs_lists_or_the_database(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from typer.testing import CliRunner

    from ringkeep.findings.cli import app

    everything = io.StringIO()
    listener = logging.StreamHandler(everything)
    logging.getLogger().addHandler(listener)
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        with webhook() as (hook, web):
            hook.status = 500
            address = web.replace("http://", "http://user:canary-password@")
            runner = CliRunner()
            runner.invoke(app, ["add", "hook", "--stdin"], input=address + "\n", catch_exceptions=False)
            for secret in ("slack://canary-host/canary-b/canary-c", "no-scheme-canary:pw@x", "mailto://canary:canary@"):
                runner.invoke(app, ["add", "bad", "--stdin"], input=secret + "\n", catch_exceptions=False)
            outcome = runner.invoke(app, ["test", "hook"], catch_exceptions=False)
            listed = runner.invoke(app, ["list", "--json"], catch_exceptions=False)
    finally:
        logging.getLogger().removeHandler(listener)
        logging.getLogger().setLevel(logging.WARNING)
    assert outcome.exit_code == 1 and "it answered 500" in outcome.stderr
    said = everything.getvalue() + "".join(capsys.readouterr()) + outcome.output + listed.output
    assert "json" in listed.output or "http" in listed.output
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert "canary" not in said and b"canary" not in kept


def test_a_phone_system_cannot_write_its_own_lines_into_a_message() -> None:
    from ringkeep.findings.actions import add_destination
    from ringkeep.findings.alarms import send_alarms

    with mail_server() as (mailbox, mail):
        add_destination("mail", mail, None, "en", at=AT)
        unreachable(
            system("saba"), "down\r\nBcc: all@b.example\n✔ all is well \u202e{system} <b>x</b> mysql://root:canary@db/a"
        )
        send_alarms(AT)
    ((subject, text),) = mailbox.texts()
    assert "\n" not in subject and mailbox.mails[0]["Bcc"] is None
    assert "canary" not in text and "\\u202e" in text and "\n✔" not in text


def test_a_webhook_that_leads_elsewhere_is_not_followed_and_counts_as_undelivered() -> None:
    from ringkeep.findings.actions import add_destination
    from ringkeep.findings.alarms import send_alarms
    from ringkeep.findings.queries import destination

    with webhook() as (hook, web):
        hook.elsewhere = web.replace("/alarms", "/inside")
        add_destination("hook", web, None, "en", at=AT)
        unreachable(system("saba"))
        assert send_alarms(AT) == {"sent": 0, "failed": 1} and hook.asked == []
        assert str(destination("hook").last_error) == "http to 127.0.0.1: it answered 302"
        hook.elsewhere = ""
        assert send_alarms(AT + 2 * MINUTE) == {"sent": 1, "failed": 0}
    assert len(hook.documents) == 1


def test_a_webhook_that_answers_without_end_holds_up_the_others_for_a_while_and_once_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ringkeep.findings import sending
    from ringkeep.findings.actions import add_destination
    from ringkeep.findings.alarms import send_alarms
    from ringkeep.findings.queries import destination

    with webhook() as (endless, first), webhook() as (hook, second):
        endless.dribbles = True
        add_destination("a", first, None, "en", at=AT)
        add_destination("b", second, None, "en", at=AT)
        unreachable(system("saba"))
        monkeypatch.setattr(sending, "AT_MOST_S", 1.0)
        assert send_alarms(AT)["failed"] >= 1
        assert send_alarms(AT + 2 * MINUTE)["failed"] == 1
        assert "still hangs" in str(destination("a").last_error)
        monkeypatch.setattr(sending, "AT_MOST_S", 60.0)
        send_alarms(AT + 20 * MINUTE)
    assert len(hook.documents) == 1


def test_after_the_clock_was_set_back_alarms_are_sent_at_once() -> None:
    from ringkeep.findings.actions import add_destination
    from ringkeep.findings.alarms import send_alarms
    from ringkeep.findings.models import Destination

    with webhook() as (hook, web):
        add_destination("hook", web, None, "en", at=AT)
        unreachable(system("saba"))
        ahead = AT + timedelta(days=30)  # what was noted while the clock was wrong
        Destination.objects.update(next_try_at=ahead, sending_until=ahead)
        assert send_alarms(AT) == {"sent": 1, "failed": 0}
    assert len(hook.documents) == 1


def test_two_processes_that_send_at_once_send_one_message() -> None:
    from django.db import connections

    from ringkeep.findings.actions import add_destination

    program = (
        "from ringkeep.jobs.start import prepared; prepared()\n"
        "from datetime import UTC, datetime, timedelta\n"
        "from ringkeep.findings.alarms import send_alarms\n"
        f"at = datetime.fromisoformat({AT.isoformat()!r})\n"
        "for turn in range(5): send_alarms(at + timedelta(minutes=turn))\n"
    )
    with webhook() as (hook, web):
        hook.slow_s = 0.5
        add_destination("hook", web, None, "en", at=AT)
        unreachable(system("saba"))
        connections.close_all()
        started = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(2)]
        for process in started:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said.decode()
    assert len(hook.documents) == 1


def test_the_command_lists_what_is_wrong_and_ends_with_1_while_something_is() -> None:
    from typer.testing import CliRunner

    from ringkeep.cli.commands import app
    from ringkeep.findings.actions import settle

    saba = system("saba")
    unreachable(saba)
    outcome = CliRunner().invoke(app, ["alarms", "--json", "--lang", "fa"], catch_exceptions=False)
    (alarm,) = json.loads(outcome.output)["alarms"]
    assert outcome.exit_code == 1
    assert (alarm["kind"], alarm["severity"], alarm["phone_system"]) == ("unreachable", "bad", "saba")
    assert alarm["text"] == "\u2068saba\u2069 در دسترس نیست: \u2068no answer\u2069"
    settle(saba, "unreachable", at=AT)
    outcome = CliRunner().invoke(app, ["alarms"], catch_exceptions=False)
    assert (outcome.exit_code, outcome.output) == (0, "Nothing is wrong.\n")
