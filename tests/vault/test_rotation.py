"""A new vault key: every secret of every model is read with it alone, and a kill -9 anywhere loses none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ringkeep.vault import SecretField, VaultError, key_file
from ringkeep.vault.rotation import rotate, secret_fields
from tests.backups.world import fleet


def keys() -> list[bytes]:
    return key_file().read_bytes().split()


def secrets_of(system: object) -> object:
    from ringkeep.fleet.models import PhoneSystem

    return PhoneSystem.objects.get(pk=system.pk).credential  # type: ignore[attr-defined]


def raw(table: str, column: str) -> list[bytes]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
        return [bytes(row[0]) for row in cursor.fetchall()]


def test_every_secret_field_of_every_model_is_known(home: Path) -> None:
    from django.apps import apps

    named = {(model.__name__, field.name) for model, field in secret_fields()}
    assert named == {
        (model.__name__, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, SecretField)
    }
    assert {("PhoneSystem", "credential"), ("Repository", "password"), ("Destination", "address")} <= named


def test_the_new_key_reads_everything_and_the_old_one_is_gone(home: Path) -> None:
    from ringkeep.backups.actions import repository_of

    system = fleet()
    password = repository_of(system.customer).password
    old = keys()
    assert rotate() == 3  # the two, and the value by which a home proves that it has the key
    assert len(keys()) == 1 and keys() != old
    assert secrets_of(system) == {"password": "canary-login"} and repository_of(system.customer).password == password
    for token in raw("fleet_phonesystem", "credential") + raw("backups_repository", "password"):
        Fernet(keys()[0]).decrypt(token)
    assert key_file().stat().st_mode & 0o777 == 0o600


def test_a_secret_without_its_key_stops_it_before_anything_is_removed(home: Path) -> None:
    fleet()
    ours = key_file().read_bytes()
    key_file().write_bytes(Fernet.generate_key() + b"\n")
    with pytest.raises(VaultError, match="nothing was removed"):
        rotate()
    key_file().write_bytes(key_file().read_bytes() + ours)  # the missing key comes back as another line
    assert rotate() == 2 and len(keys()) == 1


def test_lost_keys_stop_every_command_with_one_sentence_and_come_back_from_the_escrow_file(
    home: Path, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    from typer.testing import CliRunner

    from ringkeep.backups import escrow
    from ringkeep.cli.commands import app
    from ringkeep.jobs.start import prepared
    from ringkeep.vault import KeysMissing, key_place

    system = fleet()
    escrow.write(tmp_path / "escrow", "a passphrase of tests", datetime.now(UTC))
    (tmp_path / "passphrase").write_text("a passphrase of tests\n")
    for left in (b"", b"garbage\n", key_file().read_bytes()[:20]):
        key_place().write_bytes(left)
        with pytest.raises(KeysMissing, match=r"is damaged.*keys restore"):
            prepared()
    key_place().unlink()
    with pytest.raises(KeysMissing, match="keys restore"):
        prepared()
    assert not key_place().exists()  # no new key is made in the place of the lost one
    answered = CliRunner().invoke(app, ["verify"])
    assert answered.exit_code == 3 and isinstance(answered.exception, SystemExit), answered.exception
    words = ["keys", "restore", str(tmp_path / "escrow"), "--passphrase-file", str(tmp_path / "passphrase"), "--json"]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    prepared()
    assert secrets_of(system) == {"password": "canary-login"}


def test_a_file_of_keys_that_others_may_read_is_closed_to_them(home: Path) -> None:
    key_file().chmod(0o644)
    assert key_file().stat().st_mode & 0o777 == 0o600


KILLED = """
import os, signal, sys
from ringkeep.jobs.start import prepared
prepared()
from ringkeep.vault import rotation
left = int(sys.argv[1])
def counted(function):
    def inside(*arguments):
        global left
        left -= 1
        if left < 0: os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)
    return inside
rotation._renew = counted(rotation._renew)
rotation.write_keys = counted(rotation.write_keys)
rotation.rotate()
"""


def test_kill_9_at_every_step_loses_no_secret_and_the_next_rotation_ends_it(home: Path) -> None:
    from django.db import connection

    systems = [fleet(f"s{number}") for number in range(2)]
    ended = []
    for step in range(12):
        connection.close()
        ran = subprocess.run(
            [sys.executable, "-c", KILLED, str(step)], env={**os.environ}, capture_output=True, timeout=60
        )
        ended.append(ran.returncode)
        assert all(secrets_of(system) == {"password": "canary-login"} for system in systems)
        if ran.returncode == 0:
            break
        assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert ended.count(-signal.SIGKILL) >= 4 and ended[-1] == 0 and len(keys()) == 1
