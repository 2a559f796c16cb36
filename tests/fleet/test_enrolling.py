"""A phone system is taken under care over a real sshd: its key is pinned, its login goes into the vault alone."""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from django.db import connections
from typer.testing import CliRunner, Result

from ringkeep.fleet import cli
from ringkeep.links.ssh import fingerprint, new_key
from tests.links.servers import WILLING_SUDO, Server, free_port, sshd
from tests.links.test_listening import OLD
from tests.pbx.machine import ASTERISK, Machine

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def inside(machine: Machine, place: Path, words: list[str]) -> list[str]:
    """The command in a machine that has an Asterisk."""
    machine.shared = (place,)
    (machine.root / "etc/passwd").write_text((place / "passwd").read_text() + "asterisk:x:995:995::/:/bin/false\n")
    line = machine.command("exec " + shlex.join(words))
    at = line.index("--unshare-user")  # sshd gives up groups, which an unprivileged namespace does not let it
    return [*line[:at], *line[at + 5 :][:-3], "--dir", "/run/sshd", *line[-3:]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    machine.write("etc/asterisk/extensions.conf", "[default]\nexten => 100,1,Answer()\n")
    machine.write("etc/asterisk/asterisk.conf", "[options]\n")
    machine.write("etc/timezone", "Asia/Tehran\n")
    place = tmp_path_factory.mktemp("sshd")
    (place / "bin").mkdir()
    (place / "bin/asterisk").write_text(ASTERISK)
    (place / "bin/asterisk").chmod(0o755)
    with sshd(place, inside=lambda at, words: inside(machine, at, words)) as running:
        yield running


app = typer.Typer()
for verb in (cli.enrol, cli.account, cli.tunnel, cli.systems, cli.retire):
    app.command()(verb)


def ringkeep(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=given)


def url(server: Server) -> str:
    return f"ssh://ringkeep@127.0.0.1:{server.target.port}"


@pytest.fixture
def key_file(server: Server, tmp_path: Path) -> Path:
    place = tmp_path / "id"
    place.write_text(server.target.key or "")
    return place


def enrolled(server: Server, key_file: Path, name: str = "saba", *more: str) -> dict[str, object]:
    done = ringkeep("enrol", url(server), "--name", name, "--key", str(key_file), "--json", *more)
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def test_what_was_found_is_told_and_the_login_is_only_in_the_vault(home: Path, server: Server, key_file: Path) -> None:
    server.sudo(None)
    row = enrolled(server, key_file, "saba", "--customer", "Saba Trading", "--window", "02:00-03:00")
    assert row["product"] == "asterisk" and row["asterisk"] == "16.28.0" and row["sudo"] is False
    assert row["host_key"] == fingerprint(server.target.host_key or "") and row["customer"] == "Saba Trading"
    from ringkeep.fleet.queries import phone_system, target

    system = phone_system("saba")
    assert target(system) == server.target
    secret = (server.target.key or "").splitlines()[3].encode()
    for path in home.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), path
    assert secret.decode() not in f"{system!r} {target(system)!r} {vars(system)['facts']}"


def test_what_a_hostile_server_says_of_itself_is_made_harmless(home: Path, server: Server, key_file: Path) -> None:
    own = server.place / "bin/asterisk"
    own.write_text(
        "#!/bin/sh\nprintf 'Asterisk \\033]0;owned\\007\\342\\200\\25622.1\\r\\n'; head -c 30000000 /dev/zero\n"
    )
    try:
        done = ringkeep("enrol", url(server), "--name", "saba", "--key", str(key_file))
    finally:
        own.write_text(ASTERISK)
    told = done.output + done.stderr
    assert all(letter.isprintable() or letter == "\n" for letter in told), told
    assert "\u202e" not in told and len(told) < 3000 and "Traceback" not in told


def test_it_says_so_in_persian_too(home: Path, server: Server, key_file: Path) -> None:
    done = ringkeep("enrol", url(server), "--name", "saba", "--key", str(key_file), "--lang", "fa")
    assert done.exit_code == 0 and "زیر نظر است" in done.stdout and "ringkeep backup saba" in done.stdout


def test_sudo_is_used_where_it_is_allowed_and_insisting_on_it_names_the_line(
    home: Path, server: Server, key_file: Path
) -> None:
    server.sudo(None)
    must = ringkeep("enrol", url(server), "--name", "saba", "--key", str(key_file), "--sudo")
    assert must.exit_code == 3 and "ringkeep ALL=(root) NOPASSWD: /bin/sh" in must.stderr
    server.sudo(WILLING_SUDO)
    assert enrolled(server, key_file)["sudo"] is True
    server.sudo(None)


def test_doubles_are_refused(home: Path, server: Server, key_file: Path) -> None:
    enrolled(server, key_file)
    same_name = ringkeep("enrol", url(server), "--name", "saba", "--key", str(key_file))
    assert same_name.exit_code == 2 and "already a phone system called saba" in same_name.stderr
    same_place = ringkeep("enrol", url(server), "--name", "other", "--key", str(key_file))
    assert same_place.exit_code == 2 and "is enrolled already, as saba" in same_place.stderr
    assert ringkeep("retire", "saba").exit_code == 0
    assert "retired; its backups go by that name" in ringkeep("enrol", url(server), "--name", "saba").stderr
    enrolled(server, key_file, "other")
    from ringkeep.fleet.models import PhoneSystem

    assert PhoneSystem.objects.get(name="saba").credential is None
    assert [row["name"] for row in json.loads(ringkeep("systems", "--json").stdout)] == ["other"]


def test_without_a_key_one_is_made_and_the_printed_commands_let_it_in(home: Path, server: Server) -> None:
    first = ringkeep("enrol", url(server), "--name", "saba")
    assert first.exit_code == 3 and "refuses the login" in first.stderr
    kept = [path for path in (home / "keys").iterdir() if path.name == "enrol-saba"]
    assert kept and kept[0].stat().st_mode & 0o777 == 0o600
    line = next(line for line in first.stdout.splitlines() if "authorized_keys" in line and "restrict" in line)
    before = (server.place / "authorized_keys").read_text()
    subprocess.run(
        ["sh", "-c", line.replace("$home/.ssh/authorized_keys", str(server.place / "authorized_keys"))], check=True
    )
    try:
        assert ringkeep("enrol", url(server), "--name", "saba").exit_code == 0
    finally:
        (server.place / "authorized_keys").write_text(before)
    assert not list((home / "keys").glob("enrol-*")), "the vault has it now"


def test_a_host_key_that_is_insisted_on_must_be_the_one(home: Path, server: Server, key_file: Path) -> None:
    other = fingerprint(new_key("other")[1])
    done = ringkeep("enrol", url(server), "--name", "saba", "--key", str(key_file), "--host-key", other)
    assert done.exit_code == 2 and other in done.stderr and fingerprint(server.target.host_key or "") in done.stderr


def test_a_changed_host_key_is_pinned_again_only_when_it_is_named(home: Path, server: Server, key_file: Path) -> None:
    enrolled(server, key_file)
    from ringkeep.fleet.models import PhoneSystem

    old = new_key("old")[1]
    PhoneSystem.objects.update(host_key=old)
    shown = fingerprint(server.target.host_key or "")
    asked = ringkeep("enrol", "--again", "--name", "saba")
    assert asked.exit_code == 2 and shown in asked.stderr and fingerprint(old) in asked.stderr
    assert PhoneSystem.objects.get().host_key == old
    assert ringkeep("enrol", "--again", "--name", "saba", "--host-key", shown).exit_code == 0
    assert PhoneSystem.objects.get().host_key == server.target.host_key
    PhoneSystem.objects.update(host_key=old)
    assert ringkeep("enrol", "--again", "--name", "saba", "--yes-new-host-key").exit_code == 0
    assert PhoneSystem.objects.get().host_key == server.target.host_key


def test_looking_again_finds_that_sudo_is_allowed_now_and_takes_another_login(
    home: Path, server: Server, key_file: Path
) -> None:
    server.sudo(None)
    assert enrolled(server, key_file)["sudo"] is False
    server.sudo(WILLING_SUDO)
    try:
        again = ringkeep("enrol", "--again", "--name", "saba", "--json")
        assert again.exit_code == 0 and json.loads(again.stdout)["sudo"] is True
    finally:
        server.sudo(None)
    from ringkeep.fleet.queries import phone_system, target

    assert ringkeep("enrol", "--again", "--name", "saba", "--no-sudo").exit_code == 0
    assert target(phone_system("saba")) == server.target
    stranger = key_file.with_name("stranger")
    stranger.write_text(new_key("stranger")[0])
    refused = ringkeep("enrol", "--again", "--name", "saba", "--key", str(stranger))
    assert refused.exit_code == 3 and "refuses the login" in refused.stderr
    assert target(phone_system("saba")) == server.target, "what does not work is not taken"
    private, public = new_key("new")
    stranger.write_text(private)
    with (server.place / "authorized_keys").open("a") as file:
        file.write(f"restrict {public}\n")
    assert ringkeep("enrol", "--again", "--name", "saba", "--key", str(stranger)).exit_code == 0
    assert target(phone_system("saba")).key == private


IMPOSSIBLE: list[tuple[tuple[str, ...], str]] = [
    (("enrol", "ssh://ringkeep:secret@127.0.0.1", "--name", "a"), "without a password"),
    (("enrol", "http://127.0.0.1", "--name", "a"), "must look like ssh://"),
    (("enrol", "ssh://-oProxyCommand=x@h", "--name", "a"), "cannot be one"),
    (("enrol", "ssh://r@h", "--name", "../a"), "small letters"),
    (("enrol", "ssh://r@127.0.0.1", "--name", "a", "--window", "late"), "no span of hours"),
    (("enrol", "ssh://r@127.0.0.1", "--name", "a", "--zone", "Mars/Base"), "no time zone"),
    (("enrol", "--again", "--name", "nobody"), "no phone system called nobody"),
    (("account", "ssh://r@h", "--name", "a", "--from", '1.2.3.4",command="x'), "--from must be"),
    (("enrol", "ssh://r@h", "--name", "a", "--window", "03:00-03:00"), "same minute"),
    (("enrol", "ssh://r@h", "--name", "a", "--window", "24:00-01:00"), "no span of hours"),
    (("enrol", "ssh://r@h", "--name", "a", "--window", "01:00+03:30-02:00"), "no span of hours"),
    (("enrol", "ssh://r@h", "--name", "a", "--busy", "00:00-24:00"), "no backup could ever begin"),
    (("enrol", "ssh://r@h", "--name", "a", "--customer", "a\nb"), "one line"),
    (("enrol", "ssh://r@h", "--name", "a", "--customer", " "), "one line"),
    (("enrol", "--again"), "Say which one"),
    (("tunnel", "a", "--server", "h;id"), "--server care.example.com"),
    (("tunnel", "a", "--key", "nonsense"), "no public key"),
]


def test_what_cannot_be_is_refused_in_a_sentence(home: Path) -> None:
    for words, said in IMPOSSIBLE:
        done = ringkeep(*words)
        assert done.exit_code == 2 and said in done.stderr and "Traceback" not in done.output, words


def test_a_host_that_is_down_is_told_and_nothing_is_kept(home: Path, key_file: Path) -> None:
    done = ringkeep("enrol", f"ssh://r@127.0.0.1:{free_port()}", "--name", "saba", "--key", str(key_file))
    assert done.exit_code == 3 and "cannot be reached" in done.stderr
    from ringkeep.fleet.models import Customer

    assert not Customer.objects.exists()


def test_a_password_from_standard_input_is_not_told(home: Path, server: Server) -> None:
    done = ringkeep("enrol", url(server), "--name", "saba", "--password-stdin", given="c4n4ry\n")
    assert done.exit_code == 3 and "refuses the login with this password" in done.stderr
    assert "c4n4ry" not in done.output + done.stderr


def test_the_printed_commands_are_shell_and_the_tunnels_script_too(home: Path) -> None:
    account = ringkeep("account", "ssh://ringkeep@h", "--name", "saba", "--from", "192.0.2.7").stdout
    script = account.split("\n\n")[1]
    subprocess.run(["sh", "-n"], input=script.encode(), check=True)
    assert 'restrict,from="192.0.2.7" ssh-ed25519' in script and "visudo -cf" in script
    plain = ringkeep("account", "ssh://ringkeep@h", "--name", "saba", "--no-sudo").stdout
    assert "sudoers" not in plain and "usermod --append --groups asterisk ringkeep" in plain
    tunnel = ringkeep("tunnel", "saba", "--server", "care.example.com").stdout.split("\n\n", 1)[1]
    subprocess.run(["sh", "-n"], input=tunnel.rsplit("\n\n", 1)[0].encode(), check=True)
    assert "-R 127.0.0.1:21000:127.0.0.1:22 -p 2222 tunnel@care.example.com" in tunnel
    assert "PRIVATE" not in account + plain + tunnel


def test_a_phone_system_behind_nat_is_enrolled_through_its_tunnel(
    home: Path, server: Server, key_file: Path, tmp_path: Path
) -> None:
    """The script's own ssh line, on a real OpenSSH client; the listener as `serve` runs it."""
    from ringkeep.fleet import tunnels
    from ringkeep.fleet.account import Dialling, tunnel_commands

    own = tunnels.tunnel("saba", NOW)
    port = free_port()
    type(own).objects.update(port=port)
    with tunnels.serving_tunnels("127.0.0.1", 0) as listening:
        script = tunnel_commands(
            Dialling("saba", "127.0.0.1", listening.port, tunnels.host_key()[1], port, server.target.port)
        )
        script = script.replace("/etc/ringkeep-tunnel", str(tmp_path / "there"))
        head, _, rest = script.partition("cat > /etc/systemd")
        subprocess.run(["sh", "-ec", head], check=True)
        tunnels.let_in(own, (tmp_path / "there/key.pub").read_text())
        dialling = next(line for line in rest.splitlines() if line.startswith("ExecStart="))
        process = subprocess.Popen(shlex.split(dialling.removeprefix("ExecStart=")))
        try:
            for _ in range(100):
                if listening.there:
                    break
                subprocess.run(["sleep", "0.1"], check=True)
            through = replace(server.target, port=port)
            row = enrolled(Server(server.place, through, server.process), key_file)
            assert row["address"] == f"ringkeep@127.0.0.1:{port}"
            assert ringkeep("retire", "saba").exit_code == 0
            assert not type(own).objects.exists(), "nor may it dial in any more"
        finally:
            process.terminate()
            process.wait(10)


def test_a_private_key_file_that_is_none_is_refused_without_being_quoted(home: Path, server: Server) -> None:
    broken = home / "broken"
    broken.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nc4n4ry\n")
    done = ringkeep("enrol", url(server), "--name", "saba", "--key", str(broken))
    assert done.exit_code == 3 and "cannot be read" in done.stderr and "c4n4ry" not in done.output


def test_a_phone_system_as_old_as_elastix_is_enrolled_when_that_is_asked_for_and_stays_so(
    home: Path, tmp_path: Path
) -> None:
    """From the commands for its account on: an RSA key, and no word before it that OpenSSH 5 does not know."""
    machine = Machine(tmp_path / "machine")
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(tmp_path / "rsa")], check=True)
    host = ((tmp_path / "rsa").read_text(), (tmp_path / "rsa.pub").read_text())
    with sshd(tmp_path / "sshd", host_key=host, more=OLD, inside=machine.sshd) as old:
        plain = ringkeep("enrol", url(old), "--name", "saba")
        assert plain.exit_code == 3 and "--old-ssh" in plain.stderr
        asked = ringkeep("enrol", url(old), "--name", "saba", "--old-ssh")
        assert asked.exit_code == 3 and "restrict" not in asked.stdout
        assert f"ringkeep enrol {url(old)} --name saba --old-ssh" in asked.stdout
        line = next(line for line in asked.stdout.splitlines() if "ssh-rsa" in line)
        (old.place / "authorized_keys").write_text(shlex.split(line)[2] + "\n")
        done = ringkeep("enrol", url(old), "--name", "saba", "--old-ssh", "--no-sudo")
        assert done.exit_code == 0, done.output
        again = ringkeep("enrol", "--again", "--name", "saba")
        assert again.exit_code == 0, again.output
    assert not list((home / "keys").glob("enrol-*"))
    from ringkeep.fleet.queries import phone_system, target

    assert target(phone_system("saba")).old


def test_with_json_what_is_missing_is_a_document_that_holds_the_commands(home: Path, server: Server) -> None:
    done = ringkeep("enrol", url(server), "--name", "saba", "--json")
    assert done.exit_code == 3 and len(done.stdout.splitlines()) == 1
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "refused-login" and "refuses the login" in error["message"]
    account = error["account"]
    assert (
        account["public_key"] in account["commands"] and account["then"] == f"ringkeep enrol {url(server)} --name saba"
    )
    subprocess.run(["sh", "-n"], input=account["commands"].encode(), check=True)
    assert json.loads(ringkeep("account", url(server), "--name", "saba", "--json").stdout) == account
    assert "PRIVATE" not in done.output


def test_the_same_machine_under_two_names_is_told_and_a_retired_one_is_said_to_be(
    home: Path, server: Server, key_file: Path
) -> None:
    from ringkeep.fleet.models import PhoneSystem

    assert enrolled(server, key_file)["same_host_key"] == []
    PhoneSystem.objects.update(host="saba.example.com")  # by another name of the same machine
    again = ringkeep("enrol", url(server), "--name", "sabaa", "--key", str(key_file))
    assert again.exit_code == 0 and "saba shows the same host key" in again.stdout
    assert json.loads(ringkeep("enrol", "--again", "--name", "sabaa", "--json").stdout)["same_host_key"] == ["saba"]
    persian = ringkeep("enrol", "--again", "--name", "sabaa", "--lang", "fa")
    assert "همین کلید میزبان" in persian.stdout
    retired = json.loads(ringkeep("retire", "saba", "--json").stdout)
    assert retired["retired_at"] and retired["next_backup_at"] is None
    gone = ringkeep("retire", "saba", "--json")
    assert gone.exit_code == 2 and "saba is retired" in json.loads(gone.stdout)["error"]["message"]
    assert json.loads(ringkeep("enrol", "--again", "--name", "sabaa", "--json").stdout)["same_host_key"] == []


def test_a_name_that_is_misspelt_is_answered_with_the_near_one(home: Path, server: Server, key_file: Path) -> None:
    enrolled(server, key_file, "saba-hq")
    assert "Did you mean saba-hq?" in ringkeep("retire", "Saba-hqq").stderr
    assert "There are: saba-hq." in ringkeep("retire", "ghasr").stderr
    assert "آیا منظورتان" in ringkeep("retire", "sabahq", "--lang", "fa").stderr


def test_hours_in_which_no_backup_could_begin_are_refused(home: Path, server: Server, key_file: Path) -> None:
    from ringkeep.fleet.models import PhoneSystem

    never = ("--window", "09:00-17:00", "--busy", "08:00-18:00")
    done = ringkeep("enrol", url(server), "--name", "saba", "--key", str(key_file), *never)
    assert done.exit_code == 2 and "09:00-17:00 lies wholly in the busy hours 08:00-18:00" in done.stderr
    assert "بازهٔ شبانهٔ" in ringkeep("enrol", url(server), "--name", "saba", *never, "--lang", "fa").stderr
    assert not PhoneSystem.objects.exists()
    enrolled(server, key_file, "saba", "--busy", "04:00-23:00")  # an hour of the usual window is left
    refused = ringkeep("enrol", "--again", "--name", "saba", "--window", "05:00-06:00")
    assert refused.exit_code == 2 and "no backup could ever begin" in refused.stderr
    assert enrolled_again("--window", "05:00-06:00", "--busy", "none", "--drill", "full").drill == "full"
    system = enrolled_again("--window", "23:30-00:30", "--zone", "Asia/Tehran", "--recordings-every", "7")
    assert system.recordings_every_days == 7
    assert f"{system.window_from:%H:%M} {system.window_until:%H:%M} {system.busy_from}" == "23:30 00:30 None"
    assert system.time_zone == "Asia/Tehran" and system.next_backup_at > system.facts_at


def enrolled_again(*words: str) -> object:
    from ringkeep.fleet.models import PhoneSystem

    done = ringkeep("enrol", "--again", "--name", "saba", *words)
    assert done.exit_code == 0, done.output
    return PhoneSystem.objects.get(name="saba")


def test_one_that_has_moved_keeps_its_name_and_host_key(home: Path, server: Server, key_file: Path) -> None:
    from ringkeep.fleet.models import PhoneSystem

    enrolled(server, key_file)
    PhoneSystem.objects.update(host="192.0.2.1")
    moved = ringkeep("enrol", url(server), "--again", "--name", "saba", "--json")
    assert moved.exit_code == 0 and json.loads(moved.stdout)["address"] == url(server).removeprefix("ssh://")
    PhoneSystem.objects.update(host_key=new_key("other")[1])
    other = ringkeep("enrol", url(server).replace("127.0.0.1", "localhost"), "--again", "--name", "saba")
    assert other.exit_code == 2 and "pinned is" in other.stderr and PhoneSystem.objects.get().host == "127.0.0.1"
    assert ringkeep("enrol", "--again", "--name", "saba", "--customer", "Other").exit_code == 2


def test_two_that_enrol_the_same_address_at_once_under_two_names_get_one(
    home: Path, server: Server, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is enrolled while we still look at the phone system."""
    from ringkeep.fleet import actions
    from ringkeep.fleet.models import Customer, PhoneSystem

    look = actions._look

    async def slowly(order: actions.Order) -> object:
        found = await look(order)
        where = order.address

        def meanwhile() -> None:
            customer = Customer.objects.create(name="first")
            PhoneSystem.objects.create(
                name="first",
                customer=customer,
                enrolled_at=NOW,
                host=where.host,
                port=where.port,
                user="u",
                host_key="x",
            )
            connections.close_all()

        await asyncio.to_thread(meanwhile)
        return found

    monkeypatch.setattr(actions, "_look", slowly)
    done = ringkeep("enrol", url(server), "--name", "second", "--key", str(key_file), "--json")
    assert done.exit_code == 2 and "is enrolled already, as first" in done.stderr
    assert list(PhoneSystem.objects.values_list("name", flat=True)) == ["first"]
    assert not Customer.objects.filter(name="second").exists()
